// What a reply says about the representation it carries: validator, type, and who may keep it for
// how long.

import type { ManifestEntry } from '../core/manifest.ts'
import { IMMUTABLE_TTL_S } from './limits.ts'
import type { Choice } from './negotiation.ts'

/** 128 of the hash's 256 bits: chance never makes two of them alike. */
const ETAG_HEX_DIGITS = 32
const HTML = /^(?:text\/html|application\/xhtml\+xml)\b/i

/** A strong tag (RFC 9110 section 8.8.3) of the stored bytes, so that each encoding has its own. */
export function toEtag({ blob }: Choice): string {
  return `"${blob.slice(0, ETAG_HEX_DIGITS)}"`
}

/**
 * HTML belongs to one visitor's version, so no shared cache may keep it. `immutable` is only for a
 * hashed name that was really found; a page that says "not found" is never kept.
 */
export function toCacheControl({ type, hashed }: ManifestEntry, status: 200 | 404): string {
  if (status === 404) return 'no-store'
  if (HTML.test(type)) return 'private, no-cache'
  return hashed
    ? `public, max-age=${IMMUTABLE_TTL_S}, immutable`
    : 'public, max-age=0, must-revalidate'
}

/** The headers of a 304, which those of a 200 begin with (RFC 9110 section 15.4.5). */
export function toValidatorHeaders(
  entry: ManifestEntry,
  choice: Choice,
  status: 200 | 404,
): Record<string, string> {
  return {
    'cache-control': toCacheControl(entry, status),
    'x-content-type-options': 'nosniff',
    ...(status === 200 && { etag: toEtag(choice) }),
    ...(entry.encodings.length > 0 && { vary: 'accept-encoding' }),
  }
}

/** The headers of a reply that carries `choice`, or of the HEAD of one. */
export function toContentHeaders(
  entry: ManifestEntry,
  choice: Choice,
  status: 200 | 404,
): Record<string, string> {
  return {
    ...toValidatorHeaders(entry, choice, status),
    'content-type': entry.type,
    'content-length': String(choice.size),
    ...(choice.encoding && { 'content-encoding': choice.encoding }),
  }
}
