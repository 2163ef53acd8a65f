// `holo flags`: lists, changes and exports flags. flags-try.ts evaluates them, and flags-import.ts takes those of a file.

import { toFlagWarning } from '../../core/flags/warning.ts'
import { changeOutput } from '../../wire/changes.ts'
import {
  type FlagCountSummary,
  flagCountsAsRead,
  flagOutput,
  flagsAsRead,
  flagsFileOutput,
  flagsOutput,
} from '../../wire/flags.ts'
import type { Api } from '../api.ts'
import { changeDocument } from '../change.ts'
import { type ChangeOptions, type CommandRow, type Context, command } from '../command.ts'
import { knowFlag, loadCurrent, readJson } from '../document.ts'
import { CliFailure, misuse } from '../failure.ts'
import { toTable } from '../table.ts'

type Table = Readonly<Record<string, unknown>>

const FLAGS_LIST = command({
  name: 'flags list',
  about:
    'Lists the flags: state, who may see them, default, variants, and how often they are evaluated.',
  scope: 'read',
  examples: [{ command: 'holo flags list', about: 'for people' }],
  shape: flagsOutput,
  run: async (context) => {
    const { revision, flags } = await askFlags(context)
    const api = await context.api()
    const known = await askCounts(api)
    const counts = known ?? []
    const json = Object.entries(flags).map(([key, flag]) => {
      const own = counts.filter((one) => one.flag === key)
      const { state, variants, defaultVariant, targeting, public: isPublic } = toRecord(flag)
      const isTargeted = Object.keys(toRecord(targeting)).length > 0
      const warning = toFlagWarning(
        own,
        state === 'ENABLED' && isTargeted,
        'see "holo flags explain"',
      )
      return {
        key,
        state: String(state),
        public: isPublic === true,
        variants: Object.keys(toRecord(variants)),
        defaultVariant: typeof defaultVariant === 'string' ? defaultVariant : null,
        targeted: isTargeted,
        lastHour: sum(own, 'lastHour'),
        lastDay: sum(own, 'lastDay'),
        counts: own,
        ...(warning === undefined ? {} : { warning }),
      }
    })
    const rows = json.map((flag) => [
      flag.key,
      flag.state === 'ENABLED' ? 'on' : 'off',
      flag.public ? 'everybody' : 'keys only',
      flag.defaultVariant ?? 'of the code',
      flag.targeted ? 'yes' : 'no',
      String(flag.lastHour),
      String(flag.lastDay),
      flag.variants.join(', '),
    ])
    const titles = [
      'flag',
      'state',
      'seen by',
      'default',
      'targeted',
      'last hour',
      'last day',
      'variants',
    ]
    const lines =
      rows.length === 0
        ? ['There are no flags']
        : [
            ...toTable(titles, rows, context.columns),
            ...(known
              ? []
              : ['This Holo is older than the command, and does not count evaluations']),
            ...json.flatMap(({ key, warning }) => (warning ? [`${key}: ${warning}`] : [])),
          ]
    return { json: { revision, flags: json }, lines }
  },
})

const FLAGS_GET = command({
  name: 'flags get',
  about: 'Prints the definition of a flag.',
  scope: 'read',
  arguments: [{ name: '<key>', about: 'the name of the flag' }],
  examples: [{ command: 'holo flags get new-checkout', about: 'as JSON, for "holo flags set"' }],
  shape: flagOutput,
  run: async (context, [key]: [string]) => {
    const { revision, flags } = await askFlags(context)
    const flag = findFlag(flags, key)
    return { json: { revision, key, flag }, lines: JSON.stringify(flag, null, 2).split('\n') }
  },
})

const FLAGS_SET = command({
  name: 'flags set',
  about: 'Sets a flag to the definition in a file, or removes it.',
  scope: 'shift',
  changes: 'document',
  arguments: [
    { name: '<key>', about: 'the name of the flag' },
    { name: '[file]', about: 'JSON; - is standard input' },
  ],
  options: [{ flags: '--remove', about: 'removes the flag' }],
  examples: [
    { command: 'holo flags set new-checkout flag.json', about: 'adds or changes it' },
    {
      command: 'holo flags set new-checkout --remove',
      about: 'the default of the code counts then',
    },
  ],
  shape: changeOutput,
  run: async (
    context,
    [key, file]: [string, string | undefined],
    options: ChangeOptions & { readonly remove?: boolean },
  ) => {
    const { remove = false } = options
    if (remove === (file !== undefined)) throw misuse('give either a file or --remove')
    const flag = file === undefined ? null : await readJson(context, file)
    const known = await loadCurrent(await context.api())
    const title = `${remove ? 'Remove' : 'Set'} the flag "${key}"`
    const request = { title, method: 'PUT', path: '/flags', body: { flags: { [key]: flag } } }
    return changeDocument(context, request, options, known)
  },
})

const STATES: Readonly<Record<string, string>> = { on: 'ENABLED', off: 'DISABLED' }

const FLAGS_TOGGLE = command({
  name: 'flags toggle',
  about: 'Switches a flag on or off. While it is off, the default of the code counts.',
  scope: 'shift',
  changes: 'document',
  arguments: [
    { name: '<key>', about: 'the name of the flag' },
    { name: '<state>', about: 'on or off' },
  ],
  examples: [
    { command: 'holo flags toggle new-checkout off --yes --wait', about: 'a kill switch' },
  ],
  shape: changeOutput,
  run: async (context, [key, word]: [string, string], options: ChangeOptions) => {
    const state = Object.hasOwn(STATES, word) ? STATES[word] : undefined
    if (state === undefined) throw misuse(`the state is on or off, not "${word}"`)
    const known = await loadCurrent(await context.api())
    const flag = { ...toRecord(findFlag(known.document.flags ?? {}, key)), state }
    const title = `Switch the flag "${key}" ${word}`
    const request = { title, method: 'PUT', path: '/flags', body: { flags: { [key]: flag } } }
    return changeDocument(context, request, options, known)
  },
})

const FLAGS_EXPORT = command({
  name: 'flags export',
  about:
    "Prints all flags as a file of flagd. Holo's own fields (public, backend, defaults, experiment) stay in it.",
  scope: 'read',
  examples: [{ command: 'holo flags export > flags.json', about: 'for "holo flags import"' }],
  shape: flagsFileOutput,
  run: async (context) => {
    const json = await askFlags(context)
    const { revision: _, ...file } = json
    return { json, lines: JSON.stringify(file, null, 2).split('\n') }
  },
})

/** `undefined` from a Holo that does not count evaluations. */
async function askCounts(api: Api): Promise<readonly FlagCountSummary[] | undefined> {
  try {
    return (await api.ask(flagCountsAsRead, 'GET', '/flags/counts')).counts
  } catch (cause) {
    if (cause instanceof CliFailure && cause.code === 'not_found') return undefined
    throw cause
  }
}

function sum(counts: readonly FlagCountSummary[], what: 'lastHour' | 'lastDay'): number {
  return counts.reduce((all, one) => all + one[what], 0)
}

async function askFlags(context: Context) {
  const api = await context.api()
  return api.ask(flagsAsRead, 'GET', '/flags')
}

function findFlag(flags: Table, key: string): unknown {
  knowFlag(key, flags)
  return flags[key]
}

function toRecord(value: unknown): Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Table)
    : {}
}

export const FLAGS_COMMANDS: readonly CommandRow[] = [
  FLAGS_LIST,
  FLAGS_GET,
  FLAGS_SET,
  FLAGS_TOGGLE,
  FLAGS_EXPORT,
]
