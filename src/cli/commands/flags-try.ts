// `holo flags explain` and `holo flags test`: evaluate flags of the current document or of a file on this machine,
// with the edge's own evaluator.

import { toCanonicalJson } from '../../core/canonical-json.ts'
import { flagExplanation, flagTestOutput, flagTests } from '../../wire/flags.ts'
import { type CommandRow, type Context, command, type SharedOptions } from '../command.ts'
import {
  type KnownDocument,
  knowEnvironment,
  knowFlag,
  knowVersion,
  loadCurrent,
  loadFile,
  readJson,
} from '../document.ts'
import { misuse } from '../failure.ts'

type TryOptions = SharedOptions & {
  readonly file?: string
  readonly context?: string
  readonly env?: string
  readonly version?: string
}

const FILE = { flags: '--file <file>', about: 'a document in a file, instead of the current one' }

const FLAGS_EXPLAIN = command({
  name: 'flags explain',
  about: 'Shows what a flag gives for a context, and why. A caller with a key gets the same.',
  scope: 'read',
  arguments: [{ name: '<key>', about: 'the name of the flag' }],
  options: [
    { flags: '--context <json>', about: 'as in {"targetingKey":"anna"}; empty if left out' },
    { flags: '--env <name>', about: 'the environment; the first public one if left out' },
    { flags: '--version <id>', about: 'the version; that of the environment if left out' },
    FILE,
  ],
  examples: [
    {
      command: `holo flags explain new-checkout --context '{"targetingKey":"anna"}'`,
      about: 'what Anna gets',
    },
  ],
  shape: flagExplanation,
  run: async (context, [key]: [string], options: TryOptions) => {
    const told = parseContext(options.context ?? '{}')
    const known = await loadDocument(context, options.file)
    const place = findPlace(known, { environment: options.env, version: options.version })
    const json = { ...(await evaluate(known, key, told, place)), ...place }
    const lines =
      'errorCode' in json
        ? [`${key} gives an error: ${json.errorCode}, ${json.errorDetails}`]
        : [
            json.variant === undefined
              ? `${key} has no value (${json.reason}): the default of the code counts`
              : `${key} is ${JSON.stringify(json.value)}: variant ${json.variant}, ${json.reason}`,
            `in ${place.environment}, version ${place.version}`,
          ]
    const { metadata: _, ...shown } = json
    return { json: shown, lines }
  },
})

const FLAGS_TEST = command({
  name: 'flags test',
  about:
    'Evaluates a table of contexts and compares what they give. Ends with 1 if a row differs, for CI.',
  scope: 'read',
  arguments: [
    {
      name: '<table>',
      about:
        'JSON: a list of { "flag", "context", "environment", "version", "value", "variant", "reason" }',
    },
  ],
  options: [FILE],
  examples: [
    { command: 'holo flags test flags.test.json', about: 'the current document' },
    {
      command: 'holo flags test flags.test.json --file assignments.json',
      about: 'before it is published',
    },
  ],
  shape: flagTestOutput,
  run: async (context, [table]: [string], { file }: TryOptions) => {
    const read = flagTests.safeParse(await readJson(context, table))
    if (!read.success) {
      const [issue] = read.error.issues
      throw misuse(`${table} is no table of tests: ${issue?.path.join('.')} ${issue?.message}`)
    }
    const known = await loadDocument(context, file)
    const failed = []
    for (const [i, row] of read.data.entries()) {
      const { flag, context: told = {}, environment, version, ...expected } = row
      const place = findPlace(known, { environment, version })
      const got = await evaluate(known, flag, told, place)
      const isMet = Object.entries(expected).every(
        ([name, value]) => toText(got[name as keyof typeof got]) === toText(value),
      )
      if (!isMet) failed.push({ row: i + 1, flag, expected, got })
    }
    const passed = read.data.length - failed.length
    const lines = [
      ...failed.map(
        ({ row, flag, expected, got }) =>
          `row ${row}, ${flag}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`,
      ),
      `${passed} passed, ${failed.length} failed`,
    ]
    return { json: { passed, failed }, lines, exitCode: failed.length > 0 ? 1 : 0 }
  },
})

/** The same for equal values, whatever the order of their keys. */
function toText(value: unknown): string {
  return value === undefined ? '' : toCanonicalJson(value)
}

async function loadDocument(context: Context, file: string | undefined): Promise<KnownDocument> {
  return file === undefined
    ? await loadCurrent(await context.api())
    : await loadFile(context, file, true)
}

type Place = { readonly environment: string; readonly version: string }

function findPlace(
  known: KnownDocument,
  { environment, version }: { readonly [Name in keyof Place]: string | undefined },
): Place {
  const { environments, first } = known.compiled
  if (environment !== undefined) knowEnvironment(environment, known)
  if (version !== undefined) knowVersion(version, known)
  const found = environments.get(environment ?? '') ?? first
  return { environment: found.name, version: version ?? found.version.id }
}

async function evaluate(
  { document, compiled }: KnownDocument,
  key: string,
  told: Readonly<Record<string, unknown>>,
  place: Place,
) {
  knowFlag(key, document.flags)
  const { flags } = compiled
  if (!flags) throw new TypeError('a document with this flag has flags')
  // Loaded only here: other commands start without the evaluator.
  const { evaluateFlag, loadEvaluator } = await import('../../flags/evaluate.ts')
  await loadEvaluator()
  return evaluateFlag(flags, key, { ...told, ...place }, place)
}

function parseContext(text: string): Readonly<Record<string, unknown>> {
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    read = undefined
  }
  if (typeof read === 'object' && read !== null && !Array.isArray(read)) {
    return read as Record<string, unknown>
  }
  throw misuse('a context is a JSON object, as in {"targetingKey":"anna"}')
}

export const FLAGS_TRY_COMMANDS: readonly CommandRow[] = [FLAGS_EXPLAIN, FLAGS_TEST]
