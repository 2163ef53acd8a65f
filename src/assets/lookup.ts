// Which requests may be answered with a file of another version, and with which of its files: parts of a
// page that is open already, and nothing that a browser would run as a page of its own. elsewhere.ts
// finds the files.

import type { ManifestEntry } from '../core/site/manifest.ts'
import type { RequestFacts, Version } from '../core/types.ts'
import { isPrefetch } from '../http/kind.ts'

/**
 * Destinations (Fetch standard section 2.2.5) whose result becomes part of the page that asks. A list
 * of what may, so that a new destination may not: documents and frames are pages, a service worker
 * would keep an old version alive, a web app manifest installs one, and XSLT makes a page.
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

/** Types that are a page wherever they are opened: HTML, and archives of it. */
const PAGE = /^(?:text\/html|application\/xhtml\+xml|multipart\/|message\/)/i

/** Types that are data in a page and run as a page when they are opened: SVG, other XML, PDF. */
const OPENABLE = /^(?:[^;]*[/+](?:xml|xsl|xslt)|(?:application|text)\/(?:x-)?pdf)\s*(?:;|$)/i

/** The beginning of a type that browsers do not have to guess. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+/

/** What installs a web app, however it is asked for. */
const WEB_MANIFEST = /^application\/manifest\+json/i

/** What says something about the whole site to machines, and whose absence says something, too. */
const ABOUT_THE_SITE = /^\/(?:\.well-known\/|(?:robots|ads|app-ads|humans|security)\.txt$)/i

/** Types that a page loads as its own code and looks. Data is not among them. */
const CODE_OR_MEDIA =
  /^(?:text\/(?:java|ecma)script|application\/(?:x-javascript|javascript|ecmascript|wasm)|text\/css|font\/|image\/|audio\/|video\/)/i

/** Whether a type is run as a page when it is opened by itself. */
export function isOpenable(type: string): boolean {
  return isPage(type) || toTypes(type).some((one) => OPENABLE.test(one))
}

/** A type that is none is guessed, and may be guessed to be HTML. */
function isPage(type: string): boolean {
  return toTypes(type).some((one) => PAGE.test(one) || !MEDIA_TYPE.test(one))
}

/** Of several types on one line, browsers take the last that they understand (Fetch section 3.5). */
function toTypes(type: string): string[] {
  return type.split(',').map((one) => one.trim())
}

/** What a request takes from another version; `undefined` when nothing. */
export type FileFilter = {
  /** Whether it takes this file of this version. */
  readonly accepts: (entry: ManifestEntry, version: Version) => boolean
}

/**
 * @param isSure the chosen version is known not to have the file. Otherwise only a name that changes
 * with its content is certain to be the same file.
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
      // A withdrawn version serves nobody; what stays is what its open pages would break without.
      return hashed || (isSure && !withdrawn)
    },
  }
}

/**
 * SVG and the like are taken as an image or by a script. A client that does not say what it wants may
 * be opening it, and what is fetched ahead may be opened next.
 */
function takesOpenable(destination: string | null, headers: Headers): boolean {
  return (destination === 'image' || destination === 'empty') && !isPrefetch(headers)
}

/**
 * Whether a file of another version comes before a service with prefix `/`, which may have an answer
 * of its own: code and media under a name that changes with its content. Everything else comes after.
 */
export function comesBeforeService({ type, hashed }: ManifestEntry): boolean {
  return hashed && CODE_OR_MEDIA.test(type)
}

/**
 * Whether a service with prefix `/` has nothing for a subresource: it says so, or it sends its page to
 * who asks for a script, a style or an image, as apps do that answer every path with one page.
 */
export function isNoAnswer({ status, headers }: Response, asked: Headers): boolean {
  if (status === 404) return true
  const destination = asked.get('sec-fetch-dest') ?? 'empty'
  return status === 200 && destination !== 'empty' && isPage(headers.get('content-type') ?? '')
}
