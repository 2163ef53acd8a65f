// What the document says about the shadow of an environment, compiled: which requests are copied, to where,
// within which bounds, and how the answers are compared.

import { murmur3Text } from '../murmur3.ts'
import { BUCKETS } from '../traffic.ts'

/** Bytes of an answer that are read to compare it. What follows is not compared. */
export const MAX_COMPARED_BYTES = 262_144

/** The longest body of a request that is held in memory to be copied. */
export const MAX_COPIED_BODY_BYTES = 65_536

/** Work after a reply may go on for 30 s, and the counts of the copy have to be sent as well. */
export const MAX_SHADOW_TIMEOUT_MS = 20_000

/** Tells whether a place in JSON, as `/items/0/price`, is meant. */
export type PlaceTest = (place: string) => boolean

export type Comparison = {
  /** In lower case. */
  readonly headers: readonly string[]
  /** What is left out, with all that is in it. */
  readonly ignore: readonly PlaceTest[]
  /** Lists whose order does not matter. */
  readonly unordered: readonly PlaceTest[]
  /** Numbers may differ by this share of the larger one. */
  readonly numbers: number
  /** Times may differ by so many milliseconds. */
  readonly timesMs: number
  /** An answer that comes this much later than the base's is a difference. */
  readonly slowerMs: number
}

export type ShadowPlan = {
  /** The environment whose services get the copies. */
  readonly to: string
  /** 0 to 100, with two decimals. */
  readonly percent: number
  readonly by: 'visitor' | 'request'
  readonly matchesPath: (path: string) => boolean
  readonly methods: ReadonlySet<string>
  readonly maxBodyBytes: number
  /** Names of headers and parameters that are sent although they look like credentials; in lower case. */
  readonly allowed: ReadonlySet<string>
  /** Bounds of each isolate. */
  readonly perSecond: number
  readonly concurrent: number
  /** After so long a copy is given up, with all that belongs to it. */
  readonly timeoutMs: number
  /** For so many percent of the copies the base is asked twice. */
  readonly baseline: number
  /** How many times each request is copied, from 1. */
  readonly repeat: number
  /** Milliseconds since the epoch: before it nothing is copied, and nothing from `until` on. */
  readonly since: number
  readonly until: number
  readonly compare: Comparison
}

/**
 * Whether a request is in the sample: the same visitor or request always gets the same answer, and a higher
 * share only adds to a lower one.
 *
 * @param id of the visitor or of the request.
 */
export function isShadowed(salt: string, percent: number, id: string): boolean {
  return toShare(`${salt}.shadow.${id}`) < percent * (BUCKETS / 100)
}

/** Whether the base is asked twice for a request; independent of whether the request is in the sample. */
export function isBaseline(salt: string, percent: number, id: string): boolean {
  return toShare(`${salt}.baseline.${id}`) < percent * (BUCKETS / 100)
}

function toShare(text: string): number {
  return Math.floor((murmur3Text(text) * BUCKETS) / 2 ** 32)
}
