// How a command fails, as a value that is thrown once and shown once: a stable code, a sentence for
// people, and the exit code. Anything else that is thrown is a fault of ours.

import type { OtherChange } from '../wire/history.ts'

/** What a shell is told; docs/cli.md says it to people. */
export const EXIT = {
  done: 0,
  /** Holo understood and did not do it: scopes, names that do not exist, an unsound document. */
  refused: 1,
  /** The command as it was typed can never work here. */
  misuse: 2,
  /** Nobody answered, or nobody who could. */
  unreachable: 3,
  /** The document has changed since the revision that was seen. */
  stale: 4,
  /** Ctrl-C: 128 and the number of SIGINT, as shells have it. */
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export type FailureDetails = {
  /** What to do about it: one sentence or a command. */
  readonly hint?: string | undefined
  readonly problems?: readonly { readonly path: string; readonly message: string }[] | undefined
  /** With `stale`: the revision of now, and what changed since the one that was seen. */
  readonly current?: number | undefined
  readonly changes?: readonly OtherChange[] | undefined
  readonly requestId?: string | undefined
  /** What was thrown, where that is a fault of ours: shown with `--verbose` only. */
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

/** The command as it was typed cannot work. */
export function misuse(message: string, hint?: string): CliFailure {
  return new CliFailure('misuse', EXIT.misuse, message, { hint })
}

/** It was understood and is not done. */
export function refused(code: string, message: string, details: FailureDetails = {}): CliFailure {
  return new CliFailure(code, EXIT.refused, message, details)
}
