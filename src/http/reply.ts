// What Holo adds to every reply: who served it and why it took what it took, and on documents the
// cookies that keep visitor and tab where they are.

import { toPin } from '../core/pins.ts'
import type { Decision } from '../core/types.ts'
import { pinCookie, visitorCookie } from './cookies.ts'
import type { Facts } from './facts.ts'
import { keepPrivate } from './keep-private.ts'

export type ReplyOptions = {
  readonly expose: ReadonlySet<'version' | 'environment' | 'bucket' | 'timing'>
  /** Metrics of Server-Timing, ready to be sent (W3C Server Timing section 3.2). */
  readonly timing: readonly string[]
  /** The visitor's browser speaks https. */
  readonly secure: boolean
}

/**
 * Puts Holo's headers on a reply whose headers can be changed. The body is not touched, so that
 * encoded bytes stay as they are.
 */
export function finishReply(
  { headers, status }: Response,
  facts: Facts,
  decision: Decision,
  { expose, timing, secure }: ReplyOptions,
): void {
  if (expose.has('version')) headers.set('Holo-Version', decision.version.id)
  if (expose.has('environment')) headers.set('Holo-Environment', decision.environment)
  if (expose.has('bucket')) headers.set('Holo-Bucket', String(decision.bucket))
  if (expose.has('timing')) headers.append('Server-Timing', timing.join(', '))
  const cookies = toCookies(status, facts, decision, secure)
  for (const cookie of cookies) headers.append('Set-Cookie', cookie)
  // A page is that of one visitor's version, whoever made it; the next visitor may be on another.
  if (cookies.length > 0 || facts.kind !== 'subresource') keepPrivate(headers)
}

/**
 * The visitor's id goes to whoever navigates here for the first time. The pin goes on a 200 or 304 of
 * a document, and on nothing else. Crawlers keep no cookies.
 */
function toCookies(status: number, facts: Facts, decision: Decision, secure: boolean): string[] {
  if (facts.crawler || facts.kind === 'subresource' || facts.prefetch) return []
  const cookies = facts.minted ? [visitorCookie(facts.visitor, secure)] : []
  if (facts.kind === 'document' && (status === 200 || status === 304)) {
    const pin = toPin(decision.version.id, decision.environment)
    if (pin !== facts.pinCookie) cookies.push(pinCookie(pin, secure))
  }
  return cookies
}
