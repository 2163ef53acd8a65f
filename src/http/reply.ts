// What Holo adds to every reply: who served it and why it took what it took, and on documents the
// cookies that keep visitor and tab where they are.

import { toPin } from '../core/pins.ts'
import type { Decision } from '../core/types.ts'
import { expiredCookies, pinCookie, visitorCookie, workersCookie } from './cookies.ts'
import type { Facts } from './facts.ts'
import { keepPrivate } from './keep-private.ts'
import { HTML_TYPE, opensPage } from './kind.ts'

export type ReplyOptions = {
  readonly expose: ReadonlySet<'version' | 'environment' | 'bucket' | 'timing'>
  /** Metrics of Server-Timing, ready to be sent (W3C Server Timing section 3.2). */
  readonly timing: readonly string[]
  /**
   * A backend answered a request that may be for a page (`mayTakeHtml`). Its 304 does not say whether it
   * is: such replies have no `Content-Type`.
   */
  readonly mayBeHtml: boolean
  /** The chosen version's own file answered. */
  readonly isOwnFile: boolean
}

/**
 * Puts Holo's headers on a reply whose headers can be changed. The body is not touched, so that
 * encoded bytes stay as they are.
 */
export function finishReply(
  { headers, status }: Response,
  facts: Facts,
  decision: Decision,
  { expose, timing, mayBeHtml, isOwnFile }: ReplyOptions,
): void {
  if (expose.has('version')) headers.set('Holo-Version', decision.version.id)
  if (expose.has('environment')) headers.set('Holo-Environment', decision.environment)
  // A request of nobody has none of its own.
  if (expose.has('bucket') && !facts.anonymous) headers.set('Holo-Bucket', String(decision.bucket))
  if (expose.has('timing')) headers.append('Server-Timing', timing.join(', '))
  const isPage = opensPage(facts.kind)
  const isHtml = HTML_TYPE.test(headers.get('content-type') ?? '')
  const isPerhapsHtml = mayBeHtml && status === 304 && !headers.has('content-type')
  const cookies = toCookies(status, facts, decision, { isHtml, isOwnFile })
  for (const cookie of cookies) headers.append('Set-Cookie', cookie)
  // A page is that of one visitor's version, whoever made it; the next visitor may be on another.
  if (cookies.length > 0 || isPage) keepPrivate(headers)
  // The page of another version must not come back from the browser's cache once the pin has moved. That
  // of a 304 takes the place of the one that the browser has.
  if (isPage || isHtml || isPerhapsHtml) addVary(headers, 'Cookie')
  // Whoever asks for the version of now must not be told that of a while ago.
  if (facts.watch === 'poll') headers.set('cache-control', 'no-store')
}

/** What answered, as far as it matters to the pin. */
type Answer = { readonly isHtml: boolean; readonly isOwnFile: boolean }

/**
 * The visitor's id goes to whoever opens a page here for the first time. The pin goes on a 200 or 304
 * of a page, and on nothing else. Crawlers keep no cookies.
 */
function toCookies(status: number, facts: Facts, decision: Decision, answer: Answer): string[] {
  const { crawler, visitorToKeep, embedded, cookies: own, secure } = facts
  if (crawler) return []
  const place = !secure ? 'plain' : embedded ? 'embedded' : 'first-party'
  const cookies: string[] = []
  if (visitorToKeep !== undefined) cookies.push(visitorCookie(visitorToKeep, place))
  if (status === 200 || status === 304) {
    const pin = toPin(decision.version.id, decision.environment)
    const kept = own.isOld ? undefined : own.pin
    if (pin !== kept && setsPin(facts, decision, answer)) cookies.push(pinCookie(pin, place))
    const isKnown = facts.watch === 'worker' && !facts.anonymous
    const workers = isKnown ? workersCookie(facts.path, own) : undefined
    if (workers !== undefined) cookies.push(workers)
  }
  if (own.isOld && cookies.length > 0 && opensPage(facts.kind)) cookies.push(...expiredCookies())
  return cookies
}

/**
 * Whether the reply binds the browser to its version. A document does. A page that is fetched ahead
 * makes a binding where none counts, and never moves one. A page that a service worker fetches for its
 * cache is the one that it will show, so that its API has to be that of the same version. Where both
 * versions have the same page, the worker fetches only the files that differ: these bind, too.
 */
function setsPin(facts: Facts, { reason }: Decision, { isHtml, isOwnFile }: Answer): boolean {
  const { method, kind, prefetch, embedded, secure, watch, anonymous } = facts
  if (method !== 'GET') return false
  if (embedded) return secure
  if (kind === 'document') return true
  if (prefetch) return facts.cookies.pin === undefined || reason !== 'pin'
  if (anonymous) return false
  return (watch === 'cache' && isHtml) || (watch === 'fill' && (isHtml || isOwnFile))
}

function addVary(headers: Headers, name: string): void {
  const named = headers.get('vary')
  const names = named?.split(',').map((one) => one.trim().toLowerCase()) ?? []
  if (names.includes('*') || names.includes(name.toLowerCase())) return
  headers.append('Vary', name)
}
