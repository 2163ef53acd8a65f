// Limits that several files of the API use, each with its reason. Other limits stand next to the
// code that uses them, limits on the fields of a request in src/wire, and those on credentials in
// control/access.

/** A document of 256 KiB, quoted inside another JSON. */
export const MAX_BODY_BYTES = 512 * 1024

/** A document with its conditions is about a dozen levels deep. The limit protects the stack. */
export const MAX_JSON_DEPTH = 100

const MIB = 2 ** 20

/** The platform accepts bodies of 100 MB on its free plan. Larger files are uploaded in parts. */
export const MAX_PART_BYTES = 95 * MIB

/** R2 accepts slightly less than 5 GiB in one put. */
export const MAX_BLOB_BYTES = 5 * 1024 * MIB - 5 * MIB

/** 95 MiB in this time are 1.3 Mbit/s, a slow uplink. */
export const UPLOAD_TIMEOUT_MS = 600_000

/** How many problems, differences or missing blobs a reply lists. The rest is only counted. */
export const MAX_LISTED_PROBLEMS = 50

/** How many keys R2 lists in one call, and deletes in one call. */
export const LIST_PAGE_KEYS = 1000

/** A map of a bundle of 3 MB with its sources. It is in memory as text and once more as JSON. */
export const MAX_SOURCE_MAP_BYTES = 12 * MIB

/** Each takes 110 bytes when a map is read: 33 MB of the 128 MB of an isolate. */
export const MAX_SOURCE_MAP_SEGMENTS = 300_000

/** The maps that one request reads: those of the first files that its frames name. */
export const MAX_MAPS_PER_REQUEST = 5
