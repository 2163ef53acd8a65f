// Bounds of a manifest: docs/storage.md lists them.

/**
 * The largest manifest that is published and served, in bytes: about 100,000 files with three
 * encodings each. An isolate has to hold it in memory.
 */
export const MAX_MANIFEST_BYTES = 24 * 2 ** 20

/**
 * The blobs that a manifest holds itself, in sum. Every isolate that opens the version reads them, so
 * that they are those of its first pages: a typical page with its scripts and styles fits.
 */
export const MAX_INLINE_BYTES = 192 * 2 ** 10

/** Their number. */
export const MAX_INLINE_BLOBS = 48

/**
 * How many paths may share a hash of 32 bits. Among 100,000 paths two share one now and then, three
 * hardly ever. A publisher that could make more of them would have each request compare them all.
 */
export const MAX_SAME_HASH = 8
