// Keeps Holo's own cookies between the browser and Holo: backends are not sent them and cannot set
// them. All names that begin with `holo-` are Holo's, also behind `__Host-` and `__Secure-`.

/**
 * One without a name counts as well: browsers send it back as its value alone. Over https Holo's may
 * be bound to the host by a prefix of the name.
 */
const HOLO_COOKIE = /^\s*(?:=\s*)?(?:__(?:Host|Secure)-)?holo-[^=]*=/

/**
 * What stands between two cookies. The platform joins several Cookie lines by ", ", which is no
 * separator inside one line: it counts only where a name and `=` follow, as in `parseCookies`.
 */
const BETWEEN_COOKIES = /(;|, (?=[!#$%&'*+\-.^_`|~0-9A-Za-z]+=))/

/**
 * Makes one Cookie header of all that the client sent: several lines joined by "; " (RFC 9113 section
 * 8.2.3), Holo's own cookies taken out, all others byte for byte and in order. An emptied header goes.
 */
export function joinCookies(headers: Record<string, string>): void {
  const { cookie } = headers
  if (!cookie || !(cookie.includes('holo-') || cookie.includes(', '))) return
  const parts = cookie.split(BETWEEN_COOKIES)
  let kept = ''
  let isGap = false
  // Cookies stand at even places, each behind its separator.
  for (let i = 0; i < parts.length; i += 2) {
    const crumb = parts[i] ?? ''
    const separator = parts[i - 1] ?? ''
    if (HOLO_COOKIE.test(crumb)) isGap = true
    else if (isGap || separator.startsWith(',')) {
      kept += `${kept && '; '}${crumb.trimStart()}`
      isGap = false
    } else kept += separator + crumb
  }
  if (kept) headers.cookie = kept
  else delete headers.cookie
}

/** Takes out what a backend would set under a name of Holo's; other Set-Cookie stay apart. */
export function dropHoloSetCookies(headers: Headers): void {
  const all = headers.getSetCookie()
  const kept = all.filter((cookie) => !HOLO_COOKIE.test(cookie))
  if (kept.length === all.length) return
  headers.delete('set-cookie')
  for (const cookie of kept) headers.append('set-cookie', cookie)
}
