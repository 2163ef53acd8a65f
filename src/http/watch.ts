// Requests by which a client learns that there is another version. They must not follow the pin of the
// page that is open: a pin would keep the old version in use for ever. Pure.

import { normalisePath } from '../core/path.ts'

/**
 * `worker` is a service worker's own script, asked for when it is registered and by every update
 * check. `cache` is what a service worker fetches by itself. `precache` is what it surely fetches to fill
 * its cache for a new version: Workbox says so. `poll` is a file that apps ask for again and again to learn of a new version.
 */
export type Watch = 'worker' | 'cache' | 'precache' | 'poll'

/** What frameworks poll, wherever the app's base path is. */
const POLLED_ENDINGS = ['/_app/version.json', '/_nuxt/builds/latest.json', '/ngsw.json']
/** What others have agreed on: only at the top, because it is a name that an API might have, too. */
const POLLED_PATHS: ReadonlySet<string> = new Set(['/version.json'])

/** What Workbox puts into the query of a file that another version had under the same name. */
const PRECACHE_PARAMETER = '__WB_REVISION__='
/** What Angular's worker puts there, also for a file that an open page of an old version has asked for. */
const CACHE_PARAMETER = 'ngsw-cache-bust='

/**
 * @param workers paths of scripts that this browser has asked for as service workers. A request that
 *   a service worker makes by itself names its script as the referrer (Fetch standard, "determine
 *   request's referrer"); one that it passes on for a page names the page.
 * @param polled paths that the document adds.
 */
export function readWatch(
  { headers, url }: { readonly headers: Headers; readonly url: URL },
  path: string,
  workers: readonly string[],
  polled: ReadonlySet<string>,
): Watch | undefined {
  if (headers.get('service-worker') === 'script') return 'worker'
  if (isPolled(path, polled)) return 'poll'
  if (url.search !== '' && isOfThisOrigin(headers)) {
    if (url.search.includes(PRECACHE_PARAMETER)) return 'precache'
    if (url.search.includes(CACHE_PARAMETER)) return 'cache'
  }
  if (workers.length === 0) return undefined
  const referrer = URL.parse(headers.get('referer') ?? '')
  if (referrer?.host !== url.host) return undefined
  return workers.includes(normalisePath(referrer) ?? '') ? 'cache' : undefined
}

/** Whether it may come from a worker of this origin: a sibling domain can ask for any address. */
function isOfThisOrigin(headers: Headers): boolean {
  const site = headers.get('sec-fetch-site')
  return site === null || site === 'same-origin'
}

function isPolled(path: string, polled: ReadonlySet<string>): boolean {
  if (polled.has(path)) return true
  if (!path.endsWith('.json')) return false
  return POLLED_PATHS.has(path) || POLLED_ENDINGS.some((ending) => path.endsWith(ending))
}
