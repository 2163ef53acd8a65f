// What an isolate reports of judged visitors while somebody compares environments: who was there, and
// what they met, each outcome once. The control says of whom, and by which key ids are hashed.

import type { Collected, CollectedEnvironment } from '../core/counting/batch.ts'
import { type Mark, toMarks } from '../core/counting/marks.ts'
import { countEdgesBelow, findMetric, type MetricRow } from '../core/counting/metrics.ts'
import {
  type ClientHashes,
  CONNECTION_LEVEL,
  toClientHashes,
  toVisitorHash,
} from '../core/counting/outcomes.ts'
import { FILES_ROUTE, toRoute } from '../core/counting/routes.ts'
import { isExperimentPlace } from '../core/experiments/limits.ts'
import { getOwn } from '../core/own.ts'
import type { Met } from './met.ts'
import type { CountedRequest } from './observed.ts'
import type { Page } from './page.ts'
import type { Pages } from './pages.ts'
import { readSegmentValues } from './segments.ts'
import { Told } from './told.ts'

/** About 2 MB of an isolate's 128. */
export const MAX_HASHED_ADDRESSES = 10_000

/** Of whom is reported, and the visitor's hash. */
export type Reported = {
  readonly collected: CollectedEnvironment
  readonly visitor: number
  /** The environment that is asked what it does with the same request; `undefined` for none. */
  readonly other: string | undefined
}

export class Reports {
  /** What there was no room for, since the isolate started. */
  readonly losses = { visitors: 0, outcomes: 0 }
  /** Whether something bad is in the pages that should not wait: see `URGENT_FLUSH_MS`. */
  isUrgent = false
  /** The environments that stand for flags whose variants are compared: see `toExperimentPlace`. */
  flagPlaces: readonly string[] = []
  readonly #pages: Pages
  readonly #told = new Told()
  /** By key and address. */
  readonly #clients = new Map<string, ClientHashes>()
  #collected: Collected | undefined

  constructor(pages: Pages) {
    this.#pages = pages
  }

