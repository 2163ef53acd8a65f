// What visitors have met, as isolates report it to the control: one entry for each visitor, metric
// and route, as numbers, because there may be thousands in a batch.

import ipaddr from 'ipaddr.js'
import { toNetworks } from '../ip-address.ts'
import { murmur3Text } from '../murmur3.ts'
import { MAX_OPERATORS } from './limits.ts'

/** What an entry is about; entries name it by its place in a list. */
export type OutcomeKind = {
  /** The metric's name: see metrics.ts. */
  readonly metric: string
  /** The service's route as routes.ts writes it; empty where a metric has no routes. */
  readonly route: string
  /** What exactly the visitor got, such as `503` or `origin_timeout`; for people. */
  readonly code?: string
}

/**
 * Who a client may be, as hashes of 24 bits: the address itself (a /64 of IPv6), and for IPv6 the /56
 * and the /48 around it. They show that many visitors are one client, and cannot show which. All are 0
 * where an address means nothing: there is none, or it belongs to a private network, where several
 * clients may have the same.
 */
export type ClientHashes = {
  readonly client: number
  readonly site: number
  readonly network: number
  /**
   * Who operates the network (the number of the autonomous system), as a hash below `MAX_OPERATORS`;
   * 0 if it is not known.
   */
  readonly operator: number
}

/** Of the client only what evidence is weighed by. */
export type Outcome = Omit<ClientHashes, 'client'> & {
  /** The visitor's hash: see `toVisitorHash`. */
  readonly visitor: number
  /** The place of its kind in the list. */
  readonly kind: number
  /**
   * How many edges a measurement lies above, from 1. Without edges 1, or `CONNECTION_LEVEL` where
   * the backend could not be reached or did not answer.
   */
  readonly level: number
  /** The place of the visitor's client in the list of clients, from 1; 0 where it is not known. */
  readonly segment: number
}

/** The level of a failure to get any answer: new instances that start cause it as well. */
export const CONNECTION_LEVEL = 2

/** An entry is so many words of 32 bits. */
export const OUTCOME_WORDS = 4

/** Kinds in one group: 8 bits. */
export const MAX_KINDS = 255

/** Addresses are hashed to so many bits. */
export const HASH_BITS = 24
export const HASH_MASK = 2 ** HASH_BITS - 1

/** Appends an entry to a list of words. */
export function pushOutcome(words: number[], outcome: Outcome): void {
  const { visitor, kind, level, site, network, operator, segment } = outcome
  words.push(
    visitor >>> 0,
    ((level << HASH_BITS) | operator) >>> 0,
    ((kind << HASH_BITS) | site) >>> 0,
    toSegmentWord(segment, network),
  )
}

/** The entries of a list of words. */
export function* readOutcomes(words: Uint32Array): Iterable<Outcome> {
  for (let at = 0; at + OUTCOME_WORDS <= words.length; at += OUTCOME_WORDS) {
    const [visitor, second, third, fourth] = words.subarray(at, at + OUTCOME_WORDS) as unknown as [
      number,
      number,
      number,
      number,
    ]
    yield {
      visitor,
      level: second >>> HASH_BITS,
      operator: second & HASH_MASK,
      kind: third >>> HASH_BITS,
      site: third & HASH_MASK,
      ...readSegmentWord(fourth),
    }
  }
}

/** The place of a client in the list of clients, and the hash of its network, in one word. */
export function toSegmentWord(segment: number, network: number): number {
  return ((segment << HASH_BITS) | network) >>> 0
}

export function readSegmentWord(word: number): Pick<Outcome, 'segment' | 'network'> {
  return { segment: word >>> HASH_BITS, network: word & HASH_MASK }
}

const NOBODY: ClientHashes = { client: 0, site: 0, network: 0, operator: 0 }
const VISITOR_SEED = 0x5a3b1e07
const ADDRESS_SEED = 0x1f83d9ab

/**
 * The hash of a visitor, 0 to 2^32 - 1. `key` is a secret of the control, so that nobody who chooses
 * an id knows its hash; and it has nothing to do with the visitor's bucket.
 */
export function toVisitorHash(key: string, visitor: string): number {
  return murmur3Text(`${key}.${visitor}`, VISITOR_SEED)
}

/** @param asn the number of the autonomous system that the address belongs to, if it is known. */
export function toClientHashes(
  key: string,
  address: string | null,
  asn: number | undefined,
): ClientHashes {
  if (!address || !ipaddr.isValid(address)) return NOBODY
  const networks = toNetworks(address)
  if (!networks) return NOBODY
  const [client, site, network] = networks.map((name) => toHash(key, name))
  return {
    client: client ?? 0,
    site: site ?? 0,
    network: network ?? 0,
    operator: asn === undefined ? 0 : 1 + (toHash(key, `AS${asn}`) % (MAX_OPERATORS - 1)),
  }
}

function toHash(key: string, name: string): number {
  const hash = murmur3Text(`${key}.${name}`, ADDRESS_SEED) >>> (32 - HASH_BITS)
  return hash === 0 ? 1 : hash
}
