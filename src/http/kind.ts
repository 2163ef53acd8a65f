// What a request is to the page it belongs to, and whether the client learns by it that there is
// another version. Only this file tells a page from a script: crawlers, the not-found page, pins,
// counting and `explain` use its answer. It reads fetch metadata first (W3C Fetch Metadata Request
// Headers), and where a client sends none, `Accept` and then the path.

import type { Address } from '../core/address.ts'
import { normalisePath } from '../core/path.ts'
import type { RequestKind } from '../core/types.ts'

/** Destinations that load a page into another page (Fetch standard, "destination"). */
const FRAMES = ['iframe', 'frame', 'embed', 'object', 'fencedframe']

/** File endings of what pages load or programs read, and of no page. */
const SUBRESOURCE_ENDINGS: ReadonlySet<string> = new Set(
  [
    'js mjs cjs jsx ts tsx css map json json5 jsonld wasm webmanifest xml rss atom txt csv md yml yaml',
    'png jpg jpeg gif webp avif svg ico bmp tif tiff jxl heic woff woff2 ttf otf eot',
    'mp3 mp4 m4a m4v webm ogg oga ogv wav flac aac mov m3u8 mpd vtt',
    'pdf zip gz br zst tgz tar 7z bin data dat glb gltf ktx2 onnx dll pdb apk ics',
  ].flatMap((line) => line.split(' ')),
)

/**
 * The kind of a request. `document` is a GET of a top-level page, and nothing else is. `navigation`
 * opens a page in another way: a frame, a form post, a prefetch. `subresource` clearly asks for
 * something else than a page. `unknown` shows no sign of either: `Accept: *`/`*` or none, as link
 * previews, monitors and curl send it.
 *
 * @param path the normalised path; it decides only where no header does.
 */
export function toKind(method: string, headers: Headers, path: string): RequestKind {
  const destination = headers.get('sec-fetch-dest')
  const mode = headers.get('sec-fetch-mode')
  if (destination === null && mode === null) return guessKind(method, headers, path)
  if (FRAMES.includes(destination ?? '')) return 'navigation'
  // A navigation that a service worker passes on has lost its destination: it has `empty`, with the
  // mode `navigate`.
  if (destination === 'document' || mode === 'navigate') return toPageKind(method, headers)
  return 'subresource'
}

/** Names HTML, with a weight above 0. */
const HTML = /text\/html(?!\s*;\s*q=0(?:\.0+)?\s*(?:,|$))/