  /** From now on this is reported; nothing if it is `undefined`. */
  collect(collected: Collected | undefined, now: number): void {
    const next = collected && Object.keys(collected).length > 0 ? collected : undefined
    // Another key makes other hashes, and belongs to another comparison.
    if (toKeys(next) !== toKeys(this.#collected)) {
      this.forget(now)
      this.#clients.clear()
    }
    this.#collected = next
    this.flagPlaces = Object.keys(next ?? {}).filter(isExperimentPlace)
  }

  /** What was told may not have arrived, and is told again when it is met again. */
  forget(now: number): void {
    this.#told.forget(now)
  }

  /** `undefined` if nothing is collected of the environment that was chosen. */
  find({ decision, facts }: CountedRequest): Reported | undefined {
    const found = this.#collected && getOwn(this.#collected, decision.environment)
    const isAllowed = found?.allowedTo === undefined || found.allowedTo === decision.version.id
    const collected = found && (isAllowed ? found : { ...found, allowance: {} })
    return (
      collected && {
        collected,
        visitor: toVisitorHash(collected.key, facts.bucketId ?? facts.visitor),
        other: collected.other,
      }
    )
  }

  /** Adds a visitor who is there. */
  mark(
    page: Page,
    { request }: CountedRequest,
    { collected: { key, bound, segments }, visitor }: Reported,
    mark: Omit<Mark, 'client'>,
  ): void {
    if (visitor >= bound) return
    const { client, operator, network } = this.#toClient(key, request)
    const toValues = segments ? () => readSegmentValues(request) : undefined
    const marks = toMarks({ ...mark, client, operator })
    const hasRoom = this.#pages.mark(page, visitor, marks, network, toValues)
    if (!hasRoom) this.losses.visitors += 1
  }

  /** Whether `tell` would add something of a metric that is compared with the other version. */
  isComparedNews(
    page: Page,
    asked: CountedRequest,
    reported: Reported,
    met: Met,
    now: number,
  ): boolean {
    if (!findMetric(met.metric)?.isCompared) return false
    return this.#findNews(page, asked, reported, met, false, now) !== undefined
  }

  /**
   * Adds what a visitor met, if it is collected and was not told before.
   *
   * @param isFile whether a file of the version was asked for, and no service.
   */
  tell(
    page: Page,
    asked: CountedRequest,
    reported: Reported,
    met: Met,
    isFile: boolean,
    now: number,
  ): void {
    const news = this.#findNews(page, asked, reported, met, isFile, now)
    if (!news) return
    const { row, route, kind, levels } = news
    const { collected, visitor } = reported
    const { metric, code, isConnection } = met
    const outcome = {
      ...this.#toClient(collected.key, asked.request),
      metric,
      route,
      visitor,
      level: isConnection ? CONNECTION_LEVEL : levels,
      ...(code === undefined ? {} : { code }),
      ...(collected.segments && row.bySegment ? { values: readSegmentValues(asked.request) } : {}),
    }
    if (!this.#pages.tell(page, outcome)) {
      this.losses.outcomes += 1
      return
    }
    this.#told.add(kind, visitor, levels, now)
    if (row.bad === 'more' && row.edges === null) this.isUrgent = true
  }

  /** What of it is collected of the visitor and was not told before. */
  #findNews(
    page: Page,
    { facts, assignments }: CountedRequest,
    reported: Reported,
    { metric, measured, isConnection }: Met,
    isFile: boolean,
    now: number,
  ): News | undefined {
    const row = isReported(reported, metric) ? findMetric(metric) : undefined
    if (!row) return undefined
    const { collected, visitor } = reported
    const levels = measured === undefined ? 1 : toLevel(row, collected, measured)
    if (!isReported(reported, metric, levels)) return undefined
    const route = !row.byRoute
      ? ''
      : isFile
        ? FILES_ROUTE
        : toRoute(facts.method, facts.path, assignments.measure.routes)
    // The control needs it anew when other weights decide.
    const kind = `${page.environment} ${page.version} ${page.revision} ${metric}${isConnection ? '!' : ''} ${route}`
    const known = this.#told.level(kind, visitor, now)
    return isReported(reported, metric, levels, known) ? { row, route, kind, levels } : undefined
  }

  /** The client that a request comes from, as one number; 0 for a private address. */
  toSite(request: Request, { collected }: Reported): number {
    return this.#toClient(collected.key, request).site
  }

  /**
   * Parsing an address takes longer than everything else here, and a visitor keeps its address for
   * a while.
   */
  #toClient(key: string, { headers, cf }: Request): ClientHashes {
    const address = headers.get('cf-connecting-ip')
    const name = `${key} ${address}`
    const known = this.#clients.get(name)
    if (known !== undefined) return known
    if (this.#clients.size >= MAX_HASHED_ADDRESSES) this.#clients.clear()
    const hashes = toClientHashes(key, address, cf?.asn as number | undefined)
    this.#clients.set(name, hashes)
    return hashes
  }
}

/** What is to be told: `kind` is how `Told` knows it. */
type News = {
  readonly row: MetricRow
  readonly route: string
  readonly kind: string
  readonly levels: number
}

/** Whether a level above `known`, up to `level`, is collected of the visitor; levels are edges. */
export function isReported(
  { collected: { metrics }, visitor }: Reported,
  metric: string,
  level = Number.POSITIVE_INFINITY,
  known = 0,
): boolean {
  const bounds = getOwn(metrics, metric) ?? []
  return bounds.some((bound, edge) => edge >= known && edge < level && visitor < bound)
}

/** How many edges a measurement lies above, after what is allowed was taken off. */
function toLevel(
  { name, edges }: MetricRow,
  { allowance }: CollectedEnvironment,
  measured: number,
): number {
  if (!edges) return 1
  // Nobody notices a difference below the first edge, and nothing is taken off there.
  const isSmall = measured <= (edges[0] ?? 0)
  return countEdgesBelow(edges, isSmall ? measured : measured / (getOwn(allowance, name) ?? 1))
}

function toKeys(collected: Collected | undefined): string {
  return Object.entries(collected ?? {})
    .map(([environment, { key }]) => `${environment} ${key}`)
    .sort()
    .join()
}
