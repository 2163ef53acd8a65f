// One run of the command: parse, do, report. All failures end here, as an exit code and a text
// without a stack trace; only a fault of ours has one, with --verbose.

import { CommanderError } from 'commander'
import { PublishError } from '../publish/refusal.ts'
import { type Api, createApi } from './api.ts'
import type { Command, Context, SharedOptions } from './command.ts'
import { COMMANDS } from './commands.ts'
import { CliFailure, EXIT } from './failure.ts'
import { type Call, createProgram } from './program.ts'
import { askLine, isYes } from './question.ts'
import { toFailureJson, toFailureText, toOutcomeText } from './report.ts'
import type { Surroundings } from './surroundings.ts'
import { chooseTarget, type Target } from './target.ts'
import { isSomebodyThere, toColumns, toScreenLine, toStyle } from './terminal.ts'

/** @returns the exit code. Never throws. */
export async function runCli(surroundings: Surroundings): Promise<number> {
  const { args, streams, version } = surroundings
  const { stdout } = streams
  let exitCode: number = EXIT.done
  let called: Command | undefined
  const program = createProgram(
    COMMANDS,
    version,
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
    await program.parseAsync([...args], { from: 'user' })
    return exitCode
  } catch (cause) {
    if (cause instanceof CommanderError && cause.exitCode === 0) return EXIT.done
    return reportFailure(surroundings, toCliFailure(cause, surroundings, called), called?.name)
  }
}

async function perform(surroundings: Surroundings, { command, args, options }: Call) {
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
  { cwd, env, streams, signal }: Surroundings,
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

function toCliFailure(
  cause: unknown,
  { signal }: Surroundings,
  called: Command | undefined,
): CliFailure {
  if (cause instanceof CliFailure) return withScope(cause, called)
  if (signal.aborted) return new CliFailure('interrupted', EXIT.interrupted, 'stopped')
  if (cause instanceof CommanderError) {
    const message = cause.message.replace(/^error: /, '')
    const isHelp = cause.code === 'commander.help'
    return new CliFailure('misuse', EXIT.misuse, isHelp ? 'name one of its commands' : message, {
      hint: 'holo --help, or holo COMMAND --help',
    })
  }
  if (cause instanceof PublishError) {
    return new CliFailure('not_publishable', EXIT.refused, cause.message)
  }
  const message = `a fault of this command: ${cause instanceof Error ? cause.message : cause}`
  return new CliFailure('internal', EXIT.refused, message, {
    hint: 'with --verbose it shows where; please report it',
    fault: cause,
  })
}

/** Which scope is missing: the API does not say, but we know what we have asked for. */
function withScope(failure: CliFailure, called: Command | undefined): CliFailure {
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
