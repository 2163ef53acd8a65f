// Which requests say something about a version. All are shown; only these are judged. The clauses are
// those of docs/metrics.md, each where it is implemented.

import { isPrefetch } from '../http/kind.ts'
import type { Asked } from './observed.ts'

/**
 * Whether the request counts when its version is compared with another: it was made by a visitor who
 * is on the version by the bucket alone.
 */
export function isJudged(asked: Asked): boolean {
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
export function isAssigned(asked: Asked): boolean {
  return asked.facts.kind === 'document' && asked.decision.reason === 'bucket' && isJudged(asked)
}
