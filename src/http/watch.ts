// Requests by which a client learns that there is another version. They must not follow the pin of the
// page that is open: a pin would keep the old version in use for ever. Pure.

import { normalisePath } from '../core/path.ts'

/**
 * `worker` is a service worker's own script, asked for when it is registered and by every update
 * check. `cache` is what a service worker fetches by itself, and `fill` what of it is almost surely a
 * file for its cache of a new version. `poll` is a file that apps ask for again and again to learn of a
 * new version.
 */
export type Watch = 'worker' | 'cache' | 'fill' | 'poll'

/** What frameworks poll, wherever the app's base path is. */
const POLLED_ENDINGS = ['/_app/version.json', '/_nuxt/builds/latest.json', '/ngsw.json']
/** What others have agreed on: only at the top, because it is a name that an API might have, too. */
const POLLED_PATHS: ReadonlySet<string> = new Set(['/version.json'])

/**
 * What Angular's worker puts into the query of a file whose first answer was another one than its list
 * says, also for a file that an open page of an old version has asked for.
 */
const CACHE_PARAMETER = 'ngsw-cache-bust='
/** How Angular calls its worker's script. It fetches nothing by itself but files for its cache. */
const ANGULAR_WORKER = '/ngsw-worker.js'

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
  if (url.search.includes(CACHE_PARAMETER) && isOfThisOrigin(headers)) return 'cache'
  if (workers.length === 0) return undefined
  const referrer = URL.parse(headers.get('referer') ?? '')
  if (referrer?.host !== url.host) return undefined
  const script = normalisePath(referrer) ?? ''
  if (!workers.includes(script)) return undefined
  return script.endsWith(ANGULAR_WORKER) || isPastCache(headers) ? 'fill' : 'cache'
}

/**
 * Whether the browser's own cache may not answer: Workbox asks so for the files of its list whose names
 * stay the same (Fetch standard, cache modes `reload` and `no-store`, which send both headers).
 */
function isPastCache(headers: Headers): boolean {
  return headers.get('cache-control') === 'no-cache' && headers.get('pragma') === 'no-cache'
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
