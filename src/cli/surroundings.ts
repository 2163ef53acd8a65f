// Everything of a process that commands touch, in one value, so that a test can be one.

import type { Streams } from './terminal.ts'

export type Surroundings = {
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly streams: Streams
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** Of the package. */
  readonly version: string
}
