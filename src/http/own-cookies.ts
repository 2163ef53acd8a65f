// Holo's own cookies: their names, and which of those that a request brings count.

import {
  type CookiePlace,
  HOST_PREFIX,
  toExpiredCookie,
  toLastingCookie,
  toSessionCookie,
} from './cookies.ts'

/** Over plain http, where no browser takes the prefix; and over https until Holo took it up. */
const PLAIN_NAMES = { visitor: 'holo-visitor', pin: 'holo-pin', workers: 'holo-workers' } as const

const HOST_NAMES = {
  visitor: `${HOST_PREFIX}holo-visitor`,
  pin: `${HOST_PREFIX}holo-pin`,
  workers: `${HOST_PREFIX}holo-workers`,
} as const

/**
 * In a frame of another site. They have names of their own because a browser sends these beside the
 * others where a frame of ours stands in a page of ours: the page's must win then.
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
  /** Paths of scripts that this browser asked for as service workers, the newest first. */
  readonly workers: readonly string[]
  /** Where these were set, and where the reply sets its own. */
  readonly place: CookiePlace
  /** They have the plain names though the request came over https: from before the prefix was used. */
  readonly isOld: boolean
}

/**
 * What counts of Holo's cookies. Over https the plain names are read only where none with the prefix
 * is there, and the reply replaces them: any sibling domain can set a plain one.
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
  // Holo never had the workers' cookie under its plain name over https: whoever set it is a stranger.
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

/** The cookie that makes a visitor the same person tomorrow. */
export function visitorCookie(visitor: string, place: CookiePlace): string {
  return toLastingCookie(NAMES[place].visitor, visitor, place)
}

/** The cookie that binds a tab to what served its document; it ends with the browser's session. */
export function pinCookie(pin: string, place: CookiePlace): string {
  return toSessionCookie(NAMES[place].pin, pin, place)
}

const WORKER_SEPARATOR = '|'
/** A site has one service worker, seldom two; more than these are forgotten, the oldest first. */
const MAX_WORKERS = 4
/** What stands in a cookie as it is (RFC 6265 section 4.1.1), without the separator. */
const WORKER_PATH = /^\/[!#-+\--:<-[\]-{}~]{0,200}$/

/** The cookie that remembers one more service worker's script; `undefined` where it is known, or unfit. */
export function workersCookie(path: string, { workers, place }: OwnCookies): string | undefined {
  if (workers.includes(path) || !WORKER_PATH.test(path)) return undefined
  const paths = [path, ...workers].slice(0, MAX_WORKERS).join(WORKER_SEPARATOR)
  return toLastingCookie(NAMES[place].workers, paths, place)
}

/** Takes back the plain names where those with the prefix have come in their place. */
export function expiredCookies(): string[] {
  return [toExpiredCookie(PLAIN_NAMES.visitor), toExpiredCookie(PLAIN_NAMES.pin)]
}
