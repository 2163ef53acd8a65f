// Every bound of serving assets, with its unit and its reason. An isolate has 128 MB for everything
// (its code, all requests in flight, these memories), so the memories together keep below 80 MiB.

const MIB = 2 ** 20

/** Hot blobs kept in an isolate, in sum. A typical site fits in whole, in all its encodings. */
export const MAX_MEMORY_BLOBS_BYTES = 32 * MIB

/**
 * The biggest blob kept in memory. It is read whole before its reply begins, which also lets a read
 * that fails end in a clean 503; scripts and styles are far below, and what is bigger is streamed.
 */
export const MAX_MEMORY_BLOB_BYTES = 1 * MIB

/**
 * The biggest blob put into the Cache API. On its way there it is read twice, and what a slow client
 * has not taken yet waits in memory; anything bigger comes from R2 each time.
 */
export const MAX_CACHED_BLOB_BYTES = 8 * MIB

/** Manifests kept in an isolate, in sum: that of the largest site, and a search beside it. */
export const MAX_MEMORY_MANIFESTS_BYTES = 44 * MIB

/**
 * Their manifests, in sum, newest first. Counted whether they are in memory or not, so that the same
 * path finds the same thing in every isolate; together with the largest manifest they fit in memory.
 */
export const MAX_SEARCHED_BYTES = 20 * MIB

/** Paths known to be in no searched version: about 5,000 of them. */
export const MAX_NEGATIVES_BYTES = 1 * MIB

/** Sizes of manifests, which are remembered beyond the manifests: thousands of versions. */
export const MAX_SIZES_BYTES = 256 * 2 ** 10

/** A whole body that is read into memory: at most a manifest. */
export const READ_TIMEOUT_MS = 5_000

/** `Cache-Control` of what never changes under its name: a year, the customary "for ever". */
export const IMMUTABLE_TTL_S = 31_536_000
