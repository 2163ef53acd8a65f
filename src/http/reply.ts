// What Holo adds to a reply: which version answered and why, and on documents the cookies that keep
// visitor and tab on their version.

import { toPin } from '../core/pins.ts'
import type { Decision } from '../core/types.ts'
import { expiredCookies, pinCookie, visitorCookie, workersCookie } from './cookies.ts'
import type { Facts } from './facts.ts'
import { keepPrivate } from './keep-private.ts'
import { HTML_TYPE, opensPage } from './kind.ts'
import type { Exposed } from './stamp.ts'

export type ReplyOptions = {
  readonly expose: Exposed
  /** Metrics for Server-Timing, already formatted (W3C Server Timing section 3.2). */
  readonly timing: readonly string[]
  /** The reply is one of the version's own files and has its stamp already. */
  readonly isStamped?: boolean
  /**
   * A backend answered a request that may be for a page (`mayTakeHtml`). Its 304 has no
   * `Content-Type` that would say so.
   */
  readonly mayBeHtml: boolean
  /** The chosen version's own file answered. */
  readonly isOwnFile: boolean
  /** The browser's pin names a version that is withdrawn or no longer there. */
  readonly isPinLost: boolean
  /** A grant shows this reply: no cache keeps it, and no search engine. */
  readonly isForFewEyes?: boolean
}

/**
 * Adds Holo's headers to a reply whose headers can be changed. The body is not touched, so that
 * encoded bytes stay as they are.
 */
export function finishReply(
  { headers, status }: Response,
  facts: Facts,
  decision: Decision,
  options: ReplyOptions,
): void {
  const { expose, mayBeHtml, isOwnFile, isPinLost, isForFewEyes = false } = options
  const { isStamped = false } = options
  if (!isStamped) addStamp(headers, decision, options)
  // A request without an identity has no bucket of its own.
  if (expose.has('bucket') && !facts.anonymous) headers.set('Holo-Bucket', String(decision.bucket))
  const isPage = opensPage(facts.kind)
  // A file's own headers say already that a page varies by the cookie.
  const isAnyType = isStamped && !isPage && facts.watch === undefined
  const isHtml = !isAnyType && HTML_TYPE.test(headers.get('content-type') ?? '')
  const isPerhapsHtml = mayBeHtml && status === 304 && !headers.has('content-type')
  const cookies = toCookies(status, facts, decision, { isHtml, isOwnFile })
  for (const cookie of cookies) headers.append('Set-Cookie', cookie)
  // A page belongs to one visitor's version, whoever made it; the next visitor may have another.
  if (cookies.length > 0 || isPage) keepPrivate(headers)
  // Once the pin has moved, the browser must not show the other version's page out of its cache. It
  // replaces the `Vary` that it has stored by that of a 304.
  if (isPage || isHtml || isPerhapsHtml) addVary(headers, 'Cookie')
  const isRefused = isPinRefused(facts, decision)
  const { frameworkPin } = facts
  if (isRefused || frameworkPin?.isKnown === false) headers.set('Holo-Pin-Gone', '1')
  // A browser keeps one reply for each tab's version, unless the name alone says which file it is.
  const isPinnedByHeader = facts.pin?.source === 'header'
  const framework = frameworkPin?.kind === 'header' ? frameworkPin.name : undefined
  if (isPinnedByHeader || framework !== undefined) {
    const isOfAnyVersion = /immutable|no-store/.test(toControl(headers))
    if (isPinnedByHeader && !isOfAnyVersion) addVary(headers, 'Holo-Pin')
    if (framework !== undefined && !isOfAnyVersion) addVary(headers, framework)
  }
  if (facts.secure && (isPinLost || (isRefused && facts.pin?.source !== 'cookie'))) {
    headers.append('Clear-Site-Data', FETCHED_AHEAD)
  }
  // A client that asks for the current version must not get an old answer.
  if (facts.watch === 'poll') headers.set('cache-control', 'no-store')
  if (!isForFewEyes) return
  keepPrivate(headers)
  headers.set('cache-control', 'private, no-store')
  headers.set('x-robots-tag', 'noindex')
}

function addStamp(headers: Headers, decision: Decision, { expose, timing }: ReplyOptions): void {
  if (expose.has('version')) headers.set('Holo-Version', decision.version.id)
  if (expose.has('environment')) headers.set('Holo-Environment', decision.environment)
  if (expose.has('timing')) headers.append('Server-Timing', timing.join(', '))
}

/** What browsers keep of pages that were fetched ahead (Clear Site Data, section 3.1). */
const FETCHED_AHEAD = '"prefetchCache", "prerenderCache"'

function toControl(headers: Headers): string {
  return headers.get('cache-control') ?? ''
}

/**
 * Whether the request followed no pin although it has one: the version is withdrawn, no longer there,
 * or not for this request. Which of the three is not told.
 */
function isPinRefused({ pin, kind, current }: Facts, { reason }: Decision): boolean {
  return pin !== undefined && reason !== 'pin' && !current && !opensPage(kind)
}

/** What answered, as far as it matters to the pin. */
type Answer = { readonly isHtml: boolean; readonly isOwnFile: boolean }

/**
 * The cookies of a reply. The visitor's id is set where a page is opened for the first time. The
 * pin is set on a 200 or 304 of a page, and on nothing else. Crawlers keep no cookies.
 */
function toCookies(status: number, facts: Facts, decision: Decision, answer: Answer): string[] {
  const { crawler, visitorToKeep, embedded, cookies: own, secure } = facts
  if (crawler || facts.withoutCookies) return []
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
 * Whether the reply binds the browser to its version. A document does. A page that is fetched in
 * advance sets a pin where none counts, and never changes one. A page that a service worker fetches
 * for its cache is the one that it will show, so that its API has to be that of the same version.
 * If both versions have the same page, the worker fetches only the files that differ: these set it, too.
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
