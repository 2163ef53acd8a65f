// The memory of an isolate that assets may use, and bounds that several files share. An isolate has
// 128 MB for everything (its code, all requests in flight, these memories), so the memories
// together keep below 90 MiB. own-files.ts has a bound of its own.

const MIB = 2 ** 20

/** All blobs that an isolate keeps. A typical site fits completely, in all its encodings. */
export const MAX_MEMORY_BLOBS_BYTES = 32 * MIB

/**
 * The biggest blob that is kept in memory. It is read whole before its reply begins, so that a read
 * that fails still ends in a clean 503. Scripts and styles are far smaller; bigger blobs are
 * streamed.
 */
export const MAX_MEMORY_BLOB_BYTES = 1 * MIB

/**
 * The biggest blob put into the Cache API. Its body is read twice on the way, and what a slow
 * client has not taken yet waits in memory; bigger ones come from R2 each time.
 */
export const MAX_CACHED_BLOB_BYTES = 8 * MIB

/** The files of a page that are read in advance, in a data centre that does not have its version. */
export const MAX_WARMED_FILES = 20

/** All of them together, in the form that the client of the page takes. */
export const MAX_WARMED_BYTES = 1 * MIB

/** Pages with what Holo adds to them. A version has one or a few that are often asked for. */
export const MAX_INSERTED_BYTES = 2 * MIB

/** All manifests that an isolate keeps: that of the largest site, and those of a search. */
export const MAX_MEMORY_MANIFESTS_BYTES = 44 * MIB

/**
 * All manifests of one search for a file of another version, newest first. They count whether they
 * are in memory or not, so that every isolate finds the same file for a path; together with the
 * largest manifest they fit in memory.
 */
export const MAX_SEARCHED_BYTES = 20 * MIB

/** Paths known to be in no searched version: about 5,000. */
export const MAX_NEGATIVES_BYTES = 1 * MIB

/** Sizes of manifests, remembered longer than the manifests: thousands of versions. */
export const MAX_SIZES_BYTES = 256 * 2 ** 10

/** The time for reading a whole body into memory, at most a manifest. */
export const READ_TIMEOUT_MS = 5_000

/**
 * `Cache-Control` of files that never change under their name: a year, the usual value for "for
 * ever".
 */
export const IMMUTABLE_TTL_S = 31_536_000
