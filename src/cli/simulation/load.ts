// Parses the values of both sides of a simulation (`main=1% canary=2%`, `500/min`), makes the load that
// the simulator takes from them, and adds given rates to a recorded load.

import type { Metric } from '../../core/judge/sets.ts'
import type { Load, SideModel } from '../../core/simulate/traffic.ts'
import { misuse } from '../failure.ts'

/** One value of each side. */
export type Pair = { readonly control: number; readonly canary: number }

/** The side with this name is the new version; if no side has it, the second one is. */
const CANARY = 'canary'

const PER_MINUTE: Readonly<Record<string, number>> = { s: 60, min: 1, h: 1 / 60, day: 1 / 1440 }

/** Both sides, each once. @throws CliFailure */
export function parsePair(
  option: string,
  texts: readonly string[],
  parse: (text: string) => number | undefined,
  example: string,
): Pair {
  const values = new Map<string, number>()
  for (const text of texts) {
    const [, name = '', written = ''] = /^([A-Za-z][\w-]*)=(.+)$/.exec(text) ?? []
    const value = parse(written)
    if (name === '' || value === undefined) {
      throw misuse(`${option} takes values such as ${example}, not "${text}"`)
    }
    if (values.has(name)) throw misuse(`${option} names ${name} twice`)
    values.set(name, value)
  }
  const names = [...values.keys()]
  if (names.length !== 2) {
    throw misuse(`${option} takes a value for each of two sides, such as ${example}`)
  }
  const canary = names.find((name) => name === CANARY) ?? names[1] ?? CANARY
  const control = names.find((name) => name !== canary) ?? ''
  return { control: values.get(control) ?? 0, canary: values.get(canary) ?? 0 }
}

/** Both sides of several things: `checkout main=1% canary=2% signUp main=…`. @throws CliFailure */
export function parseNamedPairs(
  option: string,
  texts: readonly string[],
  parse: (text: string) => number | undefined,
  example: string,
): Readonly<Record<string, Pair>> {
  const named = new Map<string, string[]>()
  let current: string[] | undefined
  for (const text of texts) {
    if (text.includes('=')) {
      if (!current) throw misuse(`${option} takes a name first, as in ${example}`)
      current.push(text)
      continue
    }
    if (named.has(text)) throw misuse(`${option} names ${text} twice`)
    current = []
    named.set(text, current)
  }
  return Object.fromEntries(
    [...named].map(([name, sides]) => [
      name,
      parsePair(`${option} ${name}`, sides, parse, example),
    ]),
  )
}

/** `2%` as 0.02; `undefined` if the text is not a share. */
export function parseShare(text: string): number | undefined {
  const [, percent] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text) ?? []
  return percent !== undefined && Number(percent) <= 100 ? Number(percent) / 100 : undefined
}

/** `120ms` or `1.2s` in milliseconds. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text) ?? []
  const ms = Number(number) * (unit === 's' ? 1000 : 1)
  return ms > 0 ? ms : undefined
}

/** `500/min` as visitors in a minute; also `/s`, `/h`, `/day`. */
export function parseRate(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\/(s|min|h|day)$/.exec(text) ?? []
  const rate = Number(number) * (PER_MINUTE[unit] ?? 0)
  return rate > 0 && rate <= 1e7 ? rate : undefined
}

/** The metrics that have options of their own. */
export const ERRORS = 'errors'
export const LATENCY = 'latency'

/** The standard deviation of the logarithm of times to first byte: the 99th percentile is four times the median. */
export const DEFAULT_SPREAD = 0.6

export type Supposed = {
  readonly visitorsPerMinute: number
  /** Shares of visitors who meet a failure. */
  readonly errorRate: Pair
  /** Medians of the time to first byte, in ms; `undefined` if there are no services. */
  readonly latencyMs: Pair | undefined
}

/** Shares of visitors who meet a metric without edges, by its name. */
export type Shares = Readonly<Record<string, Pair>>

export function toLoad({ visitorsPerMinute, errorRate, latencyMs }: Supposed): Load {
  return {
    visitorsPerMinute,
    metrics: {
      [ERRORS]: both(errorRate, toRate),
      ...(latencyMs
        ? { [LATENCY]: both(latencyMs, (median) => ({ median, spread: DEFAULT_SPREAD })) }
        : {}),
    },
  }
}

/** Adds the shares of other metrics to a load. */
export function addShares(load: Load, shares: Shares): Load {
  const added = Object.entries(shares).map(([name, pair]) => [name, both(pair, toRate)])
  return { ...load, metrics: { ...load.metrics, ...Object.fromEntries(added) } }
}

/** Metrics of the plan that no simulated visitor meets, because no rate was given. */
export function findUnsupposed(metrics: readonly Metric[], load: Load): readonly Metric[] {
  return metrics.filter(({ name }) => !Object.hasOwn(load.metrics, name))
}

function both({ control, canary }: Pair, to: (value: number) => SideModel) {
  return { base: to(control), canary: to(canary) }
}

function toRate(rate: number): SideModel {
  return { rate }
}
