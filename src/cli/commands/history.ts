// `holo log` and `holo verify`: who did what, and whether the audit log is complete and unchanged. Names and
// reasons are free text of whoever created a token or made a change; the id of a token cannot be chosen.

import { InvalidArgumentError } from 'commander'
import { auditAsRead, logOutput, verifyAsRead, verifyOutput } from '../../wire/audit.ts'
import { type CommandRow, command, type SharedOptions } from '../command.ts'
import { readText } from '../document.ts'
import { followEvents } from '../follow.ts'
import { parseWhole } from '../options.ts'
import { toTable } from '../table.ts'
import { toCount, toTime } from '../words.ts'

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

type VerifyOptions = SharedOptions & { readonly copy?: string }

const VERIFY = command({
  name: 'verify',
  about:
    'Checks that the audit log is complete and unchanged, and compares a saved document with it.',
  scope: 'read',
  options: [
    {
      flags: '--copy <file>',
      about: 'the text of a published document, byte for byte; - is standard input',
    },
  ],
  examples: [
    { command: 'holo verify', about: 'exit code 1 if a row was changed or is missing' },
    {
      command: 'holo verify --copy assignments.json',
      about: 'with a document that was saved from KV',
    },
  ],
  shape: verifyOutput,
  run: async (context, _: [], { copy: file }: VerifyOptions) => {
    const copy = file === undefined ? undefined : await readText(context, file)
    const api = await context.api()
    const json = await api.ask(verifyAsRead, 'POST', '/audit/verify', { json: { copy } })
    const { rows, head, problems } = json
    if (problems.length === 0) {
      return { json, lines: [`The audit log is intact: ${toCount(rows, 'row')}, head ${head}`] }
    }
    const lines = [
      `The audit log is not intact: ${toCount(problems.length, 'problem')} in ${toCount(rows, 'row')}`,
      ...problems.map(
        ({ seq, message }) => `  ${seq === undefined ? '' : `row ${seq}: `}${message}`,
      ),
    ]
    return { json, lines, exitCode: 1 }
  },
})

export const HISTORY_COMMANDS: readonly CommandRow[] = [LOG, VERIFY]
