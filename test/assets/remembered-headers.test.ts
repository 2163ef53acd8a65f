// The headers that are remembered for a file are those of the usual reply alone.

import { expect, it } from 'vitest'
import {
  recallHeaders,
  type Selection,
  toContentHeaders,
  toValidatorHeaders,
} from '../../src/assets/representation.ts'
import type { ManifestEntry } from '../../src/core/site/manifest-entry.ts'

const SMALL = { encoding: 'br', blob: 'b'.repeat(64), size: 10 } as const
const ENTRY: ManifestEntry = {
  ...{ path: '/app.1a2b3c4d.svg', type: 'image/svg+xml', hashed: true },
  ...{ blob: 'a'.repeat(64), size: 100, encodings: [SMALL] },
}
const USUAL: Selection = {
  ...{ entry: ENTRY, choice: ENTRY, status: 200, isElsewhere: false, isServiceWorker: false },
}

it('gives each form, part and unusual reply its own headers, however often it is asked', () => {
  const selections: readonly Selection[] = [
    USUAL,
    { ...USUAL, choice: SMALL },
    { ...USUAL, isElsewhere: true },
    { ...USUAL, isServiceWorker: true },
    { ...USUAL, status: 404 },
    { ...USUAL, choice: SMALL, isElsewhere: true },
  ]
  const toEntries = (headers: HeadersInit) => [...new Headers(headers)]
  for (const selected of [...selections, ...selections]) {
    expect(toEntries(recallHeaders(selected, 'content'))).toEqual(
      toEntries(toContentHeaders(selected)),
    )
    expect(toEntries(recallHeaders(selected, 'validators'))).toEqual(
      toEntries(toValidatorHeaders(selected)),
    )
  }
  expect(recallHeaders(USUAL, 'content')).toBe(recallHeaders(USUAL, 'content'))
})
