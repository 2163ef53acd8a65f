// The type of a command: a row from which the program, its help, its documentation and the JSON schemas are
// made. program.ts parses the command line, and commands/ holds the commands.

import type { z } from 'zod'
import type { Installation } from '../local/package-parts.ts'
import type { Scope as TokenScope } from '../wire/scopes.ts'
import type { Api } from './api.ts'
import type { ExitCode } from './failure.ts'
import type { Target } from './target.ts'
import type { OutputStream, Streams, Style } from './terminal.ts'

/** The scope that the token needs; `none` for a command that needs no server and no token. */
export type CommandScope = 'none' | TokenScope

export type Options = Readonly<Record<string, unknown>>

/** The options of every command. */
export type SharedOptions = {
  readonly url?: string
  readonly target?: string
  readonly config?: string
  readonly json?: boolean
  readonly verbose?: boolean
}

/** The further options of commands that change the document. */
export type ChangeOptions = SharedOptions & {
  readonly yes?: boolean
  readonly reason?: string
  readonly ifRevision?: number
  readonly wait?: boolean
  readonly dryRun?: boolean
  readonly belowFloor?: boolean
  readonly outsideWindow?: boolean
}

export type Context = {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly streams: Streams
  /** For standard output. */
  readonly style: Style
  /** The width of standard output; `undefined` for no limit. */
  readonly columns: number | undefined
  readonly shared: SharedOptions
  /** The package that this command is of. */
  readonly installation: Installation
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** Writes a line for people to standard error. */
  readonly say: (line: string) => void
  /** The target, which is chosen at the first call: offline commands need none. */
  readonly target: () => Promise<Target>
  readonly api: () => Promise<Api>
  /** Prints a result before the last one, as `status --watch` does. */
  readonly show: (outcome: CommandOutcome) => void
  /** Where progress is drawn; `undefined` if none is shown. */
  readonly progress: OutputStream | undefined
}

export type CommandOutcome = {
  /** The result in the form of `shape`, without `ok` and `command`, which run.ts adds. */
  readonly json: Readonly<Record<string, unknown>>
  /** The result as lines for people. */
  readonly lines: readonly string[]
  /** 0 when left out. */
  readonly exitCode?: ExitCode
  /** The result was printed before, with `show`, and is not printed again. */
  readonly isShown?: true
}

export type Argument = {
  /** In the notation of the help: `<name>`, `[name]`, `<weights...>`. */
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
  /** With a space before a subcommand: `env list`. */
  readonly name: string
  readonly about: string
  readonly scope: CommandScope
  /** The command also has `--yes`, `--reason`, `--if-revision`, `--wait`, `--dry-run`, `--below-floor` and
   * `--outside-window`. */
  readonly changes?: 'document'
  readonly arguments?: readonly Argument[]
  readonly options?: readonly Option[]
  readonly examples: readonly Example[]
  readonly shape: S
}

export type CommandRow = Row<z.ZodObject> & {
  readonly run: (context: Context, args: never, options: never) => Promise<CommandOutcome>
}

/** Makes a row. The compiler checks that the result of `run` has the form of `shape`. */
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
