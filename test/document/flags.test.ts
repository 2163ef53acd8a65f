// Flags in the document: what is refused, and in which words; damaged ones never replace good ones.

import { describe, expect, it } from 'vitest'
import { replaceSplit } from '../../src/core/experiments/split.ts'
import { compileAssignments } from '../../src/document/compile.ts'
import { compileFlags } from '../../src/document/compile-flags.ts'
import { parseAssignments } from '../../src/document/parse.ts'
import { evaluateFlag, loadEvaluator } from '../../src/flags/evaluate.ts'
import { CASES, EVALUATORS, FLAGS } from '../flags/cases.ts'
import { exampleDocument } from '../support/document.ts'

await loadEvaluator()

const parse = (flags: unknown, flagSettings?: unknown) =>
  parseAssignments(JSON.stringify({ ...exampleDocument(), flags, flagSettings }), {
    allowInsecure: false,
  })

const flag = (change: object) => ({
  dark: { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off', ...change },
})
const targeting = (logic: unknown) => flag({ targeting: logic })

const SPLIT = {
  fractional: [
    ['on', 1],
    ['off', 1],
  ],
}
const trial = (experiment: object, logic: unknown = SPLIT) =>
  flag({ targeting: logic, experiment: { metrics: ['errors'], base: 'off', ...experiment } })

const REFUSED: readonly (readonly [string, unknown, string, RegExp])[] = [
  [
    'a trial without a split',
    trial({}, { if: [true, 'on'] }),
    'flags.dark.experiment',
    /exactly one/,
  ],
  [
    'a trial with two splits',
    trial({}, { if: [{ '==': [{ var: 'a' }, 1] }, SPLIT, SPLIT] }),
    'flags.dark.experiment',
    /exactly one "fractional"/,
  ],
  [
    'a split in a condition of a trial',
    trial({}, { if: [{ '==': [SPLIT, 'on'] }, 'on', 'off'] }),
    'flags.dark.experiment',
    /not in a condition/,
  ],
  [
    'a key of its own in the split of a trial',
    trial({}, { fractional: [{ var: 'email' }, ['on', 1], ['off', 1]] }),
    'flags.dark.experiment',
    /a list of \[variant, weight\]/,
  ],
  [
    'a weight of 0 in a trial',
    trial(
      {},
      {
        fractional: [
          ['on', 0],
          ['off', 1],
        ],
      },
    ),
    'flags.dark.experiment',
    /whole numbers from 1/,
  ],
  ['the base of a trial', trial({ base: 'dim' }), 'flags.dark.experiment.base', /has no "dim"/],
  [
    'a variant of a trial',
    trial({ variants: ['dim'] }),
    'flags.dark.experiment.variants[0]',
    /it has on, off/,
  ],
  [
    'the base as a variant of a trial',
    trial({ variants: ['off'] }),
    'flags.dark.experiment.variants[0]',
    /not the base/,
  ],
  [
    'a metric of browsers',
    trial({ metrics: ['lcp'] }),
    'flags.dark.experiment.metrics[0]',
    /what browsers report/,
  ],
  [
    'a metric twice',
    trial({ metrics: ['errors', 'errors'] }),
    'flags.dark.experiment.metrics',
    /each metric once/,
  ],
  [
    'more trials than can be compared',
    Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, trial({}).dark])),
    'flags',
    /compare 5 variants with a base, and 4 are possible/,
  ],
  ['a state', flag({ state: 'ON' }), 'flags.dark.state', /"ENABLED", "DISABLED"/],
  [
    'a default',
    flag({ defaultVariant: 'dim' }),
    'flags.dark.defaultVariant',
    /no variant "dim"; "variants" has on, off/,
  ],
  [
    'types',
    flag({ variants: { on: true, off: 'off' } }),
    'flags.dark.variants',
    /one type, and these have boolean and string/,
  ],
  [
    'null',
    flag({ variants: { on: true, off: null } }),
    'flags.dark.variants.off',
    /true or false, a text/,
  ],
  ['a field', flag({ owner: 'me' }), 'flags.dark.owner', /no such field/],
  [
    'an environment',
    flag({ defaults: { environments: { moon: 'on' } } }),
    'flags.dark.defaults.environments.moon',
    /no such environment/,
  ],
  [
    'a default of a version',
    flag({ defaults: { versions: { '0.0.3': 'dim' } } }),
    'flags.dark.defaults.versions["0.0.3"]',
    /no variant "dim"/,
  ],
  [
    'an operator',
    targeting({ if: [{ log: 1 }, 'on'] }),
    'flags.dark.targeting.if[0]',
    /no operator "log"/,
  ],
  [
    'a method of objects',
    targeting({ constructor: [] }),
    'flags.dark.targeting',
    /no operator "constructor"/,
  ],
  [
    'a variant',
    targeting({ if: [true, 'dim', 'off'] }),
    'flags.dark.targeting.if[1]',
    /no variant "dim"/,
  ],
  [
    'a bucket',
    targeting({ fractional: [['dim', 1]] }),
    'flags.dark.targeting.fractional[0][0]',
    /no variant "dim"/,
  ],
  [
    'a weight',
    targeting({ fractional: [['on', 0.5]] }),
    'flags.dark.targeting',
    /a weight is a whole number/,
  ],
  [
    'weights',
    targeting({ fractional: [['on', 2 ** 31]] }),
    'flags.dark.targeting',
    /sum to at most/,
  ],
  [
    'a comparison',
    targeting({ if: [{ sem_ver: ['1.0.0', '~>', '1.0.0'] }, 'on'] }),
    'flags.dark.targeting.if[0]',
    /sem_ver compares with one of/,
  ],
  [
    'a reference',
    targeting({ if: [{ $ref: 'nobody' }, 'on'] }),
    'flags.dark.targeting.if[0]["$ref"]',
    /no such evaluator/,
  ],
  [
    'two keys',
    targeting({ if: [true, 'on'], var: 'x' }),
    'flags.dark.targeting',
    /exactly one key/,
  ],
  [
    'iterations',
    targeting({ if: [{ some: [{ var: 'a' }, { all: [{ var: 'b' }, true] }] }, 'on'] }),
    'flags.dark.targeting.if[0].some[1]',
    /cannot stand inside of another/,
  ],
  [
    'an operator of flagd in an iteration',
    targeting({ if: [{ some: [{ var: 'tags' }, { starts_with: [{ var: '' }, 'b'] }] }, 'on'] }),
    'flags.dark.targeting.if[0].some[1]',
    /starts_with cannot stand inside of some/,
  ],
  [
    'what grows without bound',
    targeting({
      if: [
        { reduce: [{ var: 'a' }, { merge: [{ var: 'accumulator' }, { var: 'accumulator' }] }, []] },
        'on',
      ],
    }),
    'flags.dark.targeting.if[0].reduce[1]',
    /merge cannot stand inside of reduce/,
  ],
  ['depth', targeting({ if: [nest(60), 'on'] }), '', /nested at most 20 deep/],
  [
    'size',
    targeting({ if: [{ in: [{ var: 'id' }, Array(2500).fill('x')] }, 'on'] }),
    'flags.dark.targeting',
    /2000 are allowed/,
  ],
  [
    'a value',
    flag({ variants: { on: nestObject(20) }, defaultVariant: 'on' }),
    'flags.dark.variants.on',
    /at most 10 deep/,
  ],
]

