// Makes a program of the package commander from the table of commands. Commander parses the command line,
// prints the help and suggests spellings; the texts come from the rows.

import { Command as Program } from 'commander'
import type { CommandRow, Option, Options } from './command.ts'
import { CHANGE_OPTIONS, OFFLINE_OPTIONS, SHARED_OPTIONS } from './options.ts'

export type CommandCall = {
  readonly command: CommandRow
  readonly args: readonly unknown[]
  readonly options: Options
}

const ABOUT = 'Publishes versions of a web app, and decides who gets which.'

/** The descriptions of groups of commands. */
const GROUPS: Readonly<Record<string, string>> = {
  env: 'environments: named pointers to versions',
  metrics: 'counts of requests',
  rollout: 'rollouts: a release that moves by a plan, watched by a judge',
  rules: 'rules, which choose an environment before buckets do',
  token: 'tokens of the API',
}

const EXIT_CODES =
  'Exit codes: 0 done, 1 refused, 2 misuse, 3 unreachable, 4 the document has changed since.'

export function createProgram(
  commands: readonly CommandRow[],
  version: string,
  write: (text: string) => void,
  call: (call: CommandCall) => Promise<void>,
  columns: number | undefined,
): Program {
  const program = prepare(new Program('holo'), write, columns)
    .description(ABOUT)
    .version(version, '-V, --version', 'the version of this command')
    .helpOption('-h, --help', 'shows this text; "holo help COMMAND" is about one command')
    // `publish` has a --version of its own.
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `\n${EXIT_CODES}\nWhich Holo: --target, --url, HOLO_URL or holo.json; who you are: HOLO_TOKEN. More: docs/cli.md`,
    )
  const groups = new Map<string, Program>()
  for (const row of commands) {
    const [first = '', second] = row.name.split(' ')
    const parent = second === undefined ? program : toGroup(first, groups, program, write, columns)
    const added = prepare(parent.command(second ?? first), write, columns)
    // A command may have others below it: `versions` and `versions abort`.
    if (second === undefined) groups.set(first, added)
    addCommand(added, row, call)
  }
  return program
}

function toGroup(
  name: string,
  groups: Map<string, Program>,
  program: Program,
  write: (text: string) => void,
  columns: number | undefined,
): Program {
  const known = groups.get(name)
  if (known) return known
  const group = prepare(program.command(name), write, columns).description(GROUPS[name] ?? '')
  groups.set(name, group)
  return group
}

/** Makes commander throw instead of ending the process, and write only through `write`. */
function prepare(program: Program, write: (text: string) => void, columns: number | undefined) {
  return program
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: write,
      writeErr: () => {},
      getOutHelpWidth: () => columns ?? 100,
      getErrHelpWidth: () => columns ?? 100,
    })
}

function addCommand(
  program: Program,
  row: CommandRow,
  call: (call: CommandCall) => Promise<void>,
): void {
  program.description(row.about)
  for (const { name, about } of row.arguments ?? []) program.argument(name, about)
  for (const option of optionsOf(row)) addOption(program, option)
  const examples = row.examples.map(({ command, about }) => `  ${command}\n      ${about}`)
  program.addHelpText('after', `\nExamples:\n${examples.join('\n')}`)
  program.action((...given: unknown[]) => {
    const args = given.slice(0, -2)
    return call({ command: row, args, options: program.opts() })
  })
}

export function optionsOf(row: CommandRow): readonly Option[] {
  return [
    ...(row.options ?? []),
    ...(row.changes ? CHANGE_OPTIONS : []),
    ...(row.scope === 'none' ? OFFLINE_OPTIONS : SHARED_OPTIONS),
  ]
}

function addOption(program: Program, { flags, about, parse, required }: Option): void {
  const add = required ? program.requiredOption.bind(program) : program.option.bind(program)
  if (parse) add(flags, about, parse as (text: string, before: unknown) => unknown)
  else add(flags, about)
}
