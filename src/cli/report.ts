// What a command has done or why it has not, as text for people or as one JSON object for programs.

import * as z from 'zod'
import { toHarmlessJson } from '../core/harmless-text.ts'
import type { CommandOutcome } from './command.ts'
import type { CliFailure } from './failure.ts'
import { type Style, toScreenLine } from './terminal.ts'
import { toTime } from './words.ts'

/** What `--json` prints of a failure. */
export const failureShape = z.strictObject({
  ok: z.literal(false),
  command: z.string().optional().describe('Absent where no command could be read'),
  exitCode: z.int().describe('1 refused, 2 misuse, 3 unreachable, 4 stale, 130 interrupted'),
  error: z.strictObject({
    code: z.string().describe('Stable; docs/cli.md lists them, docs/api.md those of the API'),
    message: z.string().describe('For people; may change'),
    hint: z.string().optional().describe('What to do about it'),
    problems: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
    current: z.int().optional().describe('With stale: the revision of now'),
    changes: z
      .array(
        z.strictObject({
          revision: z.int(),
          at: z.int(),
          actor: z.string(),
          action: z.string(),
          reason: z.string().optional(),
        }),
      )
      .optional()
      .describe('With stale: what changed since, newest first'),
    requestId: z.string().optional().describe("What the Worker's log has"),
  }),
})

export function toOutcomeText(
  name: string,
  { json, lines }: CommandOutcome,
  asJson: boolean,
): string {
  if (asJson) return `${toHarmlessJson(JSON.stringify({ ok: true, command: name, ...json }))}\n`
  return lines.length === 0 ? '' : `${lines.map(toScreenLine).join('\n')}\n`
}

/** On standard output, so that a program reads one stream. */
export function toFailureJson(name: string | undefined, failure: CliFailure): string {
  const { code, message, exitCode, details } = failure
  const json = { ok: false, command: name, exitCode, error: { code, message, ...details } }
  return `${toHarmlessJson(JSON.stringify(json))}\n`
}

/** On standard error. */
export function toFailureText({ message, details }: CliFailure, style: Style): string {
  const { hint, problems = [], changes = [], current, requestId } = details
  // A message of ours may have several lines; nothing else may.
  const [first = '', ...more] = message.split('\n')
  const lines = [
    `${style.red('holo:')} ${first}`,
    ...more,
    ...problems.map(({ path, message }) => `  ${path ? `${path}: ${message}` : message}`),
    ...(current === undefined ? [] : [`  it is at revision ${current} now; since then:`]),
    ...changes.map(
      ({ revision, at, actor, action, reason }) =>
        `  ${revision}  ${toTime(at)}  ${actor}  ${action}${reason ? `  (${reason})` : ''}`,
    ),
    ...(hint === undefined ? [] : [style.dim(hint)]),
    ...(requestId === undefined ? [] : [style.dim(`request id ${requestId}`)]),
  ].map(toScreenLine)
  return `${lines.join('\n')}\n`
}
