// `holo dora`: the four DORA figures of each environment. Reads the rows of a period from the audit log, and the
// revisions in which an environment may have got another version; dora.ts counts.

import { InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { mapConcurrently } from '../../core/concurrently.ts'
import { auditAsRead } from '../../wire/audit.ts'
import { deployedAsRead, doraOutput, rolloutDetailAsRead } from '../../wire/dora.ts'
import { revisionAsRead } from '../../wire/history.ts'
import type { Api } from '../api.ts'
import { command, type SharedOptions } from '../command.ts'
import { type DeliveryStep, measureDelivery, type Snapshot } from '../dora.ts'
import { type CliFailure, refused } from '../failure.ts'
import { toEnvironmentName } from '../options.ts'
import { toTable } from '../table.ts'
import { toCount, toSpan, toTime } from '../words.ts'

const DAY_MS = 86_400_000
const DEFAULT_DAYS = 30
const LONGEST_DAYS = 366

/** Rows of the audit log in one reply, and how many replies and revisions one call of the command reads. */
const PAGE_ROWS = 100
const MOST_PAGES = 200
const MOST_REVISIONS = 1000
const CALLS_AT_ONCE = 4

type DoraOptions = SharedOptions & { readonly last?: number }
type AuditRow = z.output<typeof auditAsRead>['rows'][number]

export const DORA = command({
  name: 'dora',
  about:
    'Shows the four DORA figures of each environment: deployment frequency, lead time, change failure rate, time to restore.',
  scope: 'read',
  arguments: [{ name: '[environment]', about: 'only this one; all if left out' }],
  options: [
    {
      flags: '--last <days>',
      about: `the period until now, as in 7d: up to ${LONGEST_DAYS}d (${DEFAULT_DAYS}d)`,
      parse: parseDays,
    },
  ],
  examples: [
    { command: 'holo dora', about: 'of the last 30 days' },
    { command: 'holo dora main --last 90d', about: 'of one environment, in a quarter' },
  ],
  shape: doraOutput,
  run: async (
    context,
    [named]: [string | undefined],
    { last: days = DEFAULT_DAYS }: DoraOptions,
  ) => {
    const only = named === undefined ? undefined : toEnvironmentName(named)
    const to = Date.now()
    const from = to - days * DAY_MS
    const api = await context.api()
    const { before, rows } = await loadRows(api, from)
    const read = new Map<number, Snapshot>()
    const wanted = [...new Set([before, ...rows.map(({ revision }) => revision)])]
    const revisions = wanted.filter((one) => one !== undefined)
    if (revisions.length > MOST_REVISIONS) throw toTooMuch(toCount(revisions.length, 'revision'))
    await mapConcurrently(revisions, CALLS_AT_ONCE, async (revision) => {
      read.set(revision, await loadSnapshot(api, revision))
    })
    const first = before === undefined ? undefined : read.get(before)
    const steps = rows.map((row) => toStep(row, read))
    const environments = measureDelivery(first, steps, to - from).filter(
      ({ environment }) => only === undefined || environment === only,
    )
    if (only !== undefined && environments.length === 0) {
      throw refused('unknown_name', `No environment "${only}" is known since ${toTime(from)}`)
    }
    return { json: { from, to, environments }, lines: toLines(context.columns, from, environments) }
  },
})

/** These leave every environment at its version. An unknown action is looked into. */
const LEAVES_VERSIONS = new Set([
  ...['shift', 'set-rules', 'set-flags', 'set-tab-pins', 'set-services'],
  ...['add-version', 'remove-versions', 'rollout-step', 'rollout-notice', 'rollout-advance'],
])

/** The rows since `from` that may concern versions, oldest first, and the last revision before them. */
async function loadRows(
  api: Api,
  from: number,
): Promise<{ before: number | undefined; rows: AuditRow[] }> {
  const rows: AuditRow[] = []
  let next: number | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = {
      limit: String(PAGE_ROWS),
      before: next === undefined ? undefined : String(next),
    }
    const reply = await api.ask(auditAsRead, 'GET', '/audit', { query })
    for (const row of reply.rows) {
      const isRelevant = row.revision !== undefined || isTakenBack(row)
      if (row.at < from && row.revision !== undefined) {
        return { before: row.revision, rows: rows.reverse() }
      }
      if (row.at >= from && isRelevant && !LEAVES_VERSIONS.has(row.action)) rows.push(row)
    }
    next = reply.next
    if (next === undefined) return { before: undefined, rows: rows.reverse() }
  }
  throw toTooMuch(`more than ${toCount(MOST_PAGES * PAGE_ROWS, 'row')}`)
}

function toTooMuch(what: string): CliFailure {
  return refused('limited', `This period has ${what} to read, which is too much`, {
    hint: 'Choose a shorter one with --last',
  })
}

function isTakenBack({ action }: AuditRow): boolean {
  return action === 'rollout-rollback' || action === 'rollout-abort'
}

function toStep(row: AuditRow, read: ReadonlyMap<number, Snapshot>): DeliveryStep {
  const { at, action, revision, detail } = row
  const after = revision === undefined ? undefined : read.get(revision)
  const rollout = action.startsWith('rollout-')
    ? rolloutDetailAsRead.safeParse(detail).data
    : undefined
  // A rollout of a flag leaves the version of its environment alone.
  const environment = rollout?.flag === undefined ? rollout?.environment : undefined
  return {
    at,
    action,
    ...(after && { after }),
    ...(environment !== undefined && isTakenBack(row) && { takenBack: environment }),
    ...(environment !== undefined && action === 'rollout-start' && { begun: environment }),
  }
}

async function loadSnapshot(api: Api, revision: number): Promise<Snapshot> {
  const { text } = await api.ask(revisionAsRead, 'GET', `/revisions/${revision}`)
  const { environments, versions } = deployedAsRead.parse(JSON.parse(text))
  const published = Object.entries(versions).flatMap(([id, { published: at }]) =>
    at === undefined ? [] : [[id, Date.parse(at)] as const],
  )
  return {
    environments: new Map(Object.entries(environments).map(([id, { version }]) => [id, version])),
    published: new Map(published),
  }
}

type Environments = z.output<typeof doraOutput>['environments']

function toLines(columns: number | undefined, from: number, all: Environments): string[] {
  if (all.length === 0) return [`No environment is known since ${toTime(from)}`]
  const cells = all.map((one) => [
    one.environment,
    String(one.deployments),
    one.perDay.toFixed(2),
    one.leadTimeMs === null ? '–' : toSpan(one.leadTimeMs),
    one.failureRate === null ? '–' : `${(one.failureRate * 100).toFixed(1)} %`,
    one.restoreMs === null ? '–' : toSpan(one.restoreMs),
  ])
  return [
    `Since ${toTime(from)}; medians. docs/dora.md says what counts`,
    ...toTable(HEAD, cells, columns),
  ]
}

const HEAD = [
  'environment',
  'deployments',
  'a day',
  'lead time',
  'change failure rate',
  'time to restore',
]

function parseDays(text: string): number {
  const days = Number(/^([1-9]\d{0,2})d$/.exec(text)?.[1])
  if (days <= LONGEST_DAYS) return days
  throw new InvalidArgumentError(`days such as 7d, at most ${LONGEST_DAYS}d`)
}
