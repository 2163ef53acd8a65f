// Keeps Holo's own cookies between the browser and Holo: backends are not sent them and cannot set
// them. All names that begin with `holo-` are Holo's, also behind `__Host-` and `__Secure-`.

/** One without a name counts as well: browsers send it back as its value alone. */
const HOLO_COOKIE = /^\s*(?:=\s*)?(?:__(?:Host|Secure)-)?holo-[^=]*=/

/**
 * Takes Holo's cookies out of a Cookie header; all others stay byte for byte and in order. Several
 * Cookie headers arrive joined by ", ", so a cookie may stand behind that as well as behind ";"
 * (the same reading as `parseCookies`). A header without them is not touched, an emptied one goes.
 */
export function dropHoloCookies(headers: Record<string, string>): void {
  const { cookie } = headers
  if (!cookie?.includes('holo-')) return
  const parts = cookie.split(/(;|, (?=[!#$%&'*+\-.^_`|~0-9A-Za-z]+=))/)
  let kept = ''
  let isGap = false
  // Cookies stand at even places, each behind its separator.
  for (let i = 0; i < parts.length; i += 2) {
    const crumb = parts[i] ?? ''
    if (HOLO_COOKIE.test(crumb)) {
      isGap = true
    } else {
      // What stands behind a gap is joined as browsers join: its own comma might have separated it
      // from Holo's cookie only.
      kept += isGap ? `${kept && '; '}${crumb.trimStart()}` : `${parts[i - 1] ?? ''}${crumb}`
      isGap = false
    }
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
