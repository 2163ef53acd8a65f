// Checks: values that others measure, such as the errors that Sentry counted, and metrics of Holo that no visitor
// meets. Reads a value out of a document and says whether it is good, and what that means for a rollout: nothing
// goes on without a fresh pass, and failures in a row take the release back. An error or an absent value is
// never a pass.

import type { PairMetricName } from '../counting/metrics.ts'
import { DEFAULT_MIN_COPIES, type DifferenceBound } from '../shadow/differences.ts'

/**
 * One value that has to be good: `path` in the document of a webhook, by exactly one of `is`, `below` and `atMost`;
 * or a metric of Holo, by `atMost`.
 */
export type Check = {
  readonly name: string
  /** The name of the webhook of the form `pull` that is asked. */
  readonly webhook?: string | undefined
  /** Names and places, joined by dots: `data.0.count`. */
  readonly path?: string | undefined
  readonly is?: boolean | undefined
  readonly below?: number | undefined
  /**
   * Counts per version: so many times as many as the base, by share of the visitors, are good. Of a metric: the
   * share of copies that may differ.
   */
  readonly atMost?: number | undefined
  readonly basePath?: string | undefined
  readonly metric?: PairMetricName | undefined
  /** Of a metric: fewer compared copies say nothing. */
  readonly minCopies?: number | undefined
  /** So many failures in a row take the release back; `null`: none do. */
  readonly failures: number | null
}

/** What a check asks of the differences of a shadow; `undefined` if it asks a webhook. */
export function toDifferenceBound(check: Check): DifferenceBound | undefined {
  const { metric, atMost = 0, minCopies = DEFAULT_MIN_COPIES } = check
  return metric === undefined ? undefined : { atMost, minCopies }
}

/** What a value says: `unknown` if there is none. */
export type Measurement = { readonly outcome: 'pass' | 'fail' | 'unknown'; readonly text: string }

/** The last value of a check. Plain JSON. */
export type Checked = Measurement & { readonly at: number; readonly failures: number }

/** A pass that is older does not count any more. */
const FRESH_MS = 120_000

/** Fewer of the canary say nothing about a ratio. */
const LEAST_COUNT = 10

const unknown = (text: string): Measurement => ({ outcome: 'unknown', text })

/** @param weight the canary's share of the visitors of both sides, in percent. */
export function readCheck(check: Check, document: unknown, weight: number): Measurement {
  const { path = '', is, below, atMost, basePath } = check
  const value = findValue(document, path)
  if (is !== undefined) {
    if (typeof value !== 'boolean') return unknown(`there is no yes or no at "${path}"`)
    return { outcome: value === is ? 'pass' : 'fail', text: `"${path}" is ${value}` }
  }
  const count = toCount(value)
  if (count === undefined) return unknown(`there is no number at "${path}"`)
  if (below !== undefined) {
    const text = `"${path}" is ${count}, and has to be below ${below}`
    return { outcome: count < below ? 'pass' : 'fail', text }
  }
  const base = basePath === undefined ? undefined : toCount(findValue(document, basePath))
  // Some sources write -1 where they have no count.
  if (count < 0) return unknown(`the number at "${path}" is no count: ${count}`)
  if (base === undefined) return unknown(`there is no number at "${basePath}"`)
  if (base < 0) return unknown(`the number at "${basePath}" is no count: ${base}`)
  if (!(weight > 0 && weight < 100)) return unknown('one of the two versions has no visitors')
  const allowed = ((atMost ?? 1) * base * weight) / (100 - weight)
  const isBad = count >= LEAST_COUNT && count > allowed
  const text = `${count} of the new version and ${base} of the old one, at ${weight} % of the visitors`
  return { outcome: isBad ? 'fail' : 'pass', text }
}

/** The value at a path; inherited names do not count. */
export function findValue(document: unknown, path: string): unknown {
  let value = document
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}

/** Prometheus writes numbers as text. */
function toCount(value: unknown): number | undefined {
  const isText = typeof value === 'string' && /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value)
  const number = isText ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** What of a state concerns checks. */
type Checking = {
  readonly plan: { readonly checks?: readonly Check[] | undefined }
  readonly checks?: Readonly<Record<string, Checked>> | undefined
  readonly lastNowMs: number | null
}

const checkedOf = ({ checks = {} }: Checking, name: string): Checked | undefined =>
  Object.hasOwn(checks, name) ? checks[name] : undefined

/** The values after one more measurement; `undefined` if the plan has no such check. */
export function addMeasurement(
  state: Checking,
  { name, outcome, text, now }: Measurement & { readonly name: string; readonly now: number },
): Readonly<Record<string, Checked>> | undefined {
  if (!state.plan.checks?.some((check) => check.name === name)) return undefined
  const before = checkedOf(state, name)?.failures ?? 0
  // What cannot be measured neither is a failure nor ends a row of them.
  const failures = outcome === 'fail' ? before + 1 : outcome === 'pass' ? 0 : before
  return { ...state.checks, [name]: { outcome, text, at: now, failures } }
}

/** In words, which check has not passed lately; `undefined` if all have. */
export function findUnpassed(state: Checking): string | undefined {
  const now = state.lastNowMs ?? 0
  for (const { name } of state.plan.checks ?? []) {
    const checked = checkedOf(state, name)
    const age = checked ? now - checked.at : 0
    if (!checked) return `the check "${name}" has not been made yet`
    if (checked.outcome !== 'pass') return `the check "${name}" has not passed: ${checked.text}`
    if (age < 0 || age > FRESH_MS) return `the check "${name}" has not been made for a while`
  }
  return undefined
}

/** In words, which check has failed so often that the release is taken back. */
export function findFailed(state: Checking): string | undefined {
  for (const { name, failures } of state.plan.checks ?? []) {
    const checked = checkedOf(state, name)
    if (failures === null || !checked || checked.failures < failures) continue
    const often = checked.failures === 1 ? '' : ` ${checked.failures} times in a row`
    return `the check "${name}" has failed${often}: ${checked.text}`
  }
  return undefined
}
