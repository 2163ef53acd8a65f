import { expect, it } from 'vitest'
import type { Result } from '../../../src/core/result.ts'
import type { FlagImport } from '../../../src/flags/importing/flag-file.ts'
import { parseFlagd } from '../../../src/flags/importing/flagd.ts'
import { parseGrowthBook } from '../../../src/flags/importing/growthbook.ts'
import { parseLaunchDarkly } from '../../../src/flags/importing/launchdarkly.ts'
import { parseUnleash } from '../../../src/flags/importing/unleash.ts'
import { evaluate } from '../../support/imported-flags.ts'
import { mutations } from '../../support/mutations.ts'

const weights = [
  { variation: 0, weight: 40_000 },
  { variation: 1, weight: 60_000 },
]
const clauses = [
  { attribute: 'a', op: 'in', values: ['x'], negate: true },
  { op: 'segmentMatch', values: ['s'] },
]

const launchDarkly = () => ({
  flags: {
    f: {
      ...{ on: true, variations: ['a', 'b'], offVariation: 1, salt: 'x' },
      targets: [{ variation: 0, values: ['me'] }],
      rules: [{ id: 'r', clauses: structuredClone(clauses), variation: 0 }],
      fallthrough: { rollout: { variations: structuredClone(weights) } },
    },
    g: { on: false, variations: [true, false], offVariation: 1, fallthrough: { variation: 0 } },
  },
  segments: { s: { included: ['me'], rules: [{ clauses: [], weight: 20_000 }] } },
})

const unleash = () => ({
  features: [
    {
      ...{ name: 'f', enabled: true },
      strategies: [
        {
          name: 'flexibleRollout',
          parameters: { rollout: '50', stickiness: 'default', groupId: 'f' },
          constraints: [{ contextName: 'a', operator: 'IN', values: ['x'], inverted: true }],
          segments: [1],
          variants: [
            { name: 'v', weight: 500, payload: { type: 'json', value: '{"a":1}' } },
            { name: 'w', weight: 500, payload: { type: 'json', value: '{"a":2}' } },
          ],
        },
      ],
    },
    { name: 'g', enabled: false, strategies: [{ name: 'default' }] },
  ],
  segments: [{ id: 1, constraints: [{ contextName: 'b', operator: 'NOT_IN', values: ['y'] }] }],
})

const growthBook = () => ({
  features: {
    f: {
      defaultValue: 'a',
      rules: [
        {
          condition: { a: { $inGroup: 's' }, $or: [{ b: 1 }, { c: { $elemMatch: { d: 2 } } }] },
          force: 'b',
        },
        { variations: ['a', 'b'], weights: [0.5, 0.5], coverage: 0.4, namespace: ['n', 0, 0.5] },
      ],
    },
    g: { defaultValue: false, rules: [{ force: true, coverage: 0.2, hashAttribute: 'id' }] },
  },
  savedGroups: { s: ['x', 'y'] },
})

const flagd = () => ({
  flags: {
    f: {
      ...{ state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' },
      targeting: {
        if: [
          { $ref: 's' },
          'on',
          {
            fractional: [
              ['on', 20],
              ['off', 80],
            ],
          },
        ],
      },
    },
  },
  $evaluators: { s: { in: [{ var: 'a' }, ['x']] } },
})

const IMPORTERS: [string, () => unknown, (text: string) => Result<FlagImport, string>][] = [
  ['LaunchDarkly', launchDarkly, parseLaunchDarkly],
  ['Unleash', unleash, parseUnleash],
  ['GrowthBook', growthBook, parseGrowthBook],
]

it.each(IMPORTERS)('a good export of %s is kept whole', (_, create, parse) => {
  const imported = parse(JSON.stringify(create()))
  expect(imported).toMatchObject({ ok: true, value: { report: [{ kept: true }, { kept: true }] } })
})

it.each(IMPORTERS)(
  'whatever is damaged in one of %s, what is kept can be evaluated',
  (_, create, parse) => {
    for (const text of mutations(400, create)) {
      const imported = parse(text)
      if (!imported.ok) {
        expect(imported.error).not.toBe('')
        continue
      }
      for (const flag of imported.value.report) {
        if (!flag.kept) expect(flag.reasons.length).toBeGreaterThan(0)
        else for (const context of [{}, { a: 'x' }]) evaluate(imported.value, flag.key, context)
      }
    }
  },
)

it('whatever is damaged in a file of flagd, each flag is kept or left out for a reason', () => {
  for (const text of mutations(400, flagd)) {
    const imported = parseFlagd(text)
    if (!imported.ok) expect(imported.error).not.toBe('')
    else
      for (const flag of imported.value.report)
        expect(flag.kept || flag.reasons.length > 0).toBe(true)
  }
})
