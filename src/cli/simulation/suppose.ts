// What is supposed of the traffic, from the options of `holo simulate`: made up from rates, or recorded.

import type { Plan } from '../../core/rollout/plan.ts'
import type { Load } from '../../core/simulate/traffic.ts'
import type { Context } from '../command.ts'
import { readJson } from '../document.ts'
import { misuse } from '../failure.ts'
import { toPercentText } from '../words.ts'
import { findUnsupposed, toLoad } from './load.ts'
import { readRecord } from './record.ts'
import type { Simulated } from './shape.ts'
import { type Pair, parseDuration, parsePair, parseRate, parseShare } from './sides.ts'

export type SupposedOptions = {
  readonly errorRate?: readonly string[]
  readonly visitors?: string
  readonly latency?: readonly string[]
  readonly record?: string
  readonly worse?: number
}

export type Supposed = {
  readonly loadAt: (window: number) => Load
  readonly told: Simulated['supposed']
  readonly notices: readonly string[]
}

const DEFAULT_ERROR_RATE: Pair = { control: 0.01, canary: 0.01 }
const DEFAULT_VISITORS_PER_MINUTE = 500

/** @throws CliFailure */
export async function suppose(
  context: Pick<Context, 'cwd' | 'streams'>,
  plan: Plan,
  options: SupposedOptions,
): Promise<Supposed> {
  const { record, worse } = options
  if (record === undefined) {
    if (worse !== undefined) throw misuse('--worse goes with --record: say --error-rate instead')
    return supposeRates(plan, options)
  }
  if (options.errorRate ?? options.visitors ?? options.latency) {
    throw misuse('--record has its own rates: --worse changes those of the new version')
  }
  const recorded = readRecord(await readJson(context, record), record, worse ?? 1)
  return {
    loadAt: recorded.loadAt,
    told: { text: recorded.text, record },
    notices: [...recorded.notices, ...toMissing(plan, recorded.loadAt(0))],
  }
}

/** @throws CliFailure */
function supposeRates(plan: Plan, options: SupposedOptions): Supposed {
  const { visitors, errorRate: rates, latency } = options
  const errorRate = rates
    ? parsePair('--error-rate', rates, parseShare, 'main=1% canary=2%')
    : DEFAULT_ERROR_RATE
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
    notices: toMissing(plan, load),
  }
}

function toMissing({ metrics }: Plan, load: Load): string[] {
  return findUnsupposed(metrics, load)
    .filter(({ required }) => required)
    .map(({ name }) => `nothing is supposed of "${name}", which the plan waits for`)
}

function toShareText(share: number): string {
  return toPercentText(share * 100)
}
