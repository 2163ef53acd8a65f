// Decides whether a page of another site may have made a browser send a request (cross-site request
// forgery). A token in `Authorization` is only sent by a client that knows it, so that nothing of this
// applies to it.

import type { Credential } from '../../control/contract.ts'
import { parseCookies } from '../../http/cookies.ts'
import { REQUEST_HEADER } from '../../wire/sessions.ts'

/** What a request is about to do. */
export type RequestIntent = 'call' | 'sign-in' | 'upgrade'

/**
 * Whether the request is refused because a page of another site may have sent it. Everything that a
 * browser adds by itself is believed only from a page of this origin, also not from a sibling domain:
 *
 * - a change needs the header Holo-Request, and must come from this origin
 * - signing in needs the same: otherwise another site could sign a browser in as somebody else
 * - a WebSocket must come from this origin, because browsers let every page open one
 * - a read may also come from no page at all, such as an address that somebody typed
 */
export function mayBeForged(
  request: Request,
  kind: Credential['kind'],
  intent: RequestIntent,
): boolean {
  const { method, headers } = request
  if (kind === 'token' && intent !== 'sign-in') return false
  const site = headers.get('sec-fetch-site')
  const origin = headers.get('origin')
  const saysNothing = site === null && origin === null
  if (kind === 'access' && saysNothing && !isByCookie(headers)) return false
  const isOwn = site === null ? origin === new URL(request.url).origin : site === 'same-origin'
  if (intent === 'upgrade') return !isOwn
  const isRead = method === 'GET' || method === 'HEAD'
  if (isRead) return !isOwn && !saysNothing && site !== 'none'
  return !isOwn || headers.get(REQUEST_HEADER) !== '1'
}

/**
 * Access adds the JWT for browsers, which send its cookie along wherever a request comes from
 * (`SameSite=None`, if it is not set up otherwise), and for programs that show a service token and have
 * no cookie.
 */
function isByCookie(headers: Headers): boolean {
  return 'CF_Authorization' in parseCookies(headers.get('cookie'))
}
