// What counting is told of a request: who asked and what was decided, then who answered. And what follows
// from it: whether the request says something about its version, and whether the version failed. The
// clauses are those of docs/metrics.md.

import type { Assignments, Decision } from '../core/types.ts'
import type { Facts } from '../http/facts.ts'
import { isPrefetch } from '../http/kind.ts'

/** A request that has been decided. */
export type CountedRequest = {
  readonly request: Request
  readonly facts: Facts
  readonly decision: Decision
  readonly assignments: Pick<Assignments, 'buckets' | 'salt'>
  /** A copy that nobody waits for, or a question of our own, is no visitor's request. */
  readonly by: 'visitor' | 'shadow' | 'probe'
}

/** What became of the service of the chosen version, whoever answered in the end. */
export type ServiceAnswer = {
  /** Of its own reply; `undefined` where there was none. */
  readonly status: number | undefined
  /** Why there was none, or none that can be used; retries that went well left none. */
  readonly failure: string | undefined
  /** Milliseconds spent waiting for it, sending and thinking of the client not included. */
  readonly waitedMs: number
}

/** Where the reply came from. */
export type ReplySource = 'memory' | 'cache' | 'r2' | 'service' | 'fallback' | 'none'

export type CountedReply = {
  readonly status: number
  readonly source: ReplySource
  /** The body's length where it is announced. */
  readonly bytes: number
  /** `undefined` where no service of the version was asked. */
  readonly service: ServiceAnswer | undefined
  /** The chosen version's own manifest names the file that was asked for. */
  readonly isNamed: boolean
}

/**
 * Whether the request counts when its version is compared with another: it was made by a visitor who
 * is on the version by the bucket alone.
 */
export function isJudged(asked: CountedRequest): boolean {
  const { request, facts, decision, assignments, by } = asked
  // Shadow copies and synthetic probes. A second try of a request is part of its one record.
  if (by !== 'visitor') return false
  // Crawlers stay on the first environment whatever their bucket; no other program is a visitor either.
  if (facts.crawler || facts.automated) return false
  // Rules and host names (previews are such, too) choose visitors who are not like the others.
  if (decision.reason !== 'bucket' && decision.reason !== 'pin') return false
  // A tab may be pinned to what its bucket has left, or to where a rule or a host name sent it.
  const own = assignments.buckets[decision.bucket]
  if (own?.name !== decision.environment || own.version !== decision.version) return false
  if (decision.reason === 'pin' && (facts.pin?.claim.environment ?? own.name) !== own.name) {
    return false
  }
  // Nobody's request, also where a pin chose its version: without an identity no visitor is counted.
  if (facts.anonymous || (facts.minted && facts.kind !== 'document')) return false
  // What asks which version there is meets another one than the page that is open.
  if (facts.watch !== undefined) return false
  // What is fetched ahead may never be looked at.
  return !facts.prefetch && !isPrefetch(request.headers)
}

/**
 * Whether the request assigns its visitor to an environment, for the sample ratio: a document, decided
 * by its bucket, of a request that is judged.
 */
export function isAssigned(asked: CountedRequest): boolean {
  return asked.facts.kind === 'document' && asked.decision.reason === 'bucket' && isJudged(asked)
}

/** What a backend's own status of 500 and more is called among the codes. */
export const STATUS_5XX = 'status_5xx'
/** A file that the manifest names and that is not there. */
export const NAMED_404 = 'named_404'

/** Why the version failed, as a code; `undefined` where it did not. */
export function toFailureCode({ status, service, isNamed }: CountedReply): string | undefined {
  if (service) return toServiceFailure(service)
  // Files that cannot be read are a 503, which is a fault of R2.
  return isNamed && status === 404 ? NAMED_404 : undefined
}

/** The service failed also where another version's answered in its place. */
function toServiceFailure({ status, failure }: ServiceAnswer): string | undefined {
  if (status !== undefined && status >= 500) return STATUS_5XX
  return status === undefined ? failure : undefined
}