function nest(depth: number): unknown {
  return depth === 0 ? true : { '!': [nest(depth - 1)] }
}
function nestObject(depth: number): unknown {
  return depth === 0 ? 1 : { a: nestObject(depth - 1) }
}

describe('a flag', () => {
  it.each(REFUSED)('is refused for %s', (_, flags, path, message) => {
    const parsed = parse(flags)
    if (parsed.ok) throw new Error('it was taken')
    const found = parsed.error.filter((problem) => message.test(problem.message))
    expect(found.length, JSON.stringify(parsed.error)).toBeGreaterThan(0)
    if (path) expect(found.map((problem) => problem.path)).toContain(path)
  })

  it('is refused for shared parts that lead in a circle', () => {
    const $evaluators = { a: { '!': { $ref: 'b' } }, b: { '!': { $ref: 'a' } } }
    expect(parse(flag({}), { $evaluators })).toMatchObject({
      ok: false,
      error: [{ message: /leads back/ }, { message: /leads back/ }].map(({ message }) => ({
        message: expect.stringMatching(message),
      })),
    })
  })

  it('is compared in all that may change an answer', () => {
    const tag = (flags: unknown) => {
      const parsed = parse(flags)
      return parsed.ok ? compileAssignments(parsed.value).flags?.tag : undefined
    }
    expect(tag(flag({}))).toMatch(/^[0-9a-f]{16}$/)
    expect(tag(flag({ defaultVariant: 'on' }))).not.toBe(tag(flag({})))
    expect(compileAssignments(exampleDocument()).flags).toBeUndefined()
  })
})

