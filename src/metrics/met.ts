// What a request met: a failure, a slow answer, a status, a goal. One row of core/counting/metrics.ts
// for each. Some of it is seen only in the body of a reply: see bodies.ts.

import type { Service } from '../core/types.ts'
import type { Measure } from '../document/compile-measure.ts'
import type { Facts } from '../http/facts.ts'
import type { CountedReply, ServiceAnswer } from './observed.ts'

/** The code for a backend's own status of 500 and above. */
const STATUS_5XX = 'status_5xx'
/** The code for a file that the manifest names and that is missing. */
const NAMED_404 = 'named_404'
/** Nothing was sent, because Holo leaves all origins out for a while. */
const EJECTED = 'origins_ejected'

/** 501 and 505 answer a method or a version of HTTP that the client chose. */
const CHOSEN_BY_CLIENT: ReadonlySet<number> = new Set([501, 505])

/**
 * The code of the failure; `undefined` if nothing failed. Faults of R2, KV and Holo itself are no
 * failures of the version, nor are the client's mistakes.
 */
export function toFailureCode({ status, service, isNamed }: CountedReply): string | undefined {
  if (service) return toServiceFailure(service)
  // Files that cannot be read give a 503, which is a fault of R2.
  return isNamed && status === 404 ? NAMED_404 : undefined
}

/** The service failed even if another version's service answered in its place. */
function toServiceFailure({ status, failure }: ServiceAnswer): string | undefined {
  if (status === undefined) return failure
  return status >= 500 && !CHOSEN_BY_CLIENT.has(status) ? STATUS_5XX : undefined
}

/**
 * Whether a failure is the version's. Holo's own decision to leave all origins out for a while is
 * none: a few visitors' failures would become those of everybody.
 */
export function isVersionsFault(code: string | undefined): boolean {
  return code !== undefined && code !== EJECTED
}

export type Met = {
  readonly metric: string
  /** The time of a row with edges; absent for the others. */
  readonly measured?: number
  /** What exactly the visitor got: a status, or why there was none. */
  readonly code?: string
  /** Whether the backend could not be reached, or did not answer. */
  readonly isConnection?: boolean
}

const NOTHING: readonly Met[] = []
const ASKS: Met = { metric: 'asks' }

const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'unprocessable',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'notFound',
  422: 'unprocessable',
}

/** Failures that new instances have while they start as well. */
const CONNECTION: ReadonlySet<string> = new Set(['origin_unreachable', 'origin_timeout'])

function toError(code: string, status: number | undefined): Met {
  if (status !== undefined) return { metric: 'errors', code: String(status) }
  return { metric: 'errors', code, isConnection: CONNECTION.has(code) }
}

/**
 * What a judged request met, by the reply of the chosen version's own service. Files can only fail.
 *
 * @param code as `toFailureCode` gives it.
 */
export function listMet(
  { method, path, kind }: Pick<Facts, 'method' | 'path' | 'kind'>,
  { goals }: Measure,
  { status: replied, service, leadsElsewhere }: CountedReply,
  code: string | undefined,
): readonly Met[] {
  const status = service ? service.status : replied
  const met = code !== undefined && isVersionsFault(code) ? [toError(code, status)] : []
  if (!service) return met.length === 0 ? NOTHING : met
  const measured = toLatencyMs(service)
  if (measured !== undefined) met.push({ metric: 'latency', measured })
  if (status === undefined) return met
  // A page that a service makes is no sign that the page asks anything.
  if (kind !== 'document') met.push(ASKS)
  const metric = BY_STATUS[status]
  if (metric) met.push({ metric, code: String(status) })
  if (leadsElsewhere) met.push({ metric: 'redirects', code: String(status) })
  if (goals.length > 0 && status >= 200 && status <= 299) {
    for (const goal of goals) if (goal.matches(method, path)) met.push({ metric: goal.metric })
  }
  return met
}

/**
 * A latency is the time to the first byte of a service and no other time. A service that timed out
 * was at least as slow; one that could not be reached, or was not asked, has no latency.
 */
export function toLatencyMs({ status, failure, waitedMs }: ServiceAnswer): number | undefined {
  return status === undefined && failure !== 'origin_timeout' ? undefined : waitedMs
}

/**
 * Whether a reply sends the client to another host than the site's: with a status of 3xx and an
 * address on neither the host of the request nor one of the service's origins.
 *
 * @param publicUrl the request's own URL.
 */
export function isSentElsewhere(
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  publicUrl: string,
  { origins }: Pick<Service, 'origins'>,
): boolean {
  if (status < 300 || status > 399) return false
  const location = headers.get('location')
  const target = location === null ? null : URL.parse(location, publicUrl)
  if (!target) return false
  const own = [publicUrl, ...origins].map((origin) => URL.parse(origin))
  return !own.some((url) => url?.hostname === target.hostname && hasPortOf(target, url))
}

/** A server that redirects to its inner port sends its visitors away. Without a port all is well. */
function hasPortOf(target: URL, { port }: URL): boolean {
  return target.port === '' || target.port === port
}
