import { expect, it } from 'vitest'
import type * as z from 'zod'
import { flag } from '../../../src/document/flags.ts'
import { admitFlags } from '../../../src/flags/importing/admit.ts'
import { parseFlagd } from '../../../src/flags/importing/flagd.ts'
import { read, reasonsOf, reportOf } from '../../support/imported-flags.ts'

const FLAG = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' }

function importFlag(flag: object, more: object = {}) {
  return read(parseFlagd(JSON.stringify({ flags: { f: { ...FLAG, ...flag } }, ...more })))
}

it('keeps a flag as it is', () => {
  const flag = {
    ...FLAG,
    targeting: { if: [{ ends_with: [{ var: 'email' }, '@x.com'] }, 'on', null] },
    metadata: { team: 'web' },
  }
  const imported = importFlag(flag)
  expect(imported.flags.f).toEqual(flag)
  expect(reportOf(imported, 'f')).toEqual({
    key: 'f',
    kept: true,
    visitorsKeepVariants: true,
    dealtAnew: [],
    reads: ['email'],
    notes: [],
  })
})

it('keeps the shared rules that are used, and those that they use', () => {
  const $evaluators = {
    staff: { and: [{ $ref: 'ours' }, true] },
    ours: { in: ['@x.com', { var: 'email' }] },
    unused: { var: 'a' },
  }
  const imported = importFlag({ targeting: { if: [{ $ref: 'staff' }, 'on'] } }, { $evaluators })
  expect(Object.keys(imported.evaluators).sort()).toEqual(['ours', 'staff'])
  expect(reportOf(imported, 'f')).toMatchObject({ reads: ['email'] })
})

it("keeps lists, and Holo's own fields of an export", () => {
  const flag = { ...FLAG, variants: { on: ['a'], off: [] }, public: true, backend: false }
  const defaults = { environments: { canary: 'on' } }
  expect(importFlag({ ...flag, defaults }).flags.f).toEqual({ ...flag, defaults })
})

it('takes every field of a flag back that an export of Holo writes', () => {
  const whole: Required<z.input<typeof flag>> = {
    state: 'ENABLED',
    variants: { on: true, off: false },
    defaultVariant: 'off',
    targeting: {
      fractional: [
        ['on', 1],
        ['off', 1],
      ],
    },
    metadata: { team: 'web', since: 2026, isNew: true },
    public: true,
    backend: true,
    defaults: { environments: { canary: 'on' }, versions: { '0.0.7': 'on' } },
    experiment: { metrics: ['errors'], base: 'off', variants: ['on'] },
  }
  expect(Object.keys(whole).sort()).toEqual(Object.keys(flag.shape).sort())
  const admitted = admitFlags(importFlag(whole), { canary: { version: '0.0.7' } })
  expect(admitted.flags).toEqual({ f: whole })
  const wrong = admitFlags(importFlag({ ...whole, experiment: { base: 'off' } }), {
    canary: { version: '0.0.7' },
  })
  expect(reportOf(wrong, 'f')).toMatchObject({
    kept: false,
    reasons: [expect.stringContaining('experiment.metrics')],
  })
})

it('takes the list of flags of the daemon', () => {
  const imported = read(parseFlagd(JSON.stringify({ flags: [{ key: 'f', ...FLAG }] })))
  expect(imported.flags).toEqual({ f: FLAG })
})

it('says from which releases on visitors keep their variants', () => {
  const imported = importFlag({
    targeting: {
      fractional: [
        ['on', 1],
        ['off', 1],
      ],
    },
  })
  expect(reportOf(imported, 'f')).toMatchObject({ notes: [expect.stringContaining('flagd 0.15')] })
})

it.each([null, undefined])(
  'leaves the default to the code for a defaultVariant of %s',
  (defaultVariant) => {
    expect(reportOf(importFlag({ defaultVariant }), 'f').kept).toBe(true)
  },
)

it.each<[string, object, RegExp]>([
  [
    'an unknown operator',
    { targeting: { if: [{ near: [1] }, 'on'] } },
    /targeting\.if\[0\]: flagd has no operator "near"/,
  ],
  ['two operators', { targeting: { var: 'a', '!': true } }, /one operator, not 2 \(var, !\)/],
  ['a shared rule that is missing', { targeting: { $ref: 'x' } }, /"\$evaluators" has no rule "x"/],
  ['a shared rule of itself', { targeting: { $ref: 'loop' } }, /"loop" refers to itself/],
  ['an unknown state', { state: 'on' }, /state: write one of "ENABLED", "DISABLED"/],
  ['no variants', { variants: {}, defaultVariant: null }, /at least one/],
  ['variants of two types', { variants: { off: 1, on: true } }, /several types/],
  ['a default that is no variant', { defaultVariant: 'red' }, /no variant "red"/],
  ['an unknown field', { rules: [] }, /rules: the import does not know/],
  ['metadata that is nested', { metadata: { a: {} } }, /metadata\.a/],
])('leaves a flag out for %s', (_, flag, reason) => {
  const imported = importFlag(flag, { $evaluators: { loop: { '!': [{ $ref: 'loop' }] } } })
  expect(imported).toMatchObject({ flags: {}, evaluators: {} })
  expect(reasonsOf(imported, 'f').join('\n')).toMatch(reason)
})

it.each<[string, string, RegExp]>([
  ['YAML', '# flags\nflags:\n  f:\n    state: ENABLED\n', /YAML: make JSON of it first.*yq/],
  ['no JSON', '{"flags":', /not JSON/],
  ['no flags', '{}', /"flags" is missing/],
  ['a flag without a key', '{"flags":[{}]}', /flags\[0\] has no "key"/],
  ['a key twice', '{"flags":[{"key":"f"},{"key":"f"}]}', /flags\[1\]: there is another flag/],
  ['shared rules that are a list', '{"flags":{},"$evaluators":[]}', /"\$evaluators" is a list/],
])('refuses a file with %s', (_, text, message) => {
  expect(parseFlagd(text)).toMatchObject({ ok: false, error: expect.stringMatching(message) })
})
