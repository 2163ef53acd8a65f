// `holo errors`: lists the errors that browsers have reported, new ones first, or shows one of them with its stack.
// The API finds the places in the source.

import { InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { ERROR_ID } from '../../core/browser/error-ids.ts'
import { type ErrorFrame, errorAsRead, errorsAsRead, errorsOutput } from '../../wire/errors.ts'
import { type Context, command, type SharedOptions } from '../command.ts'
import { CliFailure } from '../failure.ts'
import { toEnvironmentName, toVersionId } from '../options.ts'
import { toCount, toTime } from '../words.ts'

type ErrorsOptions = SharedOptions & {
  readonly new?: boolean
  readonly environment?: string
  readonly limit?: number
}

type Listed = z.output<typeof errorsAsRead>['errors'][number]
type Frame = NonNullable<Listed['resolved']>

export const BROWSER_ERRORS = command({
  name: 'errors',
  about: 'Shows the errors that browsers have reported, new ones first, or one with its stack.',
  scope: 'read',
  arguments: [
    {
      name: '[version-or-id]',
      about: 'only the errors of this version, or the stack of this error; all if left out',
    },
  ],
  options: [
    { flags: '--new', about: 'only those that no other version had before' },
    { flags: '--environment <name>', about: 'only what happened in this environment' },
    { flags: '--limit <n>', about: 'how many: 1 to 100 (20)', parse: parseLimit },
  ],
  examples: [
    { command: 'holo errors 1.4.0 --new', about: 'what came with a release' },
    { command: 'holo errors 9c1f03d27a5e8b46', about: 'where one error comes from' },
  ],
  shape: errorsOutput,
  run: async (context, [named]: [string | undefined], options: ErrorsOptions) => {
    if (named !== undefined && ERROR_ID.test(named)) {
      const found = await showOne(context, named)
      if (found) return found
    }
    const { environment, limit } = options
    const version = named === undefined ? undefined : toVersionId(named)
    const query = {
      version,
      environment: environment === undefined ? undefined : toEnvironmentName(environment),
      new: options.new ? 'true' : undefined,
      limit: limit === undefined ? undefined : String(limit),
      resolve: 'true',
    }
    const api = await context.api()
    const json = await api.ask(errorsAsRead, 'GET', '/errors', { query })
    const { errors, found, lost } = json
    if (errors.length === 0) return { json, lines: toNone(version, options) }
    const fresh = errors.filter((one) => one.new).length
    const lines = [
      `${toCount(found, 'error')}${version === undefined ? '' : ` of ${version}`}, ${fresh} new`,
      ...errors.flatMap((one) => ['', ...toLines(context, one)]),
      '',
      ...(found > errors.length
        ? [`${found - errors.length} more: add --limit ${Math.min(100, found)}`]
        : []),
      ...(lost > 0 ? [`${toCount(lost, 'report')} not kept, because there were too many`] : []),
      `The stack of one: holo errors ${errors[0]?.id}`,
    ]
    return { json, lines }
  },
})

/** One group with its stack; `undefined` if there is none: a version may have such a name as well. */
async function showOne(context: Context, id: string) {
  const api = await context.api()
  try {
    const { stack, ...error } = await api.ask(errorAsRead, 'GET', `/errors/${id}`)
    const [resolved] = stack
    const shown = { ...error, ...(resolved ? { resolved } : {}) }
    const lines = [
      ...toLines(context, shown),
      '',
      ...(stack.length === 0
        ? ['No stack: the browser did not tell any']
        : stack.map((frame) => `  at ${toFrameText(frame)}`)),
      ...toReasons(stack),
    ]
    return { json: { errors: [shown], found: 1, lost: 0, stack }, lines }
  } catch (cause) {
    if (cause instanceof CliFailure && cause.code === 'not_found') return undefined
    throw cause
  }
}

function toLines({ style }: Context, one: Listed): string[] {
  const { id, version, kind, message, frame, count, lastHour, lastDay, environments, lastAt } = one
  const often = Object.entries(environments).map(([name, times]) => `${name} ${times}`)
  return [
    `${one.new ? `${style.red('NEW')}  ` : ''}${style.bold(message || kind)}`,
    ...(one.resolved || frame !== ''
      ? [`  at ${toFrameText(one.resolved ?? { raw: frame })}`]
      : []),
    `  ${kind} in ${version}: ${lastHour} in the last hour, ${lastDay} in the last day, ${count} in all (${often.join(', ')})`,
    style.dim(`  ${id}, last ${toTime(lastAt)}`),
  ]
}

/** The place in the source if it is known, and what the browser said. */
function toFrameText({ raw, source, line, column, name }: Frame | ErrorFrame): string {
  if (source === undefined) return raw
  return `${name === undefined ? '' : `${name} `}${source}:${line ?? '?'}:${column ?? '?'}  (${raw})`
}

const REASONS: Readonly<Record<string, string>> = {
  'no-map': 'the version has no source map for them: publish the maps of the build with it',
  'not-mapped': 'the source map does not cover them',
  'too-large': 'their source map is too large (docs/errors.md)',
  unreadable: 'their source map cannot be read',
  unavailable: 'the store did not answer: try again',
  'not-tried': 'there are too many files in the stack',
}

/** Why frames stay as they are, each reason once. */
function toReasons(stack: readonly Frame[]): string[] {
  const reasons = new Set(
    stack.flatMap(({ why }) => (why === undefined ? [] : [REASONS[why] ?? ''])),
  )
  reasons.delete('')
  return [...reasons].map((reason) => `Some frames are not those of the source: ${reason}`)
}

function toNone(version: string | undefined, { new: isNew, environment }: ErrorsOptions): string[] {
  const what = [
    isNew ? 'No new errors' : 'No errors',
    ...(version === undefined ? [] : [`of ${version}`]),
    ...(environment === undefined ? [] : [`in ${environment}`]),
    'have been reported',
  ]
  return [what.join(' '), 'Browsers report them only where reports are switched on: docs/errors.md']
}

function parseLimit(text: string): number {
  if (/^(?:[1-9]\d?|100)$/.test(text)) return Number(text)
  throw new InvalidArgumentError('1 to 100')
}
