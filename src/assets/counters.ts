// What serving assets has cost in this isolate: operations that are billed, that take time, or that
// were saved. Only ever counted up.

/** Operations since the isolate began. */
export type Counters = {
  /** Blobs taken from memory. */
  memoryHits: number
  cacheGets: number
  cacheHits: number
  cachePuts: number
  r2Gets: number
  /** Blobs or manifests that R2 did not give, gave in part, or had not. */
  r2Failures: number
  /** Searches of other versions that were answered from what was found before. */
  negativeHits: number
}

export function createCounters(): Counters {
  return {
    memoryHits: 0,
    cacheGets: 0,
    cacheHits: 0,
    cachePuts: 0,
    r2Gets: 0,
    r2Failures: 0,
    negativeHits: 0,
  }
}
