// `holo rollout plan`: which plan fits this Holo. It simulates plans with the traffic of the last days and the
// judge of production.

import { setImmediate as letOthers } from 'node:timers/promises'
import { toDuration } from '../../core/amounts.ts'
import type { Plan } from '../../core/rollout/plan.ts'
import { BASELINE_BELOW_WEIGHT } from '../../core/rollout/state.ts'
import { parsePlan } from '../../document/parse-plan.ts'
import { type Forecast, type RolloutPlanResult, rolloutPlanOutput } from '../../wire/simulation.ts'
import { type Context, command, type SharedOptions } from '../command.ts'
import { loadConfig } from '../config.ts'
import { needDocument } from '../document.ts'
import { misuse, refused } from '../failure.ts'
import { loadPlan } from '../plan.ts'
import { type Estimate, estimate } from '../planning/estimate.ts'
import { forecast, propose } from '../planning/forecast.ts'
import { parseRate } from '../simulation/load.ts'
import { loadPoints, parsePeriod } from '../simulation/record.ts'
import { type Style, wrap } from '../terminal.ts'
import { toPercentText } from '../words.ts'

const WEEK_MS = 7 * 86_400_000

/** The presets that roll a bad release back by themselves before everybody has it. */
const JUDGING_PRESETS = ['standard', 'careful']

const PROPOSED = 'proposed'

type PlanOptions = SharedOptions & { readonly last?: number; readonly visitors?: string }

export const ROLLOUT_PLAN = command({
  name: 'rollout plan',
  about:
    'Says which plan fits the traffic: how long a healthy release takes, and how many visitors a bad one harms until it is taken back.',
  scope: 'read',
  arguments: [
    {
      name: '[plan]',
      about:
        'a preset, a name of "rollouts" in holo.json, or a file (JSON); all of them if left out',
    },
  ],
  options: [
    { flags: '--last <time>', about: 'whose traffic: 12h, 7d, up to 30d (7d)', parse: parsePeriod },
    {
      flags: '--visitors <rate>',
      about: 'so many, instead of those that were counted (500/min; /s, /h, /day)',
    },
  ],
  examples: [
    { command: 'holo rollout plan', about: 'compares the presets, and proposes one if none fits' },
    { command: 'holo rollout plan careful --visitors 10/min', about: 'before anybody comes' },
  ],
  shape: rolloutPlanOutput,
  run: async (context, [named]: [string | undefined], options: PlanOptions) => {
    const { last = WEEK_MS } = options
    const visitors = readVisitors(options.visitors)
    const plans = await loadPlans(context, named)
    const api = await context.api()
    const { name: target } = await context.target()
    const now = Date.now()
    const traffic = estimate(await loadPoints(api, now - last, now), visitors)
    if (!traffic) {
      await needDocument(api)
      throw refused('no_traffic', 'no visitors were counted in that time', {
        hint: 'say how many to expect, as in --visitors 500/min',
      })
    }
    const json = { target, ...(await compare(context, plans, traffic, named === undefined)) }
    return { json, lines: toForecastLines(json, context.style, context.columns) }
  },
})

function readVisitors(text: string | undefined): number | undefined {
  const rate = text === undefined ? undefined : parseRate(text)
  if (text === undefined || rate !== undefined) return rate
  throw misuse(`--visitors takes a rate such as 500/min, 20/s or 30000/day, not "${text}"`)
}

type Named = { readonly name: string; readonly plan: Plan }

/** The named plan; if none is named, all plans of holo.json and the presets. @throws CliFailure */
async function loadPlans(context: Context, named: string | undefined): Promise<readonly Named[]> {
  if (named !== undefined) return [await loadPlan(context, named)]
  const found = await loadConfig(context.cwd, context.shared.config)
  const own = Object.keys(found?.config.rollouts ?? {})
  const names = [...JUDGING_PRESETS.filter((name) => !own.includes(name)), ...own]
  return Promise.all(names.map((name) => loadPlan(context, name)))
}

