// Which requests may be answered with a file of another version, and with which of its files: parts
// of a page that is open already, and nothing that a browser would run as a page of its own.
// elsewhere.ts finds the files.

import type { ManifestEntry } from '../core/site/manifest-entry.ts'
import type { RequestFacts, Version } from '../core/types.ts'
import { isPrefetch } from '../http/kind.ts'

/**
 * Destinations (Fetch standard section 2.2.5) whose result becomes part of the page that asks. It
 * is a list of what is allowed, so that a new destination is not: documents and frames are pages, a
 * service worker would keep an old version in use, a web app manifest installs one, and XSLT makes
 * a page.
 */
const PARTS_OF_A_PAGE = new Set([
  'script',
  'style',
  'font',
  'image',
  'audio',
  'video',
  'track',
  'json',
  'text',
  'empty',
  'worker',
  'sharedworker',
  'audioworklet',
  'paintworklet',
])

/** Types that are always pages: HTML, and archives of it. */
const PAGE = /^(?:text\/html|application\/xhtml\+xml|multipart\/|message\/)/i

/**
 * Types that are data inside a page and run as a page when opened directly: SVG, other XML, PDF.
 */
const OPENABLE = /^(?:[^;]*[/+](?:xml|xsl|xslt)|(?:application|text)\/(?:x-)?pdf)\s*(?:;|$)/i

/** The beginning of a valid type, which browsers do not have to guess. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+/

/** The type of a web app manifest, which installs an app, however it is fetched. */
const WEB_MANIFEST = /^application\/manifest\+json/i

/**
 * Files by which machines learn something about the whole site; their absence is information too.
 */
const ABOUT_THE_SITE = /^\/(?:\.well-known\/|(?:robots|ads|app-ads|humans|security)\.txt$)/i

/** Types that a page loads as its code and appearance. Data is not among them. */
const CODE_OR_MEDIA =
  /^(?:text\/(?:java|ecma)script|application\/(?:x-javascript|javascript|ecmascript|wasm)|text\/css|font\/|image\/|audio\/|video\/)/i

/** Whether a file of this type runs as a page when it is opened directly. */
export function isOpenable(type: string): boolean {
  return isPage(type) || toTypes(type).some((one) => OPENABLE.test(one))
}

/** Whether a type is a page. A browser guesses an invalid type, and may guess HTML. */
function isPage(type: string): boolean {
  return toTypes(type).some((one) => PAGE.test(one) || !MEDIA_TYPE.test(one))
}

/**
 * If a line has several types, browsers use the last one that they understand (Fetch section 3.5).
 */
function toTypes(type: string): string[] {
  return type.split(',').map((one) => one.trim())
}

/** Which files of other versions a request accepts. */
export type FileFilter = {
  /** Whether the request accepts this file of this version. */
  readonly accepts: (entry: ManifestEntry, version: Version) => boolean
}

/**
 * The files that a request accepts from other versions; `undefined` if none.
 *
 * @param isSure the chosen version certainly does not have the file. If that is not certain, only a
 *   name that changes with its content is sure to be the same file.
 */
export function toFileFilter(
  { kind, path }: Pick<RequestFacts, 'kind' | 'path'>,
  headers: Headers,
  isSure: boolean,
): FileFilter | undefined {
  if (kind !== 'subresource' || ABOUT_THE_SITE.test(path)) return undefined
  if (headers.has('service-worker')) return undefined
  const destination = headers.get('sec-fetch-dest')
  if (destination !== null && !PARTS_OF_A_PAGE.has(destination)) return undefined
  const mayOpen = takesOpenable(destination, headers)
  return {
    accepts: ({ type, hashed }, { withdrawn }) => {
      if (isPage(type) || WEB_MANIFEST.test(type) || (isOpenable(type) && !mayOpen)) return false
      // A withdrawn version serves nobody; only files without which its open pages would break
      // remain.
      return hashed || (isSure && !withdrawn)
    },
  }
}

/**
 * Whether SVG and the like are accepted: as an image, or by a script. A client that does not say
 * what the file is for may be opening it, and what is fetched in advance may be opened next.
 */
function takesOpenable(destination: string | null, headers: Headers): boolean {
  return (destination === 'image' || destination === 'empty') && !isPrefetch(headers)
}

/**
 * Whether a file of another version comes before a service with prefix `/`, which may have an
 * answer of its own: code and media whose name changes with the content. All other files come after
 * the service.
 */
export function comesBeforeService({ type, hashed }: ManifestEntry): boolean {
  return hashed && CODE_OR_MEDIA.test(type)
}

/**
 * Whether a service with prefix `/` has no answer for a subresource: it says so, or it sends its
 * page to a request for a script, a style or an image, like apps that answer every path with one
 * page.
 */
export function isNoAnswer({ status, headers }: Response, asked: Headers): boolean {
  if (status === 404) return true
  const destination = asked.get('sec-fetch-dest') ?? 'empty'
  return status === 200 && destination !== 'empty' && isPage(headers.get('content-type') ?? '')
}
