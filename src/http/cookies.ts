// Holo's cookies, both ways: reading a Cookie header as it really arrives, and writing the two that
// Holo sets. What their values mean is the decision's affair.

export const VISITOR_COOKIE = 'holo-visitor'
export const PIN_COOKIE = 'holo-pin'

/** As long as browsers keep a cookie (RFC 6265bis section 5.5). */
const VISITOR_MAX_AGE_S = 400 * 24 * 3600

/**
 * The cookies of a request; the first of a name counts, as the most specific one is sent first
 * (RFC 6265 section 5.4). Several Cookie headers arrive joined by ", ", which is no separator inside
 * one header: what follows such a comma is read as a cookie only where a name and `=` do follow.
 */
export function parseCookies(header: string | null): Readonly<Record<string, string>> {
  const cookies: Record<string, string> = Object.create(null)
  if (!header) return cookies
  for (const part of header.split(/;|, (?=[!#$%&'*+\-.^_`|~0-9A-Za-z]+=)/)) {
    const equals = part.indexOf('=')
    if (equals < 0) continue
    const name = part.slice(0, equals).trim()
    if (name === '' || name in cookies) continue
    cookies[name] = part
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
  }
  return cookies
}

/** The cookie that makes a visitor the same person tomorrow. */
export function visitorCookie(visitor: string, secure: boolean): string {
  return `${VISITOR_COOKIE}=${visitor}; Path=/; Max-Age=${VISITOR_MAX_AGE_S}; ${flags(secure)}`
}

/** The cookie that binds a tab to what served its document; it ends with the browser's session. */
export function pinCookie(pin: string, secure: boolean): string {
  return `${PIN_COOKIE}=${pin}; Path=/; ${flags(secure)}`
}

/** Lax, because Strict would lose both on every link from outside. */
function flags(secure: boolean): string {
  return `HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
}
