// What a request is to the page it belongs to, and whether the client learns by it that there is another
// version. Only this file tells a page from a script: crawlers, the not-found page, pins, counting and
// `explain` use its answer. It reads fetch metadata first (W3C Fetch Metadata Request Headers), and
// where a client sends none, `Accept` and then the path.

import { normalisePath } from '../core/path.ts'
import type { RequestKind } from '../core/types.ts'

/** What loads a page into a page (Fetch standard, "destination"). */
const FRAMES = ['iframe', 'frame', 'embed', 'object', 'fencedframe']

/** Endings of what pages load or programs read, and what no page is called. */
const SUBRESOURCE_ENDINGS: ReadonlySet<string> = new Set(
  [
    'js mjs cjs jsx ts tsx css map json json5 jsonld wasm webmanifest xml rss atom txt csv md yml yaml',
    'png jpg jpeg gif webp avif svg ico bmp tif tiff jxl heic woff woff2 ttf otf eot',
    'mp3 mp4 m4a m4v webm ogg oga ogv wav flac aac mov m3u8 mpd vtt',
    'pdf zip gz br zst tgz tar 7z bin data dat glb gltf ktx2 onnx dll pdb apk ics',
  ].flatMap((line) => line.split(' ')),
)

/**
 * `document` is a GET of a top-level page, and nothing else is. `navigation` is a page that is opened
 * in another way: a frame, a form post, a prefetch. `subresource` plainly asks for something else
 * than a page. `unknown` shows no sign of either: `Accept: *`/`*` or none, as link previews, monitors
 * and curl send it.
 *
 * @param path the normalised path; it decides only where no header does.
 */
export function toKind(method: string, headers: Headers, path: string): RequestKind {
  const destination = headers.get('sec-fetch-dest')
  const mode = headers.get('sec-fetch-mode')
  if (destination === null && mode === null) return guessKind(method, headers, path)
  if (FRAMES.includes(destination ?? '')) return 'navigation'
  // A navigation that a service worker passes on has lost its destination: `empty`, and `navigate`.
  if (destination === 'document' || mode === 'navigate') return toPageKind(method, headers)
  return 'subresource'
}

/** HTML by name, and not with a weight of 0. */
const HTML = /text\/html(?!\s*;\s*q=0(?:\.0+)?\s*(?:,|$))/

/** For clients without fetch metadata: programs, old browsers, and all browsers over plain http. */
function guessKind(method: string, headers: Headers, path: string): RequestKind {
  const accept = headers.get('accept')
  if (accept !== null && HTML.test(accept)) return toPageKind(method, headers)
  // Anything but "*/*" and "text/*" names a type that is no page.
  const namesType = accept !== null && /[^\s,;/*]+\/[^\s,;*]/.test(accept)
  return namesType || isNamedAsSubresource(path) ? 'subresource' : 'unknown'
}

function toPageKind(method: string, headers: Headers): RequestKind {
  return method === 'GET' && !isPrefetch(headers) ? 'document' : 'navigation'
}

/** Whether the path alone says that no page is meant. `/.well-known/` is read by programs (RFC 8615). */
function isNamedAsSubresource(path: string): boolean {
  if (path.startsWith('/.well-known/')) return true
  const dot = path.lastIndexOf('.')
  return dot > path.lastIndexOf('/') && SUBRESOURCE_ENDINGS.has(path.slice(dot + 1).toLowerCase())
}

/** Whether the browser fetches ahead of a click that may never come. */
export function isPrefetch(headers: Headers): boolean {
  const purpose = headers.get('sec-purpose') ?? headers.get('purpose') ?? headers.get('x-moz')
  return purpose?.includes('prefetch') ?? false
}

/** Whether a page of another site loads this one into a frame, where it keeps only cookies of its own. */
export function isForeignFrame(headers: Headers): boolean {
  return (
    headers.get('sec-fetch-site') === 'cross-site' &&
    FRAMES.includes(headers.get('sec-fetch-dest') ?? '')
  )
}

/** Whether the request opens a page or may open one soon: whether its reply may set cookies. */
export function opensPage(kind: RequestKind): boolean {
  return kind === 'document' || kind === 'navigation'
}

/** Types of pages. */
export const HTML_TYPE = /^(?:text\/html|application\/xhtml\+xml)\b/i

/**
 * Whether a request may be answered with a page although it does not open one: a link that is fetched in
 * advance, or a script that puts a page into this one. Both say neither what they are for nor what they take.
 */
export function mayTakeHtml(headers: Headers): boolean {
  const accept = headers.get('accept')
  const takesAny = accept === null || accept.includes('*/*') || HTML.test(accept)
  return takesAny && (headers.get('sec-fetch-dest') ?? 'empty') === 'empty'
}

/**
 * `worker` is a service worker's own script, asked for when it is registered and by every update
 * check. `cache` is what a service worker fetches by itself, and `fill` those of them that are almost
 * surely files for its cache of a new version. `poll` is a file that apps ask for again and again to
 * learn of a new version.
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
