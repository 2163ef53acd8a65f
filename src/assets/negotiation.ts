// Which stored form of a file a client gets: RFC 9110 section 12.5.3 on what it says it accepts.

import { memoise } from '../core/memoise.ts'
import type { Encoding, ManifestEntry, Representation } from '../core/site/manifest.ts'

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
