// What a reply says about the representation it carries: validator, type, and who may keep it for
// how long.

import type { ManifestEntry } from '../core/site/manifest.ts'
import { HTML_TYPE } from '../http/kind.ts'
import { IMMUTABLE_TTL_S } from './limits.ts'
import { isOpenable } from './lookup.ts'
import type { Choice } from './negotiation.ts'

/** What a request has come to, before its conditions and ranges are looked at. */
export type Selected = {
  readonly entry: ManifestEntry
  readonly choice: Choice
  readonly status: 200 | 404
  /** Another version has it, and the chosen one does not. */
  readonly isElsewhere: boolean
  /** The client runs what it gets as a service worker. */
  readonly isServiceWorker: boolean
}

/** 128 of the hash's 256 bits: chance never makes two of them alike. */
const ETAG_HEX_DIGITS = 32

/**
 * Who gets a file of another version, and for how long, changes with the document: no shared cache keeps
 * it, and a browser asks again with each use, so that it cannot stand in the way of a version that has
 * the name itself.
 */
const UNTIL_ASKED_AGAIN = 'private, no-cache'

/**
 * Should a browser open such a file from its cache, where Holo is not asked, then as a page that runs
 * nothing and belongs to no site. As an image or as data it stays what it is.
 */
export const SANDBOX = "sandbox; script-src 'none'"

/** A strong tag (RFC 9110 section 8.8.3) of the stored bytes, so that each encoding has its own. */
export function toEtag({ blob }: Choice): string {
  return `"${blob.slice(0, ETAG_HEX_DIGITS)}"`
}

/**
 * HTML belongs to one visitor's version, so no shared cache may keep it. `immutable` is only for a
 * hashed name that was really found, and never for a service worker: a worker that cannot be
 * replaced keeps its whole site in the past. A page that says "not found" is never kept.
 */
function toCacheControl({ entry, status, isServiceWorker, isElsewhere }: Selected): string {
  if (status === 404) return 'no-store'
  if (isElsewhere && (!entry.hashed || isOpenable(entry.type))) return UNTIL_ASKED_AGAIN
  if (HTML_TYPE.test(entry.type)) return 'private, no-cache'
  return entry.hashed && !isServiceWorker
    ? `public, max-age=${IMMUTABLE_TTL_S}, immutable`
    : 'public, max-age=0, must-revalidate'
}

/** The headers of a 304, which those of a 200 begin with (RFC 9110 section 15.4.5). */
export function toValidatorHeaders(selected: Selected): Record<string, string> {
  const { entry, choice, status, isElsewhere } = selected
  return {
    'cache-control': toCacheControl(selected),
    'x-content-type-options': 'nosniff',
    ...(isElsewhere && isOpenable(entry.type) && { 'content-security-policy': SANDBOX }),
    ...(status === 200 && { etag: toEtag(choice) }),
    ...toVary(entry),
  }
}

/**
 * A page also varies by the cookie that names its version. A 304 must say so as well, whatever it is an
 * answer to: browsers keep its `Vary` in the place of the one they have, and a link that is fetched in
 * advance is enough to have one.
 */
function toVary({ encodings, type }: ManifestEntry): Record<string, string> {
  const names = []
  if (encodings.length > 0) names.push('accept-encoding')
  if (HTML_TYPE.test(type)) names.push('cookie')
  return names.length > 0 ? { vary: names.join(', ') } : {}
}

/** The headers of a reply that carries the whole of what was selected, or of the HEAD of one. */
export function toContentHeaders(selected: Selected): Record<string, string> {
  const { entry, choice, status } = selected
  return {
    ...toValidatorHeaders(selected),
    'content-type': entry.type,
    'content-length': String(choice.size),
    ...(choice.encoding && { 'content-encoding': choice.encoding }),
    // A page that says "not found" is no representation that parts could be asked of.
    ...(status === 200 && { 'accept-ranges': 'bytes' }),
  }
}
