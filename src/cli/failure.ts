// The error that a command throws when it fails: a stable code, a message for people, and the exit code. Any
// other error is a bug of the command.

import type { OtherChange } from '../wire/history.ts'

/** The exit codes, which docs/cli.md explains. */
export const EXIT = {
  done: 0,
  /** Holo refused: a missing scope, an unknown name, an invalid document. */
  refused: 1,
  /** The command line is wrong, so that repeating it cannot help. */
  misuse: 2,
  /** There was no reply, or only an error of the server. */
  unreachable: 3,
  /** The document has changed since the revision that the command is based on. */
  stale: 4,
  /** Ctrl-C: 128 plus the number of SIGINT, as in shells. */
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export type FailureDetails = {
  /** What to do about it: one sentence or a command. */
  readonly hint?: string | undefined
  readonly problems?: readonly { readonly path: string; readonly message: string }[] | undefined
  /** With `stale`: the current revision, and the changes since the one that the command is based on. */
  readonly current?: number | undefined
  readonly changes?: readonly OtherChange[] | undefined
  readonly requestId?: string | undefined
  /** The error behind a bug of the command; shown with `--verbose` only. */
  readonly fault?: unknown
}

/** Shown without a stack trace. Codes are stable: docs/cli.md lists them. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure'
  readonly code: string
  readonly exitCode: ExitCode
  readonly details: FailureDetails

  constructor(code: string, exitCode: ExitCode, message: string, details: FailureDetails = {}) {
    super(message)
    this.code = code
    this.exitCode = exitCode
    this.details = details
  }
}

/** A failure for a wrong command line. */
export function misuse(message: string, hint?: string): CliFailure {
  return new CliFailure('misuse', EXIT.misuse, message, { hint })
}

/** A failure for a command that was understood and refused. */
export function refused(code: string, message: string, details: FailureDetails = {}): CliFailure {
  return new CliFailure(code, EXIT.refused, message, details)
}
