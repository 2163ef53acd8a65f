// `holo log` and `holo verify`: who did what, and whether the audit log is complete and unchanged. Names and
// reasons are free text of whoever created a token or made a change; the id of a token cannot be chosen.

import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { auditAsRead, logOutput, verifyAsRead, verifyOutput } from '../../wire/audit.ts'
import { type anyEvent, type EventKind, eventsAsRead } from '../../wire/events.ts'
import type { Api } from '../api.ts'
import {
  type CommandOutcome,
  type CommandRow,
  type Context,
  command,
  type SharedOptions,
} from '../command.ts'
import { readText } from '../document.ts'
import { CliFailure, EXIT, misuse } from '../failure.ts'
import { parseWhole, toVersionId } from '../options.ts'
import { toTable } from '../table.ts'
import { toCount, toTime } from '../words.ts'
import { checkFiles, toFileLines } from './verify-files.ts'

type LogOptions = SharedOptions & {
  readonly limit?: number
  readonly before?: number
  readonly follow?: boolean
}

const LOG = command({
  name: 'log',
  about: 'Shows who did what, newest first.',
  scope: 'read',
  options: [
    { flags: '--limit <n>', about: 'how many rows: 1 to 100 (20)', parse: parseLimit },
    {
      flags: '--before <row>',
      about: 'only rows older than this one',
      parse: parseWhole('a row is a whole number from 1'),
    },
    {
      flags: '--follow',
      about:
        'shows events as they happen, also of health and rollouts, until Ctrl-C; with --json one line each',
    },
  ],
  examples: [
    { command: 'holo log --limit 50', about: 'the last fifty rows of the audit log' },
    { command: 'holo log --follow', about: 'what happens from now on, until Ctrl-C' },
  ],
  shape: logOutput,
  run: async (context, _: [], { limit = 20, before, follow }: LogOptions) => {
    const api = await context.api()
    if (follow) return followEvents(context, api)
    const query = {
      limit: String(limit),
      before: before === undefined ? undefined : String(before),
    }
    const json = await api.ask(auditAsRead, 'GET', '/audit', { query })
    const cells = json.rows.map(({ at, actor, token = '', action, reason, revision, detail }) => [
      toTime(at),
      revision === undefined ? '' : String(revision),
      actor,
      token,
      action,
      reason ?? '',
      toDetail(detail),
    ])
    const lines = toTable(LOG_HEAD, cells, context.columns)
    if (json.next !== undefined) lines.push(`Older: holo log --before ${json.next}`)
    return {
      json: { ...json, rows: json.rows.map((one) => ({ ...one, detail: one.detail ?? null })) },
      lines,
    }
  },
})

const LOG_HEAD = ['time', 'revision', 'who', 'token', 'what', 'why', 'detail']
const MAX_SHOWN_DETAIL_CHARACTERS = 60

function toDetail(detail: unknown): string {
  const text = JSON.stringify(detail) ?? ''
  return text.length > MAX_SHOWN_DETAIL_CHARACTERS
    ? `${text.slice(0, MAX_SHOWN_DETAIL_CHARACTERS - 1)}…`
    : text
}

function parseLimit(text: string): number {
  if (/^(?:[1-9]\d?|100)$/.test(text)) return Number(text)
  throw new InvalidArgumentError('1 to 100')
}

type VerifyOptions = SharedOptions & {
  readonly copy?: string
  readonly files?: boolean
  readonly quick?: boolean
}

const VERIFY = command({
  name: 'verify',
  about:
    'Checks that the audit log is complete and unchanged, and with --files that no file of a version is lost or damaged.',
  scope: 'read',
  arguments: [{ name: '[versions...]', about: 'with --files: only the files of these versions' }],
  options: [
    {
      flags: '--copy <file>',
      about: 'the text of a published document, byte for byte; - is standard input',
    },
    {
      flags: '--files',
      about: 'reads every manifest and blob in the store, and names what is lost',
    },
    { flags: '--quick', about: 'with --files: looks at sizes only, without reading the bytes' },
  ],
  examples: [
    { command: 'holo verify', about: 'exit code 1 if a row was changed or is missing' },
    { command: 'holo verify --files', about: 'and if a file is lost or damaged' },
    {
      command: 'holo verify --copy assignments.json',
      about: 'with a document that was saved from KV',
    },
  ],
  shape: verifyOutput,
  run: async (
    context,
    [versions]: [readonly string[]],
    { copy: file, files: withFiles = false, quick = false }: VerifyOptions,
  ) => {
    if (!withFiles && (quick || versions.length > 0)) {
      throw misuse(`${quick ? '--quick' : 'A version'} is only for --files`)
    }
    for (const id of versions) toVersionId(id)
    const copy = file === undefined ? undefined : await readText(context, file)
    const api = await context.api()
    const log = await api.ask(verifyAsRead, 'POST', '/audit/verify', { json: { copy } })
    const files = withFiles ? await checkFiles(context, versions, quick) : undefined
    const isWhole = log.problems.length === 0 && (files?.lost ?? []).length === 0
    return {
      json: { ...log, ...(files ? { files } : {}) },
      lines: [...toLogLines(log), ...(files ? toFileLines(files) : [])],
      exitCode: isWhole ? 0 : 1,
    }
  },
})

