// The scenarios of the OpenFeature specification that concern evaluation, read as they are. Those about the state of
// providers, hooks and immutability concern the SDK, which gives them no flags of ours to evaluate.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { compileFlags } from '../../src/document/compile-flags.ts'
import type { FlagDefinition } from '../../src/document/flags.ts'
import { evaluateFlag, loadEvaluator } from '../../src/flags/evaluate.ts'

await loadEvaluator()

const read = (name: string) =>
  readFileSync(new URL(`../fixtures/openfeature/${name}`, import.meta.url), 'utf8')

const IS_BALLMER = { '==': [{ var: 'email' }, 'ballmer@macrosoft.com'] }
/** What the texts in `contextEvaluator` say, in JsonLogic. */
const TARGETING: Readonly<Record<string, FlagDefinition['targeting']>> = {
  "email == 'ballmer@macrosoft.com' ? 'zero' : ''": { if: [IS_BALLMER, 'zero', null] },
  "!customer && email == 'ballmer@macrosoft.com' && age > 10 ? 'internal' : ''": {
    if: [
      { and: [{ '!': { var: 'customer' } }, IS_BALLMER, { '>': [{ var: 'age' }, 10] }] },
      'internal',
      null,
    ],
  },
}

type SpecFlag = FlagDefinition & {
  disabled?: boolean
  flagMetadata?: FlagDefinition['metadata'] | null
  contextEvaluator?: string
}
const flags = compileFlags({
  flags: Object.fromEntries(
    Object.entries<SpecFlag>(JSON.parse(read('test-flags.json'))).map(([key, flag]) => [
      key,
      {
        state: flag.disabled ? ('DISABLED' as const) : ('ENABLED' as const),
        variants: flag.variants,
        defaultVariant: flag.defaultVariant,
        targeting: TARGETING[flag.contextEvaluator ?? ''],
        metadata: flag.flagMetadata ?? {},
      },
    ]),
  ),
})

type Row = Readonly<Record<string, string>>
type Scenario = { name: string; steps: string[]; tables: Row[][]; examples: Row[] }

/** Scenarios with their steps and tables, outlines with their examples. */
function parseFeature(text: string): Scenario[] {
  const scenarios: Scenario[] = []
  let titles: string[] | undefined
  let isExample = false
  for (const line of text.split('\n').map((one) => one.trim())) {
    const scenario = scenarios.at(-1)
    const [, name] = /^Scenario(?: Outline)?: (.*)/.exec(line) ?? []
    if (name !== undefined) {
      scenarios.push({ name, steps: [], tables: [], examples: [] })
      isExample = false
      titles = undefined
    } else if (line.startsWith('Examples:')) {
      isExample = true
      titles = undefined
    } else if (/^(?:Given|When|Then|And) /.test(line)) {
      scenario?.steps.push(line.replace(/^\w+ /, ''))
      titles = undefined
    } else if (line.startsWith('|') && scenario) {
      const cells = line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim())
      if (!titles) {
        titles = cells
        if (!isExample) scenario.tables.push([])
        continue
      }
      const row = Object.fromEntries(titles.map((title, i) => [title, cells[i] ?? '']))
      if (isExample) scenario.examples.push(row)
      else scenario.tables.at(-1)?.push(row)
    }
  }
  return scenarios
}

function toValue(type: string, text: string): unknown {
  if (type === 'String') return text
  return JSON.parse(text.replaceAll('\\"', '"'))
}

const KINDS: Row = {
  Boolean: 'boolean',
  String: 'string',
  Integer: 'number',
  Float: 'number',
  Object: 'object',
}

/** What the SDK tells an app: its own default where there is no value, or one of another type. */
function evaluateAsSdk(key: string, type: string, byDefault: unknown, context: object) {
  if (!flags) throw new Error('there are flags')
  const place = { environment: 'main', version: '1' }
  const result = evaluateFlag(flags, key, { ...context }, place)
  if ('errorCode' in result) return { ...result, value: byDefault, reason: 'ERROR' }
  if (result.value === undefined) return { ...result, value: byDefault }
  if (typeof result.value === KINDS[type]) return result
  return { key, value: byDefault, reason: 'ERROR', errorCode: 'TYPE_MISMATCH' }
}

const STEPS = [
  /^a (\w+)-flag with key "(.*)" and a fallback value "(.*)"$/,
  /^a context containing a key "(.*)", with type "(\w+)" and with value "(.*)"$/,
  /^a context containing a key "(.*)" with null value$/,
  /^the flag was evaluated with details$/,
  /^the resolved details value should be "(.*)"$/,
  /^the (reason|error-code|variant|flag key) should be "(.*)"$/,
  /^the resolved metadata should contain$/,
] as const
const FIELDS: Row = {
  reason: 'reason',
  'error-code': 'errorCode',
  variant: 'variant',
  'flag key': 'key',
}

/** Each with the values of its example, and only those whose every step is about an evaluation. */
const CASES = parseFeature(read('evaluation_v2.feature')).flatMap(
  ({ name, steps, tables, examples }) =>
    (examples.length > 0 ? examples : [{}]).flatMap((row: Row) => {
      const filled = steps.map((step) => step.replace(/<(\w+)>/g, (_, title) => row[title] ?? ''))
      const own = filled.filter((step) => step !== 'a stable provider')
      // Whether a value comes from the cache of a provider is the provider's own affair.
      const isOurs = own.every(
        (step) => STEPS.some((known) => known.test(step)) && !/CACHED/.test(step),
      )
      return isOurs && own.length > 0 ? [{ name, steps: own, tables }] : []
    }),
)

it('finds the scenarios', () => expect(CASES.length).toBeGreaterThan(45))

it.each(CASES)('$name: $steps.0', ({ steps, tables }) => {
  const context: Record<string, unknown> = {}
  let type = ''
  let asked = { key: '', byDefault: undefined as unknown }
  let told: Record<string, unknown> = {}
  for (const step of steps) {
    const i = STEPS.findIndex((known) => known.test(step))
    const [, a = '', b = '', c = ''] = STEPS[i]?.exec(step) ?? []
    if (i === 0) {
      type = a
      asked = { key: b, byDefault: toValue(a, c) }
    } else if (i === 1) context[a] = toValue(b, c)
    else if (i === 2) context[a] = null
    else if (i === 3) told = evaluateAsSdk(asked.key, type, asked.byDefault, context)
    else if (i === 4) expect(told.value).toEqual(toValue(type, a))
    else if (i === 5) expect(told[FIELDS[a] ?? '']).toBe(b)
    else {
      const rows = tables[0] ?? []
      expect(told.metadata).toMatchObject(
        Object.fromEntries(
          rows.map((row) => [row.key, toValue(row.metadata_type ?? '', row.value ?? '')]),
        ),
      )
    }
  }
})