/** For clients without fetch metadata: programs, old browsers, and all browsers over plain http. */
function guessKind(method: string, headers: Headers, path: string): RequestKind {
  const accept = headers.get('accept')
  if (accept !== null && HTML.test(accept)) return toPageKind(method, headers)
  // Any type other than "*/*" and "text/*" is a type that is not a page.
  const namesType = accept !== null && /[^\s,;/*]+\/[^\s,;*]/.test(accept)
  return namesType || isNamedAsSubresource(path) ? 'subresource' : 'unknown'
}

function toPageKind(method: string, headers: Headers): RequestKind {
  return method === 'GET' && !isPrefetch(headers) ? 'document' : 'navigation'
}

/** Whether the path alone says that no page is meant. Programs read `/.well-known/` (RFC 8615). */
function isNamedAsSubresource(path: string): boolean {
  if (path.startsWith('/.well-known/')) return true
  const dot = path.lastIndexOf('.')
  return dot > path.lastIndexOf('/') && SUBRESOURCE_ENDINGS.has(path.slice(dot + 1).toLowerCase())
}

/** Whether the browser fetches in advance, for a click that may never come. */
export function isPrefetch(headers: Headers): boolean {
  const purpose = headers.get('sec-purpose') ?? headers.get('purpose') ?? headers.get('x-moz')
  return purpose?.includes('prefetch') ?? false
}

/**
 * Whether a page of another site loads this one into a frame, where the browser keeps cookies
 * separately.
 */
export function isForeignFrame(headers: Headers): boolean {
  return (
    headers.get('sec-fetch-site') === 'cross-site' &&
    FRAMES.includes(headers.get('sec-fetch-dest') ?? '')
  )
}

/** Whether the request opens a page or may open one soon, so that its reply may set cookies. */
export function opensPage(kind: RequestKind): boolean {
  return kind === 'document' || kind === 'navigation'
}

/** The media types of pages. */
export const HTML_TYPE = /^(?:text\/html|application\/xhtml\+xml)\b/i

/**
 * Whether a request may be answered with a page although it does not open one: a link that is
 * prefetched, or a script that inserts a page into the current one. The headers of such requests name
 * neither a destination nor a type.
 */
export function mayTakeHtml(headers: Headers): boolean {
  const accept = headers.get('accept')
  const takesAny = accept === null || accept.includes('*/*') || HTML.test(accept)
  return takesAny && (headers.get('sec-fetch-dest') ?? 'empty') === 'empty'
}

/**
 * How a client learns of a new version. Such a request must not follow the pin of the open page, or
 * the old version would stay in use for ever.
 * - `worker`: a service worker's own script, fetched at registration and by every update check
 * - `cache`: a request that a service worker makes by itself
 * - `fill`: a request of those that almost surely fills a service worker's cache for a new version
 * - `poll`: a file that apps fetch again and again to learn of a new version
 */
export type Watch = 'worker' | 'cache' | 'fill' | 'poll'

/** Paths that frameworks poll, whatever the app's base path is. */
const POLLED_ENDINGS = ['/_app/version.json', '/_nuxt/builds/latest.json', '/ngsw.json']
/**
 * Paths that other apps poll by convention: only at the root, because an API might use the name
 * too.
 */
const POLLED_PATHS: ReadonlySet<string> = new Set(['/version.json'])

/**
 * Angular's worker adds this to the query of a file whose first answer did not match the hash in its
 * list. It does so also for files that an open page of an old version asks for.
 */
const CACHE_PARAMETER = 'ngsw-cache-bust='
/** The script of Angular's worker. All requests that it makes by itself are for files of its cache. */
const ANGULAR_WORKER = '/ngsw-worker.js'

/**
 * @param workers paths of scripts that this browser has fetched as service workers. A request that
 *   a service worker makes by itself has its script as the referrer (Fetch standard, "determine
 *   request's referrer"); one that it passes on for a page has the page.
 * @param polled paths that the document adds.
 */
export function readWatch(
  headers: Headers,
  { site, path, search }: Pick<Address, 'site' | 'path' | 'search'>,
  workers: readonly string[],
  polled: ReadonlySet<string>,
): Watch | undefined {
  if (headers.get('service-worker') === 'script') return 'worker'
  if (isPolled(path, polled)) return 'poll'
  if (search.includes(CACHE_PARAMETER) && isOfThisOrigin(headers)) return 'cache'
  if (workers.length === 0) return undefined
  const referrer = URL.parse(headers.get('referer') ?? '')
  if (referrer?.host !== site.host) return undefined
  const script = normalisePath(referrer) ?? ''
  if (!workers.includes(script)) return undefined
  return script.endsWith(ANGULAR_WORKER) || isPastCache(headers) ? 'fill' : 'cache'
}

/**
 * Whether a worker asks that compares each file with a hash from its list, and keeps none that
 * differs.
 */
export function isByHashingWorker(headers: Headers, search: string): boolean {
  if (search.includes(CACHE_PARAMETER)) return true
  return URL.parse(headers.get('referer') ?? '')?.pathname.endsWith(ANGULAR_WORKER) ?? false
}

/**
 * Whether the request bypasses the browser's cache. Workbox does this for files of its list whose names
 * stay the same (Fetch standard, cache modes `reload` and `no-store`, which send both headers).
 */
function isPastCache(headers: Headers): boolean {
  return headers.get('cache-control') === 'no-cache' && headers.get('pragma') === 'no-cache'
}

/** Whether it may come from a worker of this origin: a sibling domain can send any address. */
function isOfThisOrigin(headers: Headers): boolean {
  const site = headers.get('sec-fetch-site')
  return site === null || site === 'same-origin'
}

function isPolled(path: string, polled: ReadonlySet<string>): boolean {
  if (polled.has(path)) return true
  if (!path.endsWith('.json')) return false
  return POLLED_PATHS.has(path) || POLLED_ENDINGS.some((ending) => path.endsWith(ending))
}