describe('the variant that everybody of a split gets when an experiment is stopped', () => {
  const SPLIT = {
    fractional: [{ var: 'account' }, ['on', 50], ['off', 50]],
  }
  const nz = { '==': [{ var: 'country' }, 'NZ'] }
  const give = (targeting: object) =>
    compileFlags({
      flags: {
        cart: {
          state: 'ENABLED',
          variants: { on: 'on', off: 'off', beta: 'beta' },
          defaultVariant: 'off',
          targeting: replaceSplit(targeting, 'on'),
        },
      },
    })
  const of = (targeting: object, context: object) => {
    const flags = give(targeting)
    if (!flags) throw new Error('there are flags')
    const place = { environment: 'main', version: '1' }
    return evaluateFlag(flags, 'cart', { ...context }, place)
  }

  it.each([
    ['alone', SPLIT, { country: 'NZ' }, 'on'],
    ['behind a condition that holds', { if: [nz, 'beta', SPLIT] }, { country: 'NZ' }, 'beta'],
    ['behind a condition that does not', { if: [nz, 'beta', SPLIT] }, { country: 'DE' }, 'on'],
    ['in a condition, for others', { if: [nz, SPLIT, 'beta'] }, { country: 'DE' }, 'beta'],
    [
      'two conditions deep',
      { if: [nz, 'beta', { if: [{ var: 'staff' }, SPLIT] }] },
      { staff: 1 },
      'on',
    ],
    ['two deep, for others', { if: [nz, 'beta', { if: [{ var: 'staff' }, SPLIT] }] }, {}, 'off'],
  ])('is all that changes: %s', (_, targeting, context, value) => {
    expect(of(targeting, { targetingKey: 'anna', ...context })).toMatchObject({ value })
    expect(JSON.stringify(targeting)).toContain('fractional')
  })
})

it('never throws on one of 1,000 damaged documents, and evaluates what it takes', () => {
  const good = JSON.stringify({ flags: FLAGS, flagSettings: { $evaluators: EVALUATORS } })
  let seed = 7
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  const INSTEAD = ['null', '[]', '{}', '-1', '"x"', 'true', '{"var":""}', '1e9', '"$ref"', '"if"']
  const tokens = good.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? []
  const taken: string[] = []
  let refused = 0
  for (let i = 0; i < 1000; i++) {
    const damaged = [...tokens]
    for (let n = 0; n <= random(3); n++) {
      damaged[random(damaged.length)] = INSTEAD[random(INSTEAD.length)] ?? ''
    }
    const text = `${JSON.stringify(exampleDocument()).slice(0, -1)},${damaged.join('').slice(1)}`
    const parsed = parseAssignments(text, { allowInsecure: false })
    if (!parsed.ok) {
      refused += 1
      continue
    }
    const { flags } = compileAssignments(parsed.value)
    if (!flags) continue
    taken.push(text)
    for (const { flag: key, context } of CASES) {
      const place = { environment: 'main', version: '0.0.3' }
      expect(() => evaluateFlag(flags, key, context, place)).not.toThrow()
    }
  }
  expect(refused).toBeGreaterThan(500)
  expect(taken.length).toBeGreaterThan(20)
})
