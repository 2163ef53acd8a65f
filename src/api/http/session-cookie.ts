// The cookie that holds the secret of a session: its name, its attributes, and when it counts. Holo
// removes cookies of these names from what backends are sent and from what they send (proxy/holo-cookies.ts).

import { isSignInSecret } from '../../control/access/token-text.ts'
import { parseCookies } from '../../http/cookies.ts'

/**
 * Only this host can set a cookie with this prefix, over https (RFC 6265bis section 4.1.3.2): no sibling
 * domain can sign a browser in.
 */
const SECURE_NAME = '__Host-holo-session'

/** Over http browsers refuse the prefix. Only this machine may be signed in to over http. */
const LOCAL_NAME = 'holo-session'
const LOCAL_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** `undefined` where nobody can sign in: over http from another machine, where others could read along. */
function toName({ protocol, hostname }: URL): string | undefined {
  if (protocol === 'https:') return SECURE_NAME
  return LOCAL_HOST.test(hostname) ? LOCAL_NAME : undefined
}

/** Whether a browser may sign in at this address. */
export function maySignIn(request: Request): boolean {
  return toName(new URL(request.url)) !== undefined
}

/** The secret of the session; `undefined` without a cookie, empty if it cannot be one. */
export function readSession(request: Request): string | undefined {
  const cookie = request.headers.get('cookie')
  if (cookie === null) return undefined
  const secret = parseCookies(cookie)[toName(new URL(request.url)) ?? '']
  return secret === undefined || isSignInSecret('session', secret) ? secret : ''
}

/** Set-Cookie for a new session, or for none: then the browser deletes the cookie. */
export function toSetCookie(
  request: Request,
  session: { readonly secret: string; readonly maxAgeS: number } | undefined,
): string | undefined {
  const name = toName(new URL(request.url))
  if (name === undefined) return undefined
  const { secret, maxAgeS } = session ?? { secret: '', maxAgeS: 0 }
  const secure = name === SECURE_NAME ? '; Secure' : ''
  return `${name}=${secret}; Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Strict${secure}`
}
