// What a command has done or why it has not, as text for people or as one JSON object for programs.

import type { Outcome } from './command.ts'
import type { CliFailure } from './failure.ts'
import { type Style, toHarmless, toHarmlessLine } from './terminal.ts'
import { toTime } from './words.ts'

export function toOutcomeText(name: string, { json, lines }: Outcome, asJson: boolean): string {
  if (asJson) return `${JSON.stringify({ ok: true, command: name, ...json })}\n`
  return lines.length === 0 ? '' : `${lines.map(toHarmlessLine).join('\n')}\n`
}

/** On standard output, so that a program reads one stream. */
export function toFailureJson(name: string | undefined, failure: CliFailure): string {
  const { code, message, exitCode, details } = failure
  return `${JSON.stringify({ ok: false, command: name, exitCode, error: { code, message, ...details } })}\n`
}

/** On standard error. */
export function toFailureText({ message, details }: CliFailure, style: Style): string {
  const { hint, problems = [], changes = [], current, requestId } = details
  const lines = [
    `${style.red('holo:')} ${toHarmless(message.replaceAll('\n', '\u2028')).replaceAll('\u2028', '\n')}`,
    ...problems.map(
      ({ path, message }) => `  ${toHarmless(path ? `${path}: ${message}` : message)}`,
    ),
    ...(current === undefined ? [] : [`  it is at revision ${current} now; since then:`]),
    ...changes.map(
      ({ revision, at, actor, action, reason }) =>
        `  ${revision}  ${toTime(at)}  ${toHarmless(`${actor}  ${action}${reason ? `  (${reason})` : ''}`)}`,
    ),
    ...(hint === undefined ? [] : [style.dim(toHarmless(hint))]),
    ...(requestId === undefined ? [] : [style.dim(`request id ${toHarmless(requestId)}`)]),
  ]
  return `${lines.join('\n')}\n`
}
