// Which stored form of a file a client gets (RFC 9110 section 12.5.3), and what the reply says about it:
// validator, type, and who may keep it for how long.

import { memoise } from '../core/memoise.ts'
import type { Encoding, ManifestEntry, Representation } from '../core/site/manifest.ts'
import { HTML_TYPE } from '../http/kind.ts'
import { IMMUTABLE_TTL_S } from './limits.ts'
import { isOpenable } from './lookup.ts'

/** The form that was chosen; without `encoding` it is the file as it is. */
export type Choice = Representation & { readonly encoding?: Encoding }

/** Among equals in weight and size. */
const PREFERENCE: readonly Encoding[] = ['br', 'zstd', 'gzip']
/** Below any weight that can be written: acceptable, and wished for by nobody. */
const UNNAMED_IDENTITY_WEIGHT = 0.0001
const MEMBER = /^([!#$%&'*+.^_`|~\w-]+)(?:\s*;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i

/**
 * The best form by weight, then by size. A client that accepts nothing there is (not even identity)
 * gets the file as it is: section 12.4.1 lets a server disregard the field rather than answer 406,
 * and a file that can perhaps not be read is worth more than none.
 */
export function chooseRepresentation(entry: ManifestEntry, accept: string): Choice {
  if (entry.encodings.length === 0 || accept === '') return entry
  const weights = weightsOf(accept)
  const anything = weights.get('*')
  let best: Choice = entry
  let bestWeight = weights.get('identity') ?? anything ?? UNNAMED_IDENTITY_WEIGHT
  for (const candidate of entry.encodings) {
    const weight = weights.get(candidate.encoding) ?? anything ?? 0
    if (weight === 0 || weight < bestWeight) continue
    if (weight > bestWeight || isBetter(candidate, best)) {
      best = candidate
      bestWeight = weight
    }
  }
  return best
}

/** Coding in lower case → weight. A member that cannot be read says nothing. */
function parseWeights(accept: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const member of accept.split(',')) {
    const [, coding, weight] = MEMBER.exec(member.trim()) ?? []
    if (coding === undefined) continue
    // RFC 9110 section 8.4.1.3: x-gzip is the same as gzip.
    const name = coding.toLowerCase().replace(/^x-gzip$/, 'gzip')
    weights.set(name, weight === undefined ? 1 : Number(weight))
  }
  return weights
}

/** Browsers send a handful of lists, again and again. */
const weightsOf = memoise(parseWeights)

function isBetter(candidate: Choice, best: Choice): boolean {
  if (candidate.size !== best.size) return candidate.size < best.size
  return rank(candidate) < rank(best)
}

function rank({ encoding }: Choice): number {
  return encoding ? PREFERENCE.indexOf(encoding) : -1
}

/** What a request has come to, before its conditions and ranges are looked at. */
export type Selection = {
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
function toCacheControl({ entry, status, isServiceWorker, isElsewhere }: Selection): string {
  if (status === 404) return 'no-store'
  if (isElsewhere && (!entry.hashed || isOpenable(entry.type))) return UNTIL_ASKED_AGAIN
  if (HTML_TYPE.test(entry.type)) return 'private, no-cache'
  return entry.hashed && !isServiceWorker
    ? `public, max-age=${IMMUTABLE_TTL_S}, immutable`
    : 'public, max-age=0, must-revalidate'
}

/** The headers of a 304, which those of a 200 begin with (RFC 9110 section 15.4.5). */
export function toValidatorHeaders(selected: Selection): Record<string, string> {
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
export function toContentHeaders(selected: Selection): Record<string, string> {
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
