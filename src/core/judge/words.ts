// What the judge says, in sentences for a developer who has never heard of an E-value. The numbers
// that decide stand beside the sentences, in the verdict.

import type { MetricRow } from '../counting/metrics.ts'
import { OTHER_VALUE, readSegmentName, type SegmentKind } from '../counting/segments.ts'
import type { RatioRange } from './ratio.ts'
import { type Margin, OTHER_ROUTES, type Pair } from './sets.ts'

/** What was counted in one set, as a sentence needs it. */
export type SetWords = {
  readonly row: MetricRow
  readonly route: string
  /** In the row's unit; `null` without edges. */
  readonly edge: number | null
  /** Visitors who met it, and visitors there were. */
  readonly met: Pair
  readonly seen: Pair
  readonly codes: Readonly<Record<string, number>>
}

/**
 * `8 of 8 visitors of the new version got 503 from POST /api/checkout, none of 190 of the old one`.
 */
export function toSetText({ row, route, edge, met, seen, codes }: SetWords): string {
  const [base, canary] = met
  const [baseSeen, canarySeen] = seen
  const what = toWhat(row, edge, codes)
  const where = toWhere(row, route)
  return (
    `${toOf(canary, canarySeen)} of the new version ${what}${where}, ` +
    `${toOthers(base, baseSeen)} of the old one`
  )
}

const KINDS: Readonly<Record<SegmentKind, string>> = {
  browser: 'browsers',
  device: 'devices',
  country: 'countries',
}

/**
 * What a sentence says is of the visitors of one segment: `with Safari, 9 of 9 visitors …; other
 * browsers show nothing odd`.
 *
 * @param others segments of the same kind that look worse, too.
 */
export function toSegmentText(name: string, text: string, others: readonly string[]): string {
  const rest =
    others.length === 0
      ? `other ${KINDS[readSegmentName(name).kind]} show nothing odd`
      : `it looks worse ${others.map(toSegmentWords).join(' and ')} as well`
  return `${toSegmentWords(name)}, ${text}; ${rest}`
}

/** `with Safari`, `on phones`, `from country DE`. */
export function toSegmentWords(name: string): string {
  const { kind, value } = readSegmentName(name)
  const isOther = value === OTHER_VALUE
  switch (kind) {
    case 'browser':
      return isOther ? 'with other browsers' : `with ${value}`
    case 'device':
      return isOther ? 'on computers and tablets' : `on ${value}s`
    case 'country':
      return isOther ? 'from other countries' : `from country ${value}`
  }
}

/** `at least 1.4 times as many visitors of the new version met a failure as of the old one`. */
export function toRatioText({ row, route, edge, codes }: SetWords, ratio: RatioRange): string {
  const what = `${toWhat(row, edge, codes)}${toWhere(row, route)}`
  return `${toRangeText(ratio)} as many visitors of the new version ${what} as of the old one`
}

/** What has to be shown: `at most 1.5 times as many visitors met a failure`. */
export function toMarginText(row: MetricRow, { ratio, edge, floor }: Margin): string {
  const what = toWhat(row, edge, {})
  if (row.bad === 'fewer') {
    return `at most ${toShort(ratio)} times fewer visitors of the new version ${what}`
  }
  const or = floor === null ? '' : `, or fewer than ${toShort(floor * 1000)} in 1,000`
  return `at most ${toShort(ratio)} times as many visitors of the new version ${what}${or}`
}

function toWhat(
  row: MetricRow,
  edge: number | null,
  codes: Readonly<Record<string, number>>,
): string {
  if (edge !== null) return `${row.who} than ${edge} ${row.unit}`
  const [most] = Object.entries(codes).sort((one, other) => other[1] - one[1])
  if (row.name !== 'errors' || !most) return row.who
  return toFailureText(most[0])
}

/** A failure's code in words. */
function toFailureText(code: string): string {
  if (/^\d{3}$/.test(code)) return `got ${code}`
  switch (code) {
    case 'named_404':
      return "got 404 for a file of the version's own"
    case 'origin_timeout':
      return 'got no answer in time'
    case 'origin_unreachable':
      return 'could not be answered, because the backend could not be reached'
    case 'origin_bad_response':
      return 'could not be answered, because the reply of the backend was not valid HTTP'
    case 'origin_unknown':
      return 'could not be answered, because the Worker of the backend is not bound'
    default:
      return `met a failure (${code})`
  }
}

function toWhere({ byRoute }: MetricRow, route: string): string {
  if (!byRoute || route === '') return ''
  return route === OTHER_ROUTES ? ' on other routes' : ` from ${route}`
}

/** `8 of 8 visitors`; more than there were cannot be. */
function toOf(met: number, seen: number): string {
  const all = Math.max(met, seen)
  if (all === 0) return 'no visitor'
  return `${met === 0 ? 'none' : toNumber(met)} of ${toVisitors(all)}`
}

function toOthers(met: number, seen: number): string {
  const all = Math.max(met, seen)
  return all === 0 ? 'and none' : `${met === 0 ? 'none' : toNumber(met)} of ${toNumber(all)}`
}

/** `1 visitor`, `1,900 visitors`. */
export function toVisitors(count: number): string {
  return `${toNumber(count)} ${count === 1 ? 'visitor' : 'visitors'}`
}

/** 1234567 as `1,234,567`. */
export function toNumber(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

const LARGEST_ODDS = 1_000_000

/**
 * How likely so much evidence is by chance alone, from ln E: `less than 1 in 10,000`. It is rounded
 * to the safe side.
 */
export function toChanceText(log: number): string {
  const odds = Math.min(10 ** Math.floor(log / Math.LN10 + 1e-9), LARGEST_ODDS)
  const exact = Math.floor(Math.exp(Math.min(log, 30)) * (1 + 1e-9))
  const rounded = odds >= 1000 ? odds : exact < 100 ? exact : Math.floor(exact / 10) * 10
  return rounded < 2 ? 'well possible' : `less than 1 in ${toNumber(rounded)}`
}

/** `at least 1.4 times`, `between 1 and 4.5 times`. */
export function toRangeText({ low, high }: RatioRange): string {
  const [least, most] = [toShort(low, 2), high === null ? '' : toShort(high, 2)]
  if (high === null) return `at least ${least} times`
  return low === 0 ? `at most ${most} times` : `between ${least} and ${most} times`
}

/**
 * Puts the versions' names into a sentence of the judge or of the machine, which know them as the new
 * and the old one.
 */
export function nameVersions(text: string, version: string, baseVersion: string): string {
  return text
    .replaceAll('the new version', version)
    .replaceAll('the old version', baseVersion)
    .replaceAll('the old one', baseVersion)
}

/** A number of three digits, or another few, for people. */
export function toShort(number: number, digits = 3): string {
  return String(Number(number.toPrecision(digits)))
}
