// `holo rollout plan`: which plan fits this Holo, by the traffic of the last days and the engine that
// judges in production.

import { setImmediate as letOthers } from 'node:timers/promises'
import type { Plan } from '../../core/rollout/plan.ts'
import { parsePlan } from '../../document/parse-plan.ts'
import { type Forecast, rolloutPlanOutput } from '../../wire/forecast.ts'
import { type Context, command, type SharedOptions } from '../command.ts'
import { loadConfig } from '../config.ts'
import { needDocument } from '../document.ts'
import { misuse, refused } from '../failure.ts'
import { loadPlan } from '../plan.ts'
import { type Estimate, estimate } from '../planning/estimate.ts'
import { forecast } from '../planning/forecast.ts'
import { toForecastLines } from '../planning/lines.ts'
import { propose } from '../planning/propose.ts'
import { loadPoints, parsePeriod } from '../simulation/points.ts'
import { parseRate } from '../simulation/sides.ts'

const WEEK_MS = 7 * 86_400_000

/** The presets that judge by themselves before everybody has the new version. */
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

/** The one that is named; else all of holo.json, and the presets. @throws CliFailure */
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
