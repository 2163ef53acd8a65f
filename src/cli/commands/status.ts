// `holo status`: which versions visitors get now, and the state of the control and of services.

import type { z } from 'zod'
import { environmentsAsRead } from '../../wire/environments.ts'
import { healthAsRead, servicesHealthAsRead } from '../../wire/health.ts'
import { revisionsAsRead } from '../../wire/history.ts'
import { statusOutput } from '../../wire/output.ts'
import type { Api } from '../api.ts'
import { type Context, command, type SharedOptions } from '../command.ts'
import { loadFigures, toFigureLines } from '../figures.ts'
import { toTable } from '../table.ts'
import { WATCH_OPTIONS, type WatchOptions, watchOutcome } from '../watch.ts'
import { toCount, toTime } from '../words.ts'
import { toEnvironmentLines } from './env.ts'
import { toFreezeLines } from './freeze.ts'
import { toClosedLines } from './windows.ts'

type Status = z.infer<typeof statusOutput>

export const STATUS = command({
  name: 'status',
  about: 'Shows environments, versions, shares of the visitors, and the last change.',
  scope: 'read',
  options: WATCH_OPTIONS,
  examples: [
    { command: 'holo status', about: 'once' },
    { command: 'holo status --watch', about: 'during a release' },
  ],
  shape: statusOutput,
  run: async (context, _: [], options: SharedOptions & WatchOptions) => {
    const api = await context.api()
    return watchOutcome(context, options, {
      load: () => loadStatus(context, api),
      toLines: (json) => toLines(context, json),
    })
  },
})

async function loadStatus(context: Context, api: Api): Promise<Status> {
  const [{ environments, revision }, { control }, { services }, { revisions }, figures, target] =
    await Promise.all([
      api.ask(environmentsAsRead, 'GET', '/environments'),
      api.ask(healthAsRead, 'GET', '/health'),
      api.ask(servicesHealthAsRead, 'GET', '/health/services'),
      api.ask(revisionsAsRead, 'GET', '/revisions', { query: { limit: '1' } }),
      loadFigures(api),
      context.target(),
    ])
  const [last] = revisions
  return {
    target: target.name,
    url: target.url.origin,
    revision,
    published: control?.published ?? 0,
    ...(control?.publishError === undefined ? {} : { publishError: control.publishError }),
    ...(control?.externalProblem === undefined ? {} : { externalProblem: control.externalProblem }),
    ...(control?.freeze === undefined ? {} : { freeze: control.freeze }),
    ...(control?.windows === undefined ? {} : { windows: control.windows }),
    fill: (control?.fill ?? []).map((one) => ({
      ...one,
      percent: Math.floor((one.used * 100) / one.limit),
    })),
    ...(control?.lost?.files ? { lost: control.lost } : {}),
    environments,
    figures,
    services: services.filter(({ origins }) => origins.length > 0),
    ...(last ? { last: last } : {}),
  }
}

function toLines(context: Context, status: Status): string[] {
  const { style, columns } = context
  const { target, url, revision, published, publishError, externalProblem, last } = status
  const isBehind = published < revision
  return [
    `${style.bold(target)}${target === new URL(url).host ? '' : `  ${url}`}  revision ${revision}, ${isBehind ? style.yellow(`KV has ${published}`) : 'in KV'}`,
    ...(last
      ? [
          style.dim(
            `${toTime(last.at)}  ${last.actor}: ${last.action}${last.reason ? ` (${last.reason})` : ''}`,
          ),
        ]
      : []),
    ...(publishError ? [style.red(`the revision cannot be written to KV: ${publishError}`)] : []),
    ...(externalProblem
      ? [style.red(`a document that was written to KV by hand is not valid: ${externalProblem}`)]
      : []),
    ...toFreezeLines(status.freeze).map(style.yellow),
    ...toClosedLines(status.windows).map(style.yellow),
    ...toFillLines(context, status.fill),
    ...toLostLines(context, status.lost),
    '',
    ...toEnvironmentLines(status.environments, columns),
    ...toFigureLines(status.figures, columns),
    ...toServiceLines(context, status.services),
  ]
}

/** From how many percent on a warning is shown, and from how many it is red. */
const SHOWN_PERCENT = 50
const LOUD_PERCENT = 75

const ADVICE: Readonly<Record<string, readonly [what: string, advice: string]>> = {
  versions: [
    'the versions of the document',
    'lower RETAIN_VERSIONS or RETAIN_DAYS, or give versions fewer services and origins',
  ],
  settings: ['environments and rules', 'remove environments, hosts or rules that nobody needs'],
  traffic: ['the bucket ranges of the traffic', 'use percentages instead, with "holo import"'],
  history: ['the history', 'start a new one in time: docs/operations.md, "A full history"'],
  revisions: ['the revision numbers', 'somebody has written a very high number to KV by hand'],
}

function toFillLines({ style }: Context, fill: Status['fill']): string[] {
  return fill
    .filter(({ percent }) => percent >= SHOWN_PERCENT)
    .map(({ part, percent }) => {
      const [what = part, advice = 'see docs/storage.md'] = ADVICE[part] ?? []
      const line = `${what}: ${percent} % full; ${advice}`
      return percent >= LOUD_PERCENT ? style.red(line) : style.yellow(line)
    })
}

function toLostLines({ style }: Context, lost: Status['lost']): string[] {
  if (!lost) return []
  const found = `${toCount(lost.files, 'file')} in the store lost or damaged (${lost.versions.join(', ')})`
  return [style.red(`${found}: "holo verify --files" names them; publish the same folder again`)]
}

function toServiceLines({ style, columns }: Context, services: Status['services']): string[] {
  if (services.length === 0) return []
  const paint = (state: string) =>
    state === 'Down' ? style.red(state) : state === 'Degraded' ? style.yellow(state) : state
  const rows = services.map(({ environment, prefix, state, since, why }) => [
    `${environment} ${prefix}`,
    paint(state),
    since === undefined ? '' : toTime(since),
    why,
  ])
  return ['', ...toTable(['service', 'health', 'since', 'why'], rows, columns)]
}
