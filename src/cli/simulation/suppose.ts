// The traffic of a simulation, from the options of `holo simulate`: made up from rates, or recorded.

import { findMetric } from '../../core/counting/metrics.ts'
import type { Plan } from '../../core/rollout/plan.ts'
import type { Load } from '../../core/simulate/traffic.ts'
import type { SimulateResult } from '../../wire/simulation.ts'
import type { Context } from '../command.ts'
import { readJson } from '../document.ts'
import { misuse } from '../failure.ts'
import { toSuggestion } from '../suggest.ts'
import { toPercentText } from '../words.ts'
import {
  addShares,
  ERRORS,
  findUnsupposed,
  LATENCY,
  type Pair,
  parseDuration,
  parseNamedPairs,
  parsePair,
  parseRate,
  parseShare,
  type Shares,
  toLoad,
} from './load.ts'
import { readRecord } from './record.ts'

export type SupposedOptions = {
  readonly errorRate?: readonly string[]
  readonly visitors?: string
  readonly latency?: readonly string[]
  readonly metric?: readonly string[]
  readonly record?: string
  readonly worse?: number
}

export type Supposed = {
  readonly loadAt: (window: number) => Load
  readonly told: SimulateResult['supposed']
  readonly notices: readonly string[]
}

const DEFAULT_ERROR_RATE: Pair = { control: 0.01, canary: 0.01 }
const DEFAULT_VISITORS_PER_MINUTE = 500

const RATES = 'main=1% canary=2%'

/** @throws CliFailure */
export async function suppose(
  context: Pick<Context, 'cwd' | 'streams'>,
  plan: Plan,
  options: SupposedOptions,
): Promise<Supposed> {
  const shares = readShares(plan, options.metric)
  const { loadAt, told, notices } = await supposeTraffic(context, options)
  const sentences = Object.entries(shares).map(([name, { control, canary }]) => {
    const [old, next] = [toShareText(control), toShareText(canary)]
    const who = findMetric(name)?.who ?? `met "${name}"`
    return `${old} of the old version's visitors and ${next} of the new one's ${who}`
  })
  const metrics = sentences.length > 0 ? { metrics: shares } : {}
  return {
    loadAt: (window) => addShares(loadAt(window), shares),
    told: { ...told, text: [told.text, ...sentences].join(', '), ...metrics },
    notices: [...notices, ...toMissing(plan, addShares(loadAt(0), shares))],
  }
}

/** @throws CliFailure for a metric that the plan does not judge, or that is not a share of visitors. */
function readShares({ metrics }: Plan, texts: readonly string[] = []): Shares {
  const shares = parseNamedPairs('--metric', texts, parseShare, `notFound ${RATES}`)
  for (const name of Object.keys(shares)) {
    const metric = metrics.find((one) => one.name === name)
    if (name === ERRORS) throw misuse(`say --error-rate ${RATES} instead of --metric ${name}`)
    if (name === LATENCY) throw misuse(`say --latency instead of --metric ${name}`)
    if (!metric) {
      const names = metrics.map((one) => one.name)
      const suggestion = toSuggestion(name, names)
      throw misuse(`the plan does not judge "${name}"${suggestion}; it judges ${names.join(', ')}`)
    }
    if (findMetric(name)?.edges) {
      throw misuse(`"${name}" is measured, and --metric takes the shares of visitors who met it`)
    }
  }
  return shares
}

async function supposeTraffic(
  context: Pick<Context, 'cwd' | 'streams'>,
  options: SupposedOptions,
): Promise<Supposed> {
  const { record, worse } = options
  if (record === undefined) {
    if (worse !== undefined) throw misuse('--worse goes with --record: say --error-rate instead')
    return supposeRates(options)
  }
  if (options.errorRate ?? options.visitors ?? options.latency) {
    throw misuse('--record has its own rates: --worse changes those of the new version')
  }
  const { loadAt, text, notices } = readRecord(await readJson(context, record), record, worse ?? 1)
  return { loadAt, told: { text, record }, notices }
}

/** @throws CliFailure */
function supposeRates({ visitors, errorRate: rates, latency }: SupposedOptions): Supposed {
  const errorRate = rates ? parsePair('--error-rate', rates, parseShare, RATES) : DEFAULT_ERROR_RATE
  const latencyMs = latency
    ? parsePair('--latency', latency, parseDuration, 'main=120ms canary=150ms')
    : undefined
  const visitorsPerMinute =
    visitors === undefined ? DEFAULT_VISITORS_PER_MINUTE : parseRate(visitors)
  if (visitorsPerMinute === undefined) {
    throw misuse(`--visitors takes a rate such as 500/min, 20/s or 30000/day, not "${visitors}"`)
  }
  const load = toLoad({ visitorsPerMinute, errorRate, latencyMs })
  const text = [
    `${Number(visitorsPerMinute.toFixed(2))} new visitors a minute`,
    `of whom ${toShareText(errorRate.control)} meet a failure of the old version and ${toShareText(errorRate.canary)} one of the new`,
    ...(latencyMs
      ? [`first bytes after ${latencyMs.control} ms and ${latencyMs.canary} ms (medians)`]
      : []),
  ].join(', ')
  return {
    loadAt: () => load,
    told: { text, visitorsPerMinute, errorRate, ...(latencyMs ? { latencyMs } : {}) },
    notices: [],
  }
}

/** If no visitor meets a metric, evidence for its margin is possible only if the margin has a floor. */
function toMissing({ metrics }: Plan, load: Load): string[] {
  return findUnsupposed(metrics, load)
    .filter(({ margin }) => margin !== null && margin.floor === null)
    .map(
      ({ name }) =>
        `no rates are given for "${name}", so there can never be evidence about its margin`,
    )
}

function toShareText(share: number): string {
  return toPercentText(share * 100)
}
