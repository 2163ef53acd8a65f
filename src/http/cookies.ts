// Cookies both ways: reading a Cookie header as it really arrives, and writing those that Holo sets.
// Which of Holo's cookies count, and what their values mean, is decided in own-cookies.ts and above.

/** As long as browsers keep a cookie (RFC 6265bis section 5.5). */
const MAX_AGE_S = 400 * 24 * 3600

/** Only this host can set one of this name, over https and for all paths (RFC 6265bis section 4.1.3.2). */
export const HOST_PREFIX = '__Host-'

/**
 * The cookies of a request; the first of a name counts, as the most specific one is sent first
 * (RFC 6265 section 5.4). Several Cookie headers arrive joined by ", ", which is no separator inside
 * one header: what follows such a comma is read as a cookie only where a name and `=` do follow.
 *
 * A `__Host-` cookie is never read from behind a comma. A sibling domain may set a cookie whose value
 * goes on with `, __Host-holo-pin=…`, and must not set what the prefix protects.
 */
export function parseCookies(header: string | null): Readonly<Record<string, string>> {
  const cookies: Record<string, string> = Object.create(null)
  if (!header) return cookies
  for (const crumb of header.split(';')) {
    const parts = crumb.includes(',') ? crumb.split(/, (?=[!#$%&'*+\-.^_`|~0-9A-Za-z]+=)/) : [crumb]
    for (const [index, part] of parts.entries()) {
      const equals = part.indexOf('=')
      if (equals < 0) continue
      const name = trimBlanks(part.slice(0, equals))
      if (name === '' || name in cookies) continue
      if (index > 0 && name.startsWith(HOST_PREFIX)) continue
      cookies[name] = trimBlanks(part.slice(equals + 1)).replace(/^"(.*)"$/, '$1')
    }
  }
  return cookies
}

/**
 * Without the space and the tab that HTTP allows around a value, and no other: to a browser a no-break space
 * belongs to the name, so that a sibling domain may set what only looks like a `__Host-` cookie.
 */
function trimBlanks(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}

/**
 * `first-party` is Lax, because Strict would lose the cookie on every link from outside. `embedded` is
 * for a frame in another site's page: kept apart for each such site (CHIPS, `Partitioned`).
 */
export type CookiePlace = 'plain' | 'first-party' | 'embedded'

const FLAGS: Readonly<Record<CookiePlace, string>> = {
  plain: 'HttpOnly; SameSite=Lax',
  'first-party': 'HttpOnly; SameSite=Lax; Secure',
  embedded: 'HttpOnly; SameSite=None; Secure; Partitioned',
}

/** A cookie that stays as long as the browser lets it. */
export function toLastingCookie(name: string, value: string, place: CookiePlace): string {
  return `${name}=${value}; Path=/; Max-Age=${MAX_AGE_S}; ${FLAGS[place]}`
}

/** A cookie that ends with the browser's session. */
export function toSessionCookie(name: string, value: string, place: CookiePlace): string {
  return `${name}=${value}; Path=/; ${FLAGS[place]}`
}

/** Takes a cookie back that was set with the same name and path. */
export function toExpiredCookie(name: string): string {
  return `${name}=; Path=/; Max-Age=0; ${FLAGS['first-party']}`
}
