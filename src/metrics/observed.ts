// What counting needs to know of a request: who asked and what was decided, then who answered. And
// whether the request says something about its version. met.ts says what it met. docs/metrics.md has
// the same clauses.

import { JUDGED_METHODS } from '../core/counting/routes.ts'
import { matchService } from '../core/services.ts'
import type { Decision } from '../core/types.ts'
import type { CompiledAssignments } from '../document/compile.ts'
import type { Facts } from '../http/facts.ts'
import { isPrefetch } from '../http/kind.ts'
import { readTabName } from '../http/tab-name.ts'

/** A request that has been decided. */
export type CountedRequest = {
  readonly request: Request
  readonly facts: Facts
  readonly decision: Decision
  readonly assignments: Pick<CompiledAssignments, 'buckets' | 'measure'>
  /**
   * `shadow` is a copy for which nobody waits, `probe` a request of Holo's own: neither comes from
   * a visitor. `preview` is a request of somebody who looks at a version by a grant.
   */
  readonly by: 'visitor' | 'shadow' | 'probe' | 'preview'
  /**
   * The request as it is counted for each flag that is compared (flags/experiments.ts), by the environments that
   * stand for them; left out without flags.
   */
  readonly listExperiments?:
    | ((places: readonly string[]) => readonly Pick<CountedRequest, 'facts' | 'decision'>[])
    | undefined
}

/** The result of the chosen version's service, whoever answered in the end. */
export type ServiceAnswer = {
  /** The status of its own reply; `undefined` if there was none. */
  readonly status: number | undefined
  /** Why it gave no usable reply; `undefined` if it did, even after retries. */
  readonly failure: string | undefined
  /** Milliseconds of waiting for the service, without the time that the client needed to send. */
  readonly waitedMs: number
}

/** Where the reply came from. */
export type ReplySource = 'memory' | 'cache' | 'r2' | 'service' | 'fallback' | 'none'

export type CountedReply = {
  readonly status: number
  readonly source: ReplySource
  /** The body's length, if it is announced. */
  readonly bytes: number
  /** `undefined` if no service of the version was asked. */
  readonly service: ServiceAnswer | undefined
  /** Whether the chosen version's own manifest has the file that was asked for. */
  readonly isNamed: boolean
  /** Whether the chosen version's service sends the client to another host. */
  readonly leadsElsewhere?: boolean
}

const JUDGED: ReadonlySet<string> = new Set(JUDGED_METHODS)

/**
 * Whether a visitor made the request who can be told from others: no program and no copy, and nobody whose id was
 * made for this request, unless a visit begins with it.
 */
export function isByVisitor({ request, facts, by }: CountedRequest): boolean {
  // Shadow copies and probes. A second try of a request belongs to its one record.
  if (by !== 'visitor' || !JUDGED.has(facts.method)) return false
  // Without an identity no visitor can be counted, even if a pin chose the version.
  if (facts.crawler || facts.automated || facts.anonymous) return false
  if (facts.minted && facts.kind !== 'document') return false
  // A request that asks for the current version is a service worker's, or polls in a forgotten tab.
  if (facts.watch !== undefined) return false
  // A page that is fetched in advance may never be shown.
  return !facts.prefetch && !isPrefetch(request.headers)
}

/**
 * Whether the request counts when its version is compared with another: a visitor made it who is on
 * the version by the bucket alone.
 */
export function isJudged(asked: CountedRequest): boolean {
  return isByOwnBucket(asked) && isByVisitor(asked)
}

/** Whether the visitor's own bucket belongs to the environment and to the version that were chosen. */
export function isByOwnBucket({ facts, decision, assignments }: CountedRequest): boolean {
  // Rules and host names (and so previews) select visitors who differ from the others.
  if (decision.reason !== 'bucket' && decision.reason !== 'pin') return false
  // A tab may be pinned to a version that its bucket has left, or to one to which a rule or host
  // name sent it.
  const own = assignments.buckets[decision.bucket]
  if (own?.name !== decision.environment || own.version !== decision.version) return false
  return decision.reason !== 'pin' || (facts.pin?.claim.environment ?? own.name) === own.name
}

/**
 * Whether the request assigns its visitor to an environment, for the sample ratio: it is for a
 * document, is decided by its bucket, and counts for the judge.
 */
export function isAssigned(asked: CountedRequest): boolean {
  return asked.facts.kind === 'document' && asked.decision.reason === 'bucket' && isJudged(asked)
}

/** The prefix of the service that was asked. */
export function toAskedPrefix({ facts, decision }: CountedRequest, { service }: CountedReply) {
  return service && matchService(decision.version.services, facts.path)?.prefix
}

/** The tab that asked for the version of its own page; programs have none. */
export function readTab({ request, facts, decision, by }: CountedRequest): string | undefined {
  const isTab = by === 'visitor' && decision.reason === 'pin' && !facts.crawler && !facts.automated
  return isTab ? readTabName(request.headers) : undefined
}
