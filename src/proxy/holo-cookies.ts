// Keeps Holo's cookies between the browser and Holo: backends do not receive them and cannot set
// them. All names that begin with `holo-` are Holo's, also after `__Host-` and `__Secure-`.

/**
 * Matches a cookie of Holo's. One without a name counts as well, because browsers send it back as
 * its value alone. Over https a prefix of the name may bind the cookie to the host.
 */
const HOLO_COOKIE = /^\s*(?:=\s*)?(?:__(?:Host|Secure)-)?holo-[^=]*=/

/**
 * The separators between cookies. The platform joins several Cookie lines by ", ", which is no
 * separator inside one line: it counts only if a name and `=` follow, as in `parseCookies`.
 */
const BETWEEN_COOKIES = /(;|, (?=[!#$%&'*+\-.^_`|~0-9A-Za-z]+=))/

/**
 * Makes one Cookie header of what the client sent: several lines are joined by "; " (RFC 9113
 * section 8.2.3), Holo's cookies are removed, and all others stay byte for byte and in order. An
 * empty header is removed.
 */
export function joinCookies(headers: Record<string, string>): void {
  const { cookie } = headers
  if (!cookie || !(cookie.includes('holo-') || cookie.includes(', '))) return
  // Splitting at a text takes a fifth of the time, and few clients send several lines.
  const isOneLine = !cookie.includes(', ')
  const parts = cookie.split(isOneLine ? ';' : BETWEEN_COOKIES)
  let kept = ''
  let isGap = false
  // Of several lines, cookies stand at even indices, each after its separator.
  for (let i = 0; i < parts.length; i += isOneLine ? 1 : 2) {
    const crumb = parts[i] ?? ''
    const separator = i === 0 ? '' : isOneLine ? ';' : (parts[i - 1] ?? '')
    if (crumb.includes('holo-') && HOLO_COOKIE.test(crumb)) isGap = true
    else if (isGap || separator.startsWith(',')) {
      kept += `${kept && '; '}${crumb.trimStart()}`
      isGap = false
    } else kept += separator + crumb
  }
  if (kept) headers.cookie = kept
  else delete headers.cookie
}

/**
 * Removes cookies that a backend sets under a name of Holo's; the other Set-Cookie lines stay
 * separate.
 */
export function dropHoloSetCookies(headers: Headers): void {
  const all = headers.getSetCookie()
  const kept = all.filter((cookie) => !HOLO_COOKIE.test(cookie))
  if (kept.length === all.length) return
  headers.delete('set-cookie')
  for (const cookie of kept) headers.append('set-cookie', cookie)
}