function toLogLines({ rows, head, problems }: z.infer<typeof verifyAsRead>): string[] {
  if (problems.length === 0) {
    return [`The audit log is intact: ${toCount(rows, 'row')}, head ${head}`]
  }
  return [
    `The audit log is not intact: ${toCount(problems.length, 'problem')} in ${toCount(rows, 'row')}`,
    ...problems.map(({ seq, message }) => `  ${seq === undefined ? '' : `row ${seq}: `}${message}`),
  ]
}

export const HISTORY_COMMANDS: readonly CommandRow[] = [LOG, VERIFY]

type AnyEvent = z.infer<typeof anyEvent>

/** The time between two requests for events. */
const POLL_MS = 1000
/** After a failed call the time doubles, up to this. */
const LONGEST_WAIT_MS = 30_000

/** Prints new events. If Holo does not answer, says so once and keeps trying. */
async function followEvents(context: Context, api: Api): Promise<CommandOutcome> {
  let { next } = await api.ask(eventsAsRead, 'GET', '/events')
  context.say('Waiting for events; Ctrl-C ends it')
  let failures = 0
  while (!context.signal.aborted) {
    try {
      const waitMs = Math.min(POLL_MS * 2 ** failures, LONGEST_WAIT_MS)
      await sleep(waitMs, undefined, { signal: context.signal })
      const query = { after: String(next), limit: '100' }
      const reply = await api.ask(eventsAsRead, 'GET', '/events', { query })
      failures = 0
      if (reply.missed > 0)
        context.say(`Missed: ${toCount(reply.missed, 'event')}; Holo no longer keeps them`)
      for (const one of reply.events) {
        context.show({ json: { event: one }, lines: [toLine(one)] })
      }
      next = reply.next
    } catch (cause) {
      if (context.signal.aborted) break
      const isOutage = cause instanceof CliFailure && cause.exitCode === EXIT.unreachable
      if (!isOutage) throw cause
      if (failures++ === 0) context.say(`${cause.message}; trying again`)
    }
  }
  return { json: {}, lines: [], isShown: true }
}

type Fields = Readonly<Record<string, unknown>>

/** What is printed for each kind of event after its time and kind. Unknown fields are left out. */
const LINES: Readonly<Record<EventKind, (fields: Fields) => string>> = {
  'revision.committed': ({ revision, action, by, reason }) =>
    `revision ${revision}, ${action} by ${by}${toReason(reason)}`,
  'environment.changed': ({ environment, version, before, action, by }) =>
    `${environment} ${before ?? '(new)'} → ${version ?? '(removed)'}, ${action} by ${by}`,
  'rollout.started': toRolloutLine,
  'rollout.stepped': ({ version, environment, from, to, reason }) =>
    `${version} in ${environment}, ${from} → ${to}${toReason(reason)}`,
  'rollout.paused': toRolloutLine,
  'rollout.resumed': toRolloutLine,
  'rollout.waiting': toRolloutLine,
  'rollout.stalled': toRolloutLine,
  'rollout.blocking': toRolloutLine,
  'rollout.noticed': toRolloutLine,
  'rollout.ended': ({ version, environment, outcome, reason }) =>
    `${version} in ${environment}, ${outcome}${toReason(reason)}`,
  'service.health': ({ environment, prefix, version, before, state, why }) =>
    `${environment} ${prefix} ${version}, ${before} → ${state}: ${why}`,
  'version.drained': ({ version, why }) => `${version} may be switched off: ${why}`,
  'publication.failed': ({ revision, message }) => `revision ${revision} is not in KV: ${message}`,
  'publication.recovered': ({ revision }) => `revision ${revision} is in KV`,
  'files.lost': ({ files, versions, example }) =>
    `${files} in the store are lost or damaged (${[versions].flat().join(', ')}): ${example}`,
  'files.healed': ({ files, left }) => `${files} in the store are whole again, ${left} are not`,
  'freeze.begun': ({ by, until, reason }) =>
    `by ${by}${typeof until === 'number' ? ` until ${toTime(until)}` : ''}${toReason(reason)}`,
  'freeze.ended': ({ by, reason }) => `by ${by}${toReason(reason)}`,
  'windows.set': ({ by, windows = 'at any time', reason }) =>
    `${windows}, by ${by}${toReason(reason)}`,
  'token.created': toTokenLine,
  'token.revoked': toTokenLine,
  'preview.created': toPreviewLine,
  'preview.revoked': toPreviewLine,
  'webhook.added': toWebhookLine,
  'webhook.removed': toWebhookLine,
  'webhook.disabled': ({ webhook, origin, why }) => `${webhook} at ${origin}: ${why}`,
}

/** The event as one line. For an unknown kind, all fields are printed. */
function toLine({ id: _, at, kind, ...fields }: AnyEvent): string {
  const line = isKnownKind(kind) ? LINES[kind](fields) : JSON.stringify(fields)
  return `${toTime(at)}  ${kind}  ${line}`
}

function isKnownKind(kind: string): kind is EventKind {
  return Object.hasOwn(LINES, kind)
}

function toRolloutLine({ version, environment, weight, reason }: Fields): string {
  return `${version} in ${environment} at ${weight} %${toReason(reason)}`
}

function toTokenLine({ name, token, by }: Fields): string {
  return `"${name}" (${token}) by ${by}`
}

function toPreviewLine({ preview, versions, environments, by }: Fields): string {
  return `${[versions, environments].flat().join(', ')} (${preview}) by ${by}`
}

function toWebhookLine({ webhook, origin, by }: Fields): string {
  return `${webhook} at ${origin} by ${by}`
}

function toReason(reason: unknown): string {
  return reason === undefined ? '' : `: ${reason}`
}
