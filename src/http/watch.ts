// Requests by which a client learns that there is another version. They must not follow the pin of the
// page that is open: a pin would keep the old version in use for ever. Pure.

import { normalisePath } from '../core/path.ts'

/**
 * `worker` is a service worker's own script, asked for when it is registered and by every update
 * check. `cache` is what a service worker fetches by itself, as when it fills its cache for a new
 * version. `poll` is a file that apps ask for again and again to learn of a new version.
 */
export type Watch = 'worker' | 'cache' | 'poll'

/** What frameworks poll, wherever the app's base path is. */
const POLLED_ENDINGS = ['/_app/version.json', '/_nuxt/builds/latest.json', '/ngsw.json']
/** What others have agreed on: only at the top, because it is a name that an API might have, too. */
const POLLED_PATHS: ReadonlySet<string> = new Set(['/version.json'])

/** What Workbox and Angular's worker put into the query when they fill their caches. */
const CACHE_PARAMETERS = ['__WB_REVISION__=', 'ngsw-cache-bust=']

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
  if (isOfThisOrigin(headers) && CACHE_PARAMETERS.some((name) => url.search.includes(name))) {
    return 'cache'
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
