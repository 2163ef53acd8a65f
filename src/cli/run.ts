// Runs the command once: parses the command line, calls the command, and prints the result. Every failure
// becomes an exit code and a message without a stack trace; a bug has one with --verbose.

import { CommanderError, type Command as Program } from 'commander'
import { toHarmlessJson } from '../core/harmless-text.ts'
import { Mistake } from '../local/mistake.ts'
import type { Installation } from '../local/package-parts.ts'
import { PublishError } from '../publish/messages.ts'
import { type Api, createApi } from './api.ts'
import type { CommandOutcome, CommandRow, Context, SharedOptions } from './command.ts'
import { COMMAND_ROWS } from './commands.ts'
import { CliFailure, EXIT, misuse } from './failure.ts'
import { findOwnWord } from './foreign-words.ts'
import { type CommandCall, createProgram } from './program.ts'
import { chooseTarget, type Target } from './target.ts'
import {
  askLine,
  isSomebodyThere,
  isYes,
  type Streams,
  type Style,
  toColumns,
  toScreenLine,
  toStyle,
} from './terminal.ts'
import { toTime } from './words.ts'

/** @returns the exit code. Never throws. */
export async function runCli(surroundings: Surroundings): Promise<number> {
  const { args, streams, installation } = surroundings
  const { stdout } = streams
  let exitCode: number = EXIT.done
  let called: CommandRow | undefined
  const program = createProgram(
    COMMAND_ROWS,
    installation.version,
    (text) => stdout.write(text),
    async ({ command, args, options }) => {
      called = command
      exitCode = await perform(surroundings, { command, args, options })
    },
    toColumns(stdout),
  )
  try {
    if (args.length === 0) {
      stdout.write(program.helpInformation())
      return EXIT.misuse
    }
    refuseHelpOnUnknown(args)
    await program.parseAsync([...args], { from: 'user' })
    return exitCode
  } catch (cause) {
    if (cause instanceof CommanderError && cause.exitCode === 0) return EXIT.done
    const code = reportFailure(
      surroundings,
      toCliFailure(cause, surroundings, called),
      called?.name,
    )
    const group = findGroup(cause, args, program)
    if (group && !args.includes('--json')) streams.stderr.write(`\n${group.helpInformation()}`)
    return code
  }
}

async function perform(surroundings: Surroundings, { command, args, options }: CommandCall) {
  const { streams } = surroundings
  const shared = options as SharedOptions
  const show: Context['show'] = (outcome) =>
    void streams.stdout.write(toOutcomeText(command.name, outcome, shared.json === true))
  const context = toContext(surroundings, shared, show)
  const outcome = await command.run(context, args as never, options as never)
  if (!outcome.isShown) show(outcome)
  return outcome.exitCode ?? EXIT.done
}

function toContext(
  { cwd, env, streams, signal, installation }: Surroundings,
  shared: SharedOptions,
  show: Context['show'],
): Context {
  const say = (line: string) => void streams.stderr.write(`${toScreenLine(line)}\n`)
  const askForTrust = isSomebodyThere(streams)
    ? async (question: string) => isYes(await askLine(question, streams, signal))
    : undefined
  let target: Promise<Target> | undefined
  let api: Promise<Api> | undefined
  const toTarget = () => {
    target ??= chooseTarget(shared, { cwd, env, askForTrust })
    return target
  }
  const note = shared.verbose ? say : () => {}
  return {
    cwd,
    env,
    streams,
    style: toStyle(streams.stdout, env),
    columns: toColumns(streams.stdout),
    shared,
    installation,
    signal,
    say,
    show,
    target: toTarget,
    api: () => {
      api ??= toTarget().then((chosen) => createApi(chosen, { signal, note }))
      return api
    },
    progress: shared.json && !streams.stderr.isTTY ? undefined : streams.stderr,
  }
}

/** The group, if the command line names one without a command of it. */
function findGroup(cause: unknown, args: readonly string[], program: Program): Program | undefined {
  if (!(cause instanceof CommanderError) || cause.code !== 'commander.help') return undefined
  return program.commands.find((one) => one.name() === args[0])
}

function toCliFailure(
  cause: unknown,
  { args, signal }: Surroundings,
  called: CommandRow | undefined,
): CliFailure {
  if (cause instanceof CliFailure) return withScope(cause, called)
  if (signal.aborted) return new CliFailure('interrupted', EXIT.interrupted, 'stopped')
  if (cause instanceof CommanderError) {
    const message = cause.message.replace(/^error: /, '')
    const words = toWords(args)
    if (isGroupAlone(words)) return misuse(toGroupText(words[0]), toHelp(words[0]))
    // Of a group alone, or of `holo help` with the name of no command.
    if (cause.code === 'commander.help') return toUnknown(words.slice(1))
    const isUnknown = /unknownCommand|excessArguments/.test(cause.code)
    if (isUnknown && findOwnWord(words) !== undefined) return toUnknown(words)
    return misuse(message, toHelp('COMMAND'))
  }
  if (cause instanceof PublishError) {
    return new CliFailure('not_publishable', EXIT.refused, cause.message)
  }
  if (cause instanceof Mistake) {
    return cause.exitCode === EXIT.misuse
      ? misuse(cause.message)
      : new CliFailure('not_started', EXIT.refused, cause.message)
  }
  const message = `a bug in this command: ${cause instanceof Error ? cause.message : cause}`
  return new CliFailure('internal', EXIT.refused, message, {
    hint: 'please report it with the output of --verbose',
    fault: cause,
  })
}

