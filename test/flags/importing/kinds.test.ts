import { expect, it } from 'vitest'
import { checkFlags } from '../../../src/document/check-flags.ts'
import { admitFlags } from '../../../src/flags/importing/admit.ts'
import { parseFlagExport } from '../../../src/flags/importing/kinds.ts'

const VARIANTS = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' }
const ON = { on: true, variations: [true, false], fallthrough: { variation: 0 } }
const REST = { key: 'f', variations: [{ value: 1 }], environments: { qa: ON, live: ON } }

it.each<[string, object]>([
  ['flagd', { flags: { f: VARIANTS } }],
  ['flagd', { flags: [{ key: 'f', ...VARIANTS }] }],
  ['flagd', { $schema: 'https://flagd.dev/schema/v0/flags.json', flags: {} }],
  ['launchdarkly', { flags: { f: ON }, segments: {} }],
  ['launchdarkly', { flagValues: { f: true } }],
  ['launchdarkly', { items: [] }],
  ['unleash', { version: 2, features: [] }],
  ['growthbook', { features: {} }],
])('a file of %s is recognised', (from, file) => {
  expect(parseFlagExport(JSON.stringify(file), {})).toMatchObject({ ok: true, value: { from } })
})

it.each<[string, string, RegExp]>([
  ['no field that one of them has', '{"a":1}', /none of flagd, LaunchDarkly, Unleash/],
  ['flags without a field of theirs', '{"flags":{}}', /none of/],
  ['several', '{"flags":[],"features":[]}', /several of them: flagd and Unleash/],
  ['YAML', 'flags:\n  f: {}\n', /YAML/],
  ['no JSON', '{', /not JSON/],
  ['several environments', JSON.stringify({ items: [REST] }), /environments "qa", "live"/],
  ['encrypted features', '{"encryptedFeatures":"abc"}', /encrypted/],
])('%s: the message says so', (_, text, message) => {
  expect(parseFlagExport(text, {})).toMatchObject({ error: expect.stringMatching(message) })
})

it('takes what is named instead of what it looks like', () => {
  const text = JSON.stringify({ flags: {} })
  expect(parseFlagExport(text, { from: 'launchdarkly' })).toMatchObject({ ok: true })
  const rest = JSON.stringify(REST)
  expect(parseFlagExport(rest, { environment: 'live' })).toMatchObject({ ok: true })
})

const admit = (flags: object, $evaluators: object = {}) => {
  const parsed = parseFlagExport(JSON.stringify({ flags, $evaluators }), { from: 'flagd' })
  if (!parsed.ok) throw new Error(parsed.error)
  return admitFlags(parsed.value, { main: { version: '1' } })
}
const inList = (values: readonly unknown[]) => ({
  ...VARIANTS,
  targeting: { if: [{ in: [{ var: 'a' }, values] }, 'on'] },
})

it('leaves out what Holo would refuse, for its reasons, and keeps the others', () => {
  const long = Array.from({ length: 3000 }, (_, i) => `visitor-${i}`)
  const bad = { if: [{ $ref: 'long' }, 'on'] }
  const imported = admit(
    {
      'too-long': inList(long),
      'by-part': { ...VARIANTS, targeting: bad },
      'no-place': { ...VARIANTS, defaults: { environments: { moon: 'on' } } },
      kept: inList(['x']),
    },
    { long: { in: [{ var: 'a' }, long] } },
  )
  expect(imported).toMatchObject({
    evaluators: {},
    report: [
      {
        key: 'too-long',
        reasons: [expect.stringMatching(/targeting: it has \d+ parts, and 2000/)],
      },
      { key: 'by-part', kept: false },
      { key: 'no-place', reasons: [expect.stringContaining('moon: no such environment')] },
      { key: 'kept', kept: true },
    ],
  })
  expect(Object.keys(imported.flags)).toEqual(['kept'])
  const flags = imported.flags as Parameters<typeof checkFlags>[0]['flags']
  expect([...checkFlags({ flags })]).toEqual([])
})

it('says which attributes are facts of Holo', () => {
  const targeting = { if: [{ '==': [{ var: 'country' }, { var: 'team' }] }, 'on'] }
  expect(admit({ f: { ...VARIANTS, targeting } }).report).toMatchObject([
    { notes: [expect.stringMatching(/^reads "country", of which/)] },
  ])
})
