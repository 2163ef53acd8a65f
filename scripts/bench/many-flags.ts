// Flags that are large together.

import type { AssignmentsDocument } from '../../src/document/schema.ts'

/** So many public flags of some 300 bytes each. */
export function manyFlags(count: number): NonNullable<AssignmentsDocument['flags']> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `flag-${i}`,
      {
        state: 'ENABLED' as const,
        variants: { on: true, off: false },
        defaultVariant: 'off',
        public: true,
        targeting: {
          if: [
            { ends_with: [{ var: 'email' }, `@team-${i}.example.com`] },
            'on',
            {
              fractional: [
                ['on', 10],
                ['off', 90],
              ],
            },
          ],
        },
      },
    ]),
  )
}
