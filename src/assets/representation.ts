// Which stored form of a file a client gets (RFC 9110 section 12.5.3), and what the reply says
// about it: validator, type, and who may keep it for how long.

import { memoise } from '../core/memoise.ts'
import type { EncodedForm, ManifestEntry, Representation } from '../core/site/manifest-entry.ts'
import { HTML_TYPE } from '../http/kind.ts'
import type { Stamp } from '../http/stamp.ts'
import { hasDeltas } from './dictionaries.ts'
import { IMMUTABLE_TTL_S } from './limits.ts'
import { isOpenable } from './lookup.ts'

/** The chosen form; without `encoding` it is the file unencoded. */
export type Choice = Representation & {
  readonly encoding?: EncodedForm['encoding']
  readonly dictionary?: string | undefined
}

/** The order among forms of equal weight and size. */
const PREFERENCE: readonly EncodedForm['encoding'][] = ['dcb', 'dcz', 'br', 'zstd', 'gzip']
/** Below any weight that can be written: acceptable, but not asked for. */
const UNNAMED_IDENTITY_WEIGHT = 0.0001
const MEMBER = /^([!#$%&'*+.^_`|~\w-]+)(?:\s*;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i

/**
 * The best form by weight, then by size. A client that accepts none of the forms (not even
 * identity) gets the file unencoded: section 12.4.1 lets a server disregard the field rather than
 * answer 406, and a file that the client may be able to read is better than none.
 *
 * @param dictionary what the client has. A delta is only for this one, and only if its coding is named.
 */
export function chooseRepresentation(
  entry: ManifestEntry,
  accept: string,
  dictionary?: string,
): Choice {
  if (entry.encodings.length === 0 || accept === '') return entry
  const weights = weightsOf(accept)
  const anything = weights.get('*')
  let best: Choice = entry
  let bestWeight = weights.get('identity') ?? anything ?? UNNAMED_IDENTITY_WEIGHT
  for (const candidate of entry.encodings) {
    const isDelta = candidate.dictionary !== undefined
    if (isDelta && candidate.dictionary !== dictionary) continue
    const weight = weights.get(candidate.encoding) ?? (isDelta ? 0 : (anything ?? 0))
    if (weight === 0 || weight < bestWeight) continue
    if (weight > bestWeight || isBetter(candidate, best)) {
      best = candidate
      bestWeight = weight
    }
  }
  return best
}

/** Maps each coding, in lower case, to its weight. Members that cannot be read are skipped. */
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

/** Browsers send the same few lists again and again. */
const weightsOf = memoise(parseWeights)

function isBetter(candidate: Choice, best: Choice): boolean {
  if (candidate.size !== best.size) return candidate.size < best.size
  return rank(candidate) < rank(best)
}

function rank({ encoding }: Choice): number {
  return encoding ? PREFERENCE.indexOf(encoding) : -1
}

/** The result of choosing a file and its form, before conditions and ranges are looked at. */
export type Selection = {
  readonly entry: ManifestEntry
  readonly choice: Choice
  readonly status: 200 | 404
  /** Another version has the file, and the chosen one does not. */
  readonly isElsewhere: boolean
  /** The client uses the reply as a service worker. */
  readonly isServiceWorker: boolean
  /** The `Use-As-Dictionary` of the reply. */
  readonly useAsDictionary?: string | undefined
}

/** 128 of the hash's 256 bits: no two contents have the same by chance. */
const ETAG_HEX_DIGITS = 32

/**
 * Which version's file is found, and for how long, changes with the document. So no shared cache
 * keeps it, and a browser asks again at each use; otherwise it could hide the file of a version
 * that has the name itself.
 */
const UNTIL_ASKED_AGAIN = 'private, no-cache'

/**
 * If a browser opens such a file from its cache, where Holo is not asked, it does so as a page that
 * runs nothing and belongs to no site. As an image or as data the file works as usual.
 */
export const SANDBOX = "sandbox; script-src 'none'"

/** A strong tag (RFC 9110 section 8.8.3) of the stored bytes, so that each encoding has its own. */
export function toEtag({ blob }: Choice): string {
  return `"${blob.slice(0, ETAG_HEX_DIGITS)}"`
}

/**
 * HTML belongs to one visitor's version, so no shared cache may keep it. `immutable` is only for a
 * hashed name that exists, and never for a service worker: one that could not be replaced would
 * keep its whole site at an old version. A page for "not found" is never kept.
 */
function toCacheControl({ entry, status, isServiceWorker, isElsewhere }: Selection): string {
  if (status === 404) return 'no-store'
  if (isElsewhere && (!entry.hashed || isOpenable(entry.type))) return UNTIL_ASKED_AGAIN
  if (HTML_TYPE.test(entry.type)) return 'private, no-cache'
  return entry.hashed && !isServiceWorker
    ? `public, max-age=${IMMUTABLE_TTL_S}, immutable`
    : 'public, max-age=0, must-revalidate'
}

/** Both parts with the stamp that was asked for last. */
type UsualHeaders = { stamp: Stamp | undefined; validators?: Headers; content?: Headers }

/** By form, as long as a manifest's entry is remembered. Each form belongs to one entry. */
const usual = new WeakMap<Choice, UsualHeaders>()

/**
 * What `toValidatorHeaders` or `toContentHeaders` gives, for a Response to copy. It is remembered for a
 * file that was selected in the usual way: with 200, of the chosen version, and for no service worker.
 *
 * @param stamp what the reply says of its version as well, where `isUsual`. That of a 304 says that no bytes were
 *   read, the other one that they came from memory.
 */
export function recallHeaders(
  selected: Selection,
  part: 'validators' | 'content',
  stamp?: Stamp,
): HeadersInit {
  const { choice } = selected
  const make = part === 'content' ? toContentHeaders : toValidatorHeaders
  if (!isUsual(selected)) return make(selected)
  const last = usual.get(choice)
  const known: UsualHeaders = last && last.stamp === stamp ? last : { stamp }
  if (known !== last) usual.set(choice, known)
  const fields = stamp?.[part === 'content' ? 'memory' : 'none']
  known[part] ??= new Headers({ ...make(selected), ...fields })
  return known[part]
}

/** Whether the headers of such a reply are remembered. */
export function isUsual({
  entry,
  status,
  isElsewhere,
  isServiceWorker,
  useAsDictionary,
}: Selection): boolean {
  // Whether a dictionary says that it is one depends on who asks.
  if (entry.isDictionary && useAsDictionary === undefined) return false
  return status === 200 && !isElsewhere && !isServiceWorker
}

/** The headers of a 304; those of a 200 begin with them (RFC 9110 section 15.4.5). */
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
 * A page also varies by the cookie that names its version. A 304 has to say so too, whatever it
 * answers: browsers replace the `Vary` that they have stored by that of a 304, and a prefetched
 * link is enough to have stored one.
 */
function toVary(entry: ManifestEntry): Record<string, string> {
  const { encodings, type } = entry
  const names = []
  if (encodings.length > 0) names.push('accept-encoding')
  if (hasDeltas(entry)) names.push('available-dictionary')
  if (HTML_TYPE.test(type)) names.push('cookie')
  return names.length > 0 ? { vary: names.join(', ') } : {}
}

/** The headers of a reply with the whole of what was selected, or of its HEAD. */
export function toContentHeaders(selected: Selection): Record<string, string> {
  const { entry, choice, status, useAsDictionary } = selected
  return {
    ...toValidatorHeaders(selected),
    'content-type': entry.type,
    'content-length': String(choice.size),
    ...(choice.encoding && { 'content-encoding': choice.encoding }),
    ...(useAsDictionary !== undefined && { 'use-as-dictionary': useAsDictionary }),
    // A page for "not found" has no parts that could be asked for.
    ...(status === 200 && { 'accept-ranges': 'bytes' }),
  }
}
