// Cookies in both directions: reading a Cookie header as it really arrives, the names of Holo's own
// cookies and which of them count, and writing those that Holo sets. visitor.ts and facts.ts decide
// what the values mean.

/** The longest time for which browsers keep a cookie (RFC 6265bis section 5.5). */
const MAX_AGE_S = 400 * 24 * 3600

/**
 * Only this host can set a cookie with this prefix, over https and for all paths (RFC 6265bis
 * section 4.1.3.2).
 */
const HOST_PREFIX = '__Host-'

/**
 * The cookies of a request. The first of a name counts, because the most specific one is sent first
 * (RFC 6265 section 5.4). Several Cookie headers arrive joined by ", ", which is no separator
 * inside one header: the text after such a comma is read as a cookie only if it begins with a name
 * and `=`.
 *
 * A `__Host-` cookie is never read from behind a comma. A sibling domain can set a cookie whose
 * value contains `, __Host-holo-pin=…`, and must not set what the prefix protects.
 */
export function parseCookies(header: string | null): Readonly<Record<string, string>> {
  const cookies: Record<string, string> = Object.create(null)
  if (!header) return cookies
  for (const crumb of header.split(';')) {
    if (!crumb.includes(',')) {
      addCookie(cookies, crumb, false)
      continue
    }
    const parts = crumb.split(/, (?=[!#$%&'*+\-.^_`|~0-9A-Za-z]+=)/)
    for (const [index, part] of parts.entries()) addCookie(cookies, part, index > 0)
  }
  return cookies
}

function addCookie(cookies: Record<string, string>, part: string, isBehindComma: boolean): void {
  const equals = part.indexOf('=')
  if (equals < 0) return
  const name = trimBlanks(part, 0, equals)
  if (name === '' || name in cookies) return
  if (isBehindComma && name.startsWith(HOST_PREFIX)) return
  const value = trimBlanks(part, equals + 1, part.length)
  cookies[name] = value.startsWith('"') ? value.replace(/^"(.*)"$/, '$1') : value
}

/**
 * A part of a text without the spaces and tabs that HTTP allows around a value, and nothing else: for a browser a
 * no-break space is part of the name, so that a sibling domain could set a cookie that only looks
 * like a `__Host-` one.
 */
function trimBlanks(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (start < end && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/**
 * How a cookie is set. `first-party` is Lax, because Strict would lose the cookie on every link
 * from another site. `embedded` is for a frame in another site's page: kept separately for each
 * such site (CHIPS, `Partitioned`). `plain` is for http.
 */
type CookiePlace = 'plain' | 'first-party' | 'embedded'

const FLAGS: Readonly<Record<CookiePlace, string>> = {
  plain: 'HttpOnly; SameSite=Lax',
  'first-party': 'HttpOnly; SameSite=Lax; Secure',
  embedded: 'HttpOnly; SameSite=None; Secure; Partitioned',
}

/** A cookie that is kept as long as the browser allows. */
function toLastingCookie(name: string, value: string, place: CookiePlace): string {
  return `${name}=${value}; Path=/; Max-Age=${MAX_AGE_S}; ${FLAGS[place]}`
}

/** A cookie that ends with the browser's session. */
function toSessionCookie(name: string, value: string, place: CookiePlace): string {
  return `${name}=${value}; Path=/; ${FLAGS[place]}`
}

/** Removes a cookie that was set with the same name and path. */
function toExpiredCookie(name: string): string {
  return `${name}=; Path=/; Max-Age=0; ${FLAGS['first-party']}`
}

/**
 * Used over plain http, where no browser accepts the prefix. Older releases of Holo used them over
 * https too.
 */
const PLAIN_NAMES = { visitor: 'holo-visitor', pin: 'holo-pin', workers: 'holo-workers' } as const

const HOST_NAMES = {
  visitor: `${HOST_PREFIX}holo-visitor`,
  pin: `${HOST_PREFIX}holo-pin`,
  workers: `${HOST_PREFIX}holo-workers`,
} as const

/**
 * Used in a frame of another site. They have names of their own, because a browser sends them
 * together with the others where one of our frames stands in one of our pages; the page's cookies
 * must win then.
 */
const EMBEDDED_NAMES = {
  visitor: `${HOST_PREFIX}holo-embedded-visitor`,
  pin: `${HOST_PREFIX}holo-embedded-pin`,
  workers: `${HOST_PREFIX}holo-embedded-workers`,
} as const

type Names = Readonly<Record<'visitor' | 'pin' | 'workers', string>>

const NAMES: Readonly<Record<CookiePlace, Names>> = {
  plain: PLAIN_NAMES,
  'first-party': HOST_NAMES,
  embedded: EMBEDDED_NAMES,
}

export type OwnCookies = {
  readonly visitor: string | undefined
  readonly pin: string | undefined
  /** Paths of scripts that this browser has fetched as service workers, the newest first. */
  readonly workers: readonly string[]
  /** How these cookies were set, and how the reply sets its own. */
  readonly place: CookiePlace
  /** They have the plain names although the request came over https: an older release set them. */
  readonly isOld: boolean
}

/** In a frame of another site, where none are kept. */
export const NO_EMBEDDED_COOKIES: OwnCookies = {
  visitor: undefined,
  pin: undefined,
  workers: [],
  place: 'embedded',
  isOld: false,
}

/**
 * The cookies of Holo that count. Over https the plain names are read only if there are none with
 * the prefix, and the reply replaces them, because any sibling domain can set a plain one.
 *
 * @param isForeignFrame the request is for a frame in another site's page.
 */
export function readOwnCookies(
  cookies: Readonly<Record<string, string>>,
  isSecure: boolean,
  isForeignFrame: boolean,
): OwnCookies {
  if (!isSecure) return pick(cookies, 'plain')
  if (isForeignFrame) return pick(cookies, 'embedded')
  const own = pick(cookies, 'first-party')
  if (!isEmpty(own)) return own
  const embedded = pick(cookies, 'embedded')
  if (!isEmpty(embedded)) return embedded
  const old = pick(cookies, 'plain')
  // Holo never set the workers' cookie under its plain name over https: somebody else did.
  const known = { ...old, workers: [] }
  return isEmpty(known) ? own : { ...known, place: 'first-party', isOld: true }
}

function pick(cookies: Readonly<Record<string, string>>, place: CookiePlace): OwnCookies {
  const names = NAMES[place]
  const workers = cookies[names.workers]
  return {
    visitor: cookies[names.visitor],
    pin: cookies[names.pin],
    workers: workers === undefined ? [] : workers.split(WORKER_SEPARATOR),
    place,
    isOld: false,
  }
}

function isEmpty({ visitor, pin, workers }: OwnCookies): boolean {
  return visitor === undefined && pin === undefined && workers.length === 0
}

/** The cookie by which a visitor is recognised on later days. */
export function visitorCookie(visitor: string, place: CookiePlace): string {
  return toLastingCookie(NAMES[place].visitor, visitor, place)
}

/**
 * The cookie that binds a tab to the version of its document; it ends with the browser's session.
 */
export function pinCookie(pin: string, place: CookiePlace): string {
  return toSessionCookie(NAMES[place].pin, pin, place)
}

const PREVIEW_NAMES = { plain: 'holo-preview', secure: `${HOST_PREFIX}holo-preview` } as const

/** The value of the cookie that keeps a preview. Over https a sibling domain cannot set it. */
export function readPreviewCookie(header: string | null, isSecure: boolean): string | undefined {
  if (!header?.includes(PREVIEW_NAMES.plain)) return undefined
  return parseCookies(header)[isSecure ? PREVIEW_NAMES.secure : PREVIEW_NAMES.plain]
}

/** The cookie that keeps a preview for so many seconds; 0 removes it. */
export function previewCookie(value: string, maxAgeS: number, isSecure: boolean): string {
  const name = isSecure ? PREVIEW_NAMES.secure : PREVIEW_NAMES.plain
  const flags = FLAGS[isSecure ? 'first-party' : 'plain']
  return `${name}=${value}; Path=/; Max-Age=${Math.min(maxAgeS, MAX_AGE_S)}; ${flags}`
}

const WORKER_SEPARATOR = '|'
/** A site has one service worker, rarely two. Beyond this number the oldest are forgotten. */
const MAX_WORKERS = 4
/** Characters that need no escape in a cookie (RFC 6265 section 4.1.1), without the separator. */
const WORKER_PATH = /^\/[!#-+\--:<-[\]-{}~]{0,200}$/

/**
 * The cookie that adds one service worker's script; `undefined` if it is known already, or cannot
 * stand in a cookie.
 */
export function workersCookie(path: string, { workers, place }: OwnCookies): string | undefined {
  if (workers.includes(path) || !WORKER_PATH.test(path)) return undefined
  const paths = [path, ...workers].slice(0, MAX_WORKERS).join(WORKER_SEPARATOR)
  return toLastingCookie(NAMES[place].workers, paths, place)
}

/** Removes the cookies with plain names once those with the prefix have replaced them. */
export function expiredCookies(): string[] {
  return [toExpiredCookie(PLAIN_NAMES.visitor), toExpiredCookie(PLAIN_NAMES.pin)]
}
