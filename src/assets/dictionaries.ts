// Compression dictionaries (RFC 9842): which dictionary a request has, whether it may be used, and what a
// reply says of itself as a dictionary. representation.ts chooses the form that is sent.

import { memoise } from '../core/memoise.ts'
import { toDictionaryMatch } from '../core/site/dictionary-match.ts'
import type { ManifestEntry } from '../core/site/manifest-entry.ts'

/** Adds a version's own headers to a reply, as in serve.ts. */
type ApplyHeaders = (headers: Headers) => void

/**
 * A byte sequence of a SHA-256 (RFC 8941 sections 3.3.5 and 4.2.7, which lets the padding be left out): an item,
 * whose parameters say nothing here.
 */
const HASH_ITEM = /^ *:([A-Za-z0-9+/]{43}=?): *(?:;[^,]*)?$/

/** Hosts that browsers trust without HTTPS (Secure Contexts, section 3.1), at the beginning of a URL. */
const LOOPBACK = /^http:\/\/(?:(?:[^/:]+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?(?:\/|$)/i

/** Whether the file has a form that can only be read with a dictionary. */
export function hasDeltas({ encodings }: ManifestEntry): boolean {
  // Deltas are at the end.
  return encodings.at(-1)?.dictionary !== undefined
}

/**
 * The dictionary that a request has and may be answered with, in hex. `undefined` also for a range: its
 * parts could come from different forms.
 */
export function toDictionary(
  entry: ManifestEntry,
  request: Request,
  applyHeaders: ApplyHeaders | undefined,
): string | undefined {
  if (!hasDeltas(entry)) return undefined
  const { headers } = request
  const [, base64] = HASH_ITEM.exec(headers.get('available-dictionary') ?? '') ?? []
  if (base64 === undefined || headers.has('range')) return undefined
  return mayUse(request, applyHeaders) ? toHexDigits(base64) : undefined
}

const matchOf = memoise(toDictionaryMatch)

/** The `Use-As-Dictionary` of a reply with the file; `undefined` if it is no dictionary or may not be one. */
export function toUseAsDictionary(
  { path, isDictionary }: ManifestEntry,
  request: Request,
  applyHeaders: ApplyHeaders | undefined,
): string | undefined {
  if (!isDictionary) return undefined
  const match = matchOf(path)
  if (match === '' || !mayUse(request, applyHeaders)) return undefined
  // A string of a structured field (RFC 8941 section 3.3.3). Paths in URLs have no quotation marks.
  return `match="${match.replaceAll('\\', '\\\\')}"`
}

/** Whether RFC 9842 lets dictionaries be used: only where nobody on the way reads along (section 8). */
function mayUse({ url, headers }: Request, applyHeaders: ApplyHeaders | undefined): boolean {
  const isSecure = url.startsWith('https:') || LOOPBACK.test(url)
  return isSecure && isReadable(headers, applyHeaders)
}

/**
 * Whether the page that asks may read the reply (RFC 9842 section 9.3.3). Otherwise the length of a delta
 * would tell it something about files that it cannot read.
 */
function isReadable(headers: Headers, applyHeaders: ApplyHeaders | undefined): boolean {
  const site = headers.get('sec-fetch-site')
  const mode = headers.get('sec-fetch-mode')
  if (site === null || site === 'same-origin' || mode === null) return true
  if (mode === 'navigate' || mode === 'same-origin') return true
  const origin = headers.get('origin')
  if (mode !== 'cors' || origin === null || !applyHeaders) return false
  const reply = new Headers()
  applyHeaders(reply)
  const allowed = reply.get('access-control-allow-origin')
  return allowed === '*' || allowed === origin
}

function toHexDigits(base64: string): string {
  let hex = ''
  for (const character of atob(base64)) hex += character.charCodeAt(0).toString(16).padStart(2, '0')
  return hex
}