async function compare(
  { progress, signal }: Context,
  plans: readonly Named[],
  traffic: Estimate,
  mayPropose: boolean,
) {
  let place = ''
  const pause = async () => {
    if (progress?.isTTY) progress.write(`\r\u001b[Ktries ${place} `)
    await letOthers()
    signal.throwIfAborted()
  }
  const forecasts: Forecast[] = []
  for (const { name, plan } of plans) {
    place = name
    forecasts.push(await forecast(name, plan, { traffic, pause }))
  }
  let proposed: Awaited<ReturnType<typeof propose>> | undefined
  if (mayPropose && !forecasts.some(({ fits }) => fits)) {
    place = 'others'
    proposed = await propose({ traffic, pause })
    const parsed = parsePlan(proposed)
    if (parsed.ok) forecasts.push(await forecast(PROPOSED, parsed.value, { traffic, pause }))
  }
  if (progress?.isTTY) progress.write('\r\u001b[K')
  const [best] = forecasts
    .filter(({ fits }) => fits)
    .sort((one, other) => toMedian(one) - toMedian(other))
  const { text, minutes, visitorsPerMinute, errorRate, notices } = traffic
  return {
    traffic: { text, minutes, visitorsPerMinute, errorRate },
    forecasts,
    ...(best ? { best: best.plan } : {}),
    ...(proposed ? { proposed } : {}),
    notices: [...notices],
  }
}

function toMedian({ healthy }: Forecast): number {
  return healthy.timeMs?.p50 ?? Number.POSITIVE_INFINITY
}

/** The width if the terminal does not say one. */
const DEFAULT_COLUMNS = 80

function toForecastLines(
  { traffic, forecasts, best, proposed, notices }: RolloutPlanResult,
  style: Style,
  columns = DEFAULT_COLUMNS,
): string[] {
  return [
    ...wrap(traffic.text, columns),
    ...notices.flatMap((notice) => wrap(style.yellow(notice), columns)),
    ...forecasts.flatMap((one) => [
      '',
      ...wrap(style.bold(toTitle(one)), columns),
      ...wrap(toHealthyText(one), columns, '  '),
      ...one.found.flatMap((bad) => wrap(toFoundText(bad), columns, '  ')),
    ]),
    '',
    ...wrap(toAdvice(best, proposed !== undefined), columns),
    ...(proposed === undefined
      ? []
      : JSON.stringify({ rollouts: { proposed } }, undefined, 2).split('\n')),
  ]
}

function toTitle({ plan, baseline, fits }: Forecast): string {
  const beside =
    baseline === undefined
      ? ''
      : `, compared with the baseline "${baseline}" below ${BASELINE_BELOW_WEIGHT} %`
  return `${plan}${beside}${fits ? '' : ' (does not fit)'}`
}

function toHealthyText({ healthy: { runs, promoted, takenBack, timeMs } }: Forecast): string {
  const back = takenBack > 0 ? `; ${toShare(takenBack)} of ${runs} tries are taken back` : ''
  if (!timeMs) return `a healthy release does not get to everybody within a day${back}`
  const some = promoted < 1 ? `, in ${toShare(promoted)} of ${runs} tries` : ''
  return `a healthy release gets to everybody after ${toRange(timeMs, toDuration)}${some}${back}`
}

function toFoundText({ errorRate, runs, takenBack, timeMs, harmed }: Forecast['found'][number]) {
  const release =
    errorRate === 1
      ? 'one that fails for all'
      : `one that fails for ${toPercentText(errorRate * 100)} of its visitors`
  if (!timeMs)
    return `${release} is not found; until the rollout is over or two days have passed, it harms ${toPeople(harmed)}`
  const some = takenBack < 1 ? ` in ${toShare(takenBack)} of ${runs} tries` : ''
  return `${release} is taken back${some} after ${toRange(timeMs, toDuration)}: ${toPeople(harmed)} harmed`
}

function toPeople(harmed: Forecast['found'][number]['harmed']): string {
  return `${toRange(harmed, (count) => count.toLocaleString('en-US'))} ${harmed.p90 === 1 ? 'visitor' : 'visitors'}`
}

function toRange(
  { p10, p90 }: { readonly p10: number; readonly p90: number },
  say: (value: number) => string,
): string {
  const [low, high] = [say(p10), say(p90)]
  return low === high ? low : `${low} to ${high}`
}

function toShare(share: number): string {
  return toPercentText(Math.round(share * 100))
}

function toAdvice(best: string | undefined, isProposed: boolean): string {
  if (isProposed) {
    return best === undefined
      ? 'Nothing fits: so few visitors come that a day shows too little. This plan ends the soonest. Put it into holo.json, under a name of your own:'
      : 'With so few visitors no other plan ends within a day. This one does. Put it into holo.json, under a name of your own:'
  }
  return best === undefined
    ? 'It does not fit: a plan fits where a healthy release ends within a day, and one that fails for all is taken back. "holo rollout plan" without a name looks for one'
    : `Fits best: ${best}, the shortest in which a healthy release ends within a day and one that fails for all is taken back. Next: holo rollout start VERSION --plan ${best}`
}
