// What a command has done or why it has not, as text for people or as one JSON object for programs.

import { toHarmlessJson } from '../core/harmless-text.ts'
import type { CommandOutcome } from './command.ts'
import type { CliFailure } from './failure.ts'
import { type Style, toScreenLine } from './terminal.ts'
import { toTime } from './words.ts'

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
