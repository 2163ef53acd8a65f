// What a command is: a row that the program, its help, its documentation and the tests are made from.
// program.ts parses what was typed; commands/ holds what each command does.

import type { z } from 'zod'
import type { Scope as TokenScope } from '../wire/scopes.ts'
import type { Api } from './api.ts'
import type { Target } from './target.ts'
import type { OutputStream, Streams, Style } from './terminal.ts'

/** What a token needs for it; `none` for what works without a server or a token. */
export type CommandScope = 'none' | TokenScope

export type Options = Readonly<Record<string, unknown>>

/** What every command takes. */
export type SharedOptions = {
  readonly url?: string
  readonly target?: string
  readonly config?: string
  readonly json?: boolean
  readonly verbose?: boolean
}

/** What changes take beside that. */
export type ChangeOptions = SharedOptions & {
  readonly yes?: boolean
  readonly reason?: string
  readonly ifRevision?: number
  readonly wait?: boolean
  readonly dryRun?: boolean
}

export type Context = {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly streams: Streams
  /** For standard output. */
  readonly style: Style
  /** The width of standard output; `undefined` for any. */
  readonly columns: number | undefined
  readonly shared: SharedOptions
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** A line for people, on standard error. */
  readonly say: (line: string) => void
  /** Made when it is first asked for: offline commands need none. */
  readonly target: () => Promise<Target>
  readonly api: () => Promise<Api>
  /** A result before the last one: `status --watch`. */
  readonly show: (outcome: CommandOutcome) => void
  /** Draws progress; `undefined` where nobody wants to see any. */
  readonly progress: OutputStream | undefined
}

export type CommandOutcome = {
  /** As `shape` says, without `ok` and `command`, which run.ts adds. */
  readonly json: Readonly<Record<string, unknown>>
  /** For people. */
  readonly lines: readonly string[]
  /** Left out: done. */
  readonly exitCode?: 0 | 1
  /** It was shown before: there is nothing to print at the end. */
  readonly isShown?: true
}

export type Argument = {
  /** As help shows it: `<name>`, `[name]`, `<weights...>`. */
  readonly name: string
  readonly about: string
}

export type Option = {
  /** As in `--version <id>`. */
  readonly flags: string
  readonly about: string
  readonly parse?: (text: string, before: never) => unknown
  readonly required?: true
}

export type Example = { readonly command: string; readonly about: string }

type Row<S extends z.ZodObject> = {
  /** With spaces for subcommands: `env list`. */
  readonly name: string
  readonly about: string
  readonly scope: CommandScope
  /** Takes `--yes`, `--reason`, `--if-revision`, `--wait` and `--dry-run`. */
  readonly changes?: 'document'
  readonly arguments?: readonly Argument[]
  readonly options?: readonly Option[]
  readonly examples: readonly Example[]
  readonly shape: S
}

export type CommandRow = Row<z.ZodObject> & {
  readonly run: (context: Context, args: never, options: never) => Promise<CommandOutcome>
}

/** A row whose `run` gets what it declares; its result is held to its shape by the compiler. */
export function command<S extends z.ZodObject, Args extends readonly unknown[], O>(
  row: Row<S> & {
    readonly run: (
      context: Context,
      args: Args,
      options: O,
    ) => Promise<Omit<CommandOutcome, 'json'> & { readonly json: z.input<S> }>
  },
): CommandRow {
  return row as unknown as CommandRow
}
