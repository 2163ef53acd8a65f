// `holo flags import`: takes flags from a file of flagd, or from an export of another system. src/flags/importing
// reads the files and says what of each flag is kept.

import type * as z from 'zod'
import { toCanonicalJson } from '../../core/canonical-json.ts'
import type { AssignmentsDocument } from '../../document/schema.ts'
import { admitFlags, collectUsed } from '../../flags/importing/admit.ts'
import type { FlagImport } from '../../flags/importing/flag-file.ts'
import {
  FLAG_SOURCES,
  type FlagSource,
  type ImportOptions,
  parseFlagExport,
  SOURCE_NAMES,
} from '../../flags/importing/kinds.ts'
import { flagsImportOutput } from '../../wire/flags.ts'
import { changeDocument } from '../change.ts'
import { type ChangeOptions, command } from '../command.ts'
import { loadCurrent, readText } from '../document.ts'
import { misuse, refused } from '../failure.ts'
import { toCount } from '../words.ts'

type Options = ChangeOptions & {
  readonly replace?: boolean
  readonly from?: string
  readonly env?: string
  readonly visitorAttribute?: string
}

export const FLAGS_IMPORT = command({
  name: 'flags import',
  about:
    'Takes flags from a file of flagd, as it is, or from an export of LaunchDarkly, Unleash or GrowthBook. Flags that cannot be kept whole are named and left out.',
  scope: 'shift',
  changes: 'document',
  arguments: [{ name: '<file>', about: 'JSON; - is standard input' }],
  options: [
    {
      flags: '--from <system>',
      about: `${FLAG_SOURCES.join(', ')}; recognised from the content if left out`,
    },
    {
      flags: '--env <name>',
      about: 'whose rules to take, if a file of LaunchDarkly has several environments',
    },
    {
      flags: '--visitor-attribute <name>',
      about: "GrowthBook's attribute with the visitor; id if left out",
    },
    { flags: '--replace', about: 'removes all flags that are not in the file' },
  ],
  examples: [
    { command: 'holo flags import flags.json', about: 'adds and changes its flags' },
    {
      command: 'holo flags import launchdarkly.json --env production --dry-run',
      about: 'what would be kept',
    },
  ],
  shape: flagsImportOutput,
  run: async (context, [file]: [string], options: Options) => {
    const parsed = parseFlagExport(await readText(context, file), toImportOptions(options))
    if (!parsed.ok) throw misuse(`${file}: ${parsed.error}`, HINT)
    const known = await loadCurrent(await context.api())
    const { environments } = known.document
    const imported = { ...admitFlags(parsed.value, environments), from: parsed.value.from }
    const report = sortReport(imported)
    if (report.kept.length === 0) throw refuseAll(file, imported)
    const { body, notes } = toBody(imported, known.document, options.replace === true)
    const about = [...toReportLines(report, imported.from), ...notes]
    const title = `Import flags of ${file}`
    const request = { title, method: 'PUT', path: '/flags', body, about }
    const { json, lines, ...outcome } = await changeDocument(context, request, options, known)
    const isSame = json.revision === json.previous
    return {
      ...outcome,
      json: { ...json, from: imported.from, ...report, notes },
      // A change shows them before it asks.
      lines: isSame ? [...about, ...lines] : lines,
    }
  },
})

const HINT = `"--from" names the system: ${FLAG_SOURCES.join(', ')}; "--env" an environment of LaunchDarkly`

function toImportOptions({ from, env, visitorAttribute }: Options): ImportOptions {
  const source = FLAG_SOURCES.find((name) => name === from)
  if (from !== undefined && source === undefined) {
    throw misuse(`--from is one of ${FLAG_SOURCES.join(', ')}, not "${from}"`)
  }
  return { from: source, environment: env, visitorAttribute }
}

type Report = Pick<z.input<typeof flagsImportOutput>, 'kept' | 'leftOut'>

function sortReport({ report }: FlagImport): Report {
  const kept: Report['kept'] = []
  const leftOut: Report['leftOut'] = []
  for (const one of report) {
    if (one.kept) {
      const { kept: _, dealtAnew, reads, notes, ...rest } = one
      kept.push({ ...rest, dealtAnew: [...dealtAnew], reads: [...reads], notes: [...notes] })
    } else leftOut.push({ key: one.key, reasons: [...one.reasons] })
  }
  return { kept, leftOut }
}

function refuseAll(file: string, imported: FlagImport) {
  const problems = imported.report.flatMap((one) =>
    one.kept ? [] : one.reasons.map((message) => ({ path: one.key, message })),
  )
  if (problems.length === 0) return misuse(`${file} holds no flags`)
  const message = `no flag of ${file} can be kept whole, so nothing was imported`
  return refused('not_imported', message, { problems })
}

function toReportLines({ kept, leftOut }: Report, from: FlagSource): string[] {
  const same = kept.filter(({ visitorsKeepVariants }) => visitorsKeepVariants)
  return [
    `From ${SOURCE_NAMES[from]}: ${toCount(kept.length, 'flag')} kept, ${leftOut.length} left out`,
    ...(same.length > 0
      ? [`visitors keep their variants of ${same.map(({ key }) => key).join(', ')}`]
      : []),
    ...kept.flatMap(({ key, dealtAnew }) =>
      dealtAnew.length > 0
        ? [`visitors get other variants of ${key}: ${dealtAnew.join('; ')}`]
        : [],
    ),
    ...kept.flatMap(({ key, notes }) => notes.map((note) => `${key}: ${note}`)),
    ...leftOut.map(({ key, reasons }) => `left out ${key}: ${reasons.join('; ')}`),
  ]
}

/** The request, in which flags that were left out keep the definition that they have in the document. */
function toBody(
  { flags, evaluators, report, metadata }: FlagImport,
  document: AssignmentsDocument,
  replace: boolean,
) {
  const now = document.flags ?? {}
  const before = document.flagSettings?.$evaluators ?? {}
  const stays = report.flatMap(({ key, kept }) => (kept || !Object.hasOwn(now, key) ? [] : [key]))
  const others = replace ? stays : Object.keys(now).filter((key) => !Object.hasOwn(flags, key))
  const othersUse = new Map(
    others.map((key) => [key, collectUsed(now[key]?.targeting, before)] as const),
  )
  const kept = replace ? Object.assign({}, ...othersUse.values()) : before
  const merged = { ...kept, ...evaluators }
  const notes = Object.entries(evaluators).flatMap(([name, logic]) => {
    if (!Object.hasOwn(before, name) || isSame(before[name], logic)) return []
    const readers = others.filter((key) => Object.hasOwn(othersUse.get(key) ?? {}, name))
    return readers.length === 0
      ? []
      : [`the shared part "${name}" becomes another one, also for ${readers.join(', ')}`]
  })
  const body = {
    flags: {
      ...(replace && Object.fromEntries(stays.map((key) => [key, now[key]]))),
      ...flags,
    },
    ...(replace && { replace }),
    ...(isSame(merged, before) ? {} : { evaluators: merged }),
    ...(metadata && !isSame(metadata, document.flagSettings?.metadata ?? {}) && { metadata }),
  }
  return { body, notes }
}

function isSame(one: unknown, other: unknown): boolean {
  return toCanonicalJson(one) === toCanonicalJson(other)
}
