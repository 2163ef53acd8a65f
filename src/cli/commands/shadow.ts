// `holo shadow report`: what the shadows of environments were found to differ in.

import { InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { shadowAsRead, shadowOutput } from '../../wire/shadow.ts'
import { type Context, command, type SharedOptions } from '../command.ts'
import { toEnvironmentName } from '../options.ts'
import { toCount, toTime } from '../words.ts'

type Pair = z.output<typeof shadowAsRead>['shadows'][number]
type Route = Pair['routes'][number]
type Difference = Route['differences'][number]

type ReportOptions = SharedOptions & { readonly limit?: number; readonly noise?: boolean }

export const SHADOW_REPORT = command({
  name: 'shadow report',
  about: 'Shows what the answers of a shadow differ in, by route, kind and place.',
  scope: 'read',
  arguments: [
    { name: '[environment]', about: 'whose requests are copied; all shadows if left out' },
  ],
  options: [
    {
      flags: '--limit <n>',
      about: 'routes of each pair of versions: 1 to 60 (20)',
      parse: parseLimit,
    },
    { flags: '--noise', about: 'also what the base differs from itself as often' },
  ],
  examples: [
    { command: 'holo shadow report', about: 'every shadow, the newest first' },
    {
      command: 'holo shadow report main --noise',
      about: "that of main, with the base's own noise",
    },
  ],
  shape: shadowOutput,
  run: async (context, [named]: [string | undefined], { limit, noise = false }: ReportOptions) => {
    const environment = named === undefined ? undefined : toEnvironmentName(named)
    const query = { environment, limit: limit === undefined ? undefined : String(limit) }
    const api = await context.api()
    const json = await api.ask(shadowAsRead, 'GET', '/shadow', { query })
    if (json.shadows.length === 0) {
      const where = environment === undefined ? '' : ` of ${environment}`
      const lines = [
        `Nothing is known of a shadow${where}`,
        'One begins when the document says so, and tells within a minute: docs/shadow.md',
      ]
      return { json, lines }
    }
    const lines = json.shadows.flatMap((pair, i) => [
      ...(i > 0 ? [''] : []),
      ...toLines(context, pair, noise),
    ])
    return { json, lines }
  },
})

function toLines({ style }: Context, pair: Pair, withNoise: boolean): string[] {
  const { from, base, to, shadow, since, lastAt, skipped, baselines, noisy, lost } = pair
  return [
    style.bold(`${from} (${base}) → ${to} (${shadow})`),
    `  ${toSum(pair)}`,
    `  the base differs from itself in ${noisy} of ${baselines}`,
    ...(skipped > 0 ? [`  ${toCount(skipped, 'copy', 'copies')} not sent for lack of budget`] : []),
    ...(lost > 0 ? [`  ${toCount(lost, 'difference')} not kept, because there were too many`] : []),
    style.dim(`  ${toTime(since)} to ${toTime(lastAt)}`),
    ...pair.routes.flatMap((route) => {
      const shown = route.differences.filter(({ isNoise }) => withNoise || !isNoise)
      return shown.length === 0
        ? []
        : ['', `  ${route.route}: ${toSum(route)}`, ...shown.flatMap(toDifferenceLines)]
    }),
  ]
}

function toSum({ copied, compared, rate, baseMs, shadowMs }: Pair | Route): string {
  const times = baseMs === null || shadowMs === null ? '' : `; ${baseMs} ms, shadow ${shadowMs} ms`
  return `${toCount(copied, 'copy', 'copies')}, ${toPercent(rate)} of ${compared} compared differ${times}`
}

function toDifferenceLines({ kind, place, count, rate, isNoise, examples }: Difference): string[] {
  const [example] = examples.slice(-1)
  const often = isNoise ? `${count} times, as often as the base from itself` : toPercent(rate)
  return [
    `    ${kind}${place === '' ? '' : ` ${place}`}: ${often}`,
    ...(example ? [`      ${example.base} → ${example.shadow}  (request ${example.request})`] : []),
  ]
}

function toPercent(rate: number): string {
  return `${Number((rate * 100).toFixed(rate < 0.01 ? 2 : 1))} %`
}

function parseLimit(text: string): number {
  if (/^(?:[1-9]|[1-5]\d|60)$/.test(text)) return Number(text)
  throw new InvalidArgumentError('1 to 60')
}