function toWords(args: readonly string[]): string[] {
  return args.filter((word) => !word.startsWith('-'))
}

/** Whether the words name a group, and no command of it. */
function isGroupAlone([first = '', ...others]: readonly string[]): boolean {
  return (
    others.length === 0 &&
    COMMAND_ROWS.some(({ name }) => name.startsWith(`${first} `)) &&
    !COMMAND_ROWS.some(({ name }) => name === first)
  )
}

/** @throws CliFailure when help is asked for a command that there is not: commander would show that of all. */
function refuseHelpOnUnknown(args: readonly string[]): void {
  const words = toWords(args)
  const [first] = words
  if (first === undefined || first === 'help') return
  if (!args.some((arg) => arg === '--help' || arg === '-h')) return
  if (!isFirstWord(first)) throw toUnknown(words)
}

function toUnknown(words: readonly string[]): CliFailure {
  const own = findOwnWord(words)
  const hint = own === undefined ? toHelp('COMMAND') : `use instead: ${own}`
  return misuse(`holo has no command "${toTyped(words)}"`, hint)
}

function toGroupText(group = ''): string {
  const names = COMMAND_ROWS.filter(({ name }) => name.startsWith(`${group} `)).map(
    ({ name }) => name,
  )
  return `name one of its commands: ${names.map((name) => name.slice(group.length + 1)).join(', ')}`
}

function toHelp(name = 'COMMAND'): string {
  return `holo --help, or holo ${name} --help`
}

/** The words of the unknown command: two words if the first is a group. */
function toTyped(words: readonly string[]): string {
  const [first = '', second] = words
  return isFirstWord(first) && second !== undefined ? `${first} ${second}` : first
}

/** Whether a command or a group has this name. */
function isFirstWord(word: string): boolean {
  return COMMAND_ROWS.some(({ name }) => name === word || name.startsWith(`${word} `))
}

/** Adds the missing scope to the message. The API does not name it, but the row of the command does. */
function withScope(failure: CliFailure, called: CommandRow | undefined): CliFailure {
  if (failure.code !== 'forbidden' || !called) return failure
  const { message, exitCode, details } = failure
  const sentence = `${message}: it needs the scope "${called.scope}"`
  return new CliFailure('forbidden', exitCode, sentence, details)
}

function reportFailure(
  { args, streams, env }: Surroundings,
  failure: CliFailure,
  name: string | undefined,
): number {
  const { fault, ...details } = failure.details
  const shown = new CliFailure(failure.code, failure.exitCode, failure.message, details)
  if (args.includes('--json')) streams.stdout.write(toFailureJson(name, shown))
  else streams.stderr.write(toFailureText(shown, toStyle(streams.stderr, env)))
  if (fault instanceof Error && args.includes('--verbose')) streams.stderr.write(`${fault.stack}\n`)
  return failure.exitCode
}

type Surroundings = {
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly streams: Streams
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  readonly installation: Installation
}

export function toOutcomeText(
  name: string,
  { json, lines }: CommandOutcome,
  asJson: boolean,
): string {
  if (asJson) return `${toHarmlessJson(JSON.stringify({ ok: true, command: name, ...json }))}\n`
  return lines.length === 0 ? '' : `${lines.map(toScreenLine).join('\n')}\n`
}

/** The failure as JSON for standard output, so that a program has to read only one stream. */
export function toFailureJson(name: string | undefined, failure: CliFailure): string {
  const { code, message, exitCode, details } = failure
  const json = { ok: false, command: name, exitCode, error: { code, message, ...details } }
  return `${toHarmlessJson(JSON.stringify(json))}\n`
}

/** The failure as text for standard error. */
export function toFailureText({ message, details }: CliFailure, style: Style): string {
  const { hint, problems = [], changes = [], current, requestId } = details
  // Only messages of this command may have several lines; text from elsewhere may not.
  const [first = '', ...more] = message.split('\n')
  const lines = [
    `${style.red('holo:')} ${first}`,
    ...more,
    ...problems.map(({ path, message }) => `  ${path ? `${path}: ${message}` : message}`),
    ...(current === undefined ? [] : [`  the current revision is ${current}; changes since then:`]),
    ...changes.map(
      ({ revision, at, actor, action, reason }) =>
        `  ${revision}  ${toTime(at)}  ${actor}  ${action}${reason ? `  (${reason})` : ''}`,
    ),
    ...(hint === undefined ? [] : [style.dim(hint)]),
    ...(requestId === undefined ? [] : [style.dim(`request id ${requestId}`)]),
  ].map(toScreenLine)
  return `${lines.join('\n')}\n`
}
