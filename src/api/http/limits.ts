// Limits on how a request to the API is served, each with its reason. Limits on the fields of a request are
// in src/wire, and those on credentials in control/access.

/** A document of 256 KiB, quoted inside another JSON. */
export const MAX_BODY_BYTES = 512 * 1024

/**
 * A body up to this length (commands, names, weights) is read before the control has authenticated the
 * caller, so that the change and the authentication are one call. This limits what an unauthenticated
 * client can make an isolate read.
 */
export const MAX_UNPROVED_BODY_BYTES = 16 * 1024

/** A body of half a megabyte takes one or two seconds on a slow connection. */
export const BODY_TIMEOUT_MS = 10_000

/** A document with its conditions is about a dozen levels deep. The limit protects the stack. */
export const MAX_JSON_DEPTH = 100

/** The control usually answers in about 50 ms. After this time an error is more useful than waiting. */
export const CONTROL_READ_TIMEOUT_MS = 5000

/** A change gets more time than a read, because an unknown outcome costs the client more. */
export const CONTROL_CHANGE_TIMEOUT_MS = 10_000

/** After this time a control that restarts or is overloaded usually answers again. */
export const RETRY_AFTER_S = 2

/** The control remembers failed attempts of an address for this long. */
export const RETRY_AFTER_ATTEMPTS_S = 60

/**
 * After the control has refused an address for too many attempts, the isolate itself refuses impossible
 * credentials of this address for this long. So a flood does not reach the control, which the edge needs.
 */
export const TURNED_AWAY_MS = 2000
/** The number of addresses that are remembered, with 100 to 200 bytes each: about 100 KB of an isolate. */
export const MAX_TURNED_AWAY = 500
/** How many wrong credentials are remembered for each address, the newest ones. */
export const MAX_WRONG_PER_ADDRESS = 4

const MIB = 2 ** 20

/** The platform accepts bodies of 100 MB on its free plan. Larger files are uploaded in parts. */
export const MAX_PART_BYTES = 95 * MIB

/** R2 accepts slightly less than 5 GiB in one put. */
export const MAX_BLOB_BYTES = 5 * 1024 * MIB - 5 * MIB

/** R2 answers in about 50 ms; from far away, the slowest 1 % of the calls take 2.3 s or more. */
export const STORE_TIMEOUT_MS = 5000

/** 95 MiB in this time are 1.3 Mbit/s, a slow uplink. */
export const UPLOAD_TIMEOUT_MS = 600_000

/** R2 copies about 50 MB per second: 5 GiB take two to five minutes. */
export const ASSEMBLY_TIMEOUT_MS = 600_000

/** How many problems, differences or missing blobs a reply lists. The rest is only counted. */
export const MAX_LISTED_PROBLEMS = 50

/** How many blobs one step looks for: a few pages of R2's list, and a reply of 400 KB. */
export const BLOBS_PER_STEP = 4000

/** Up to this many blobs are looked up one by one; more are found in R2's list, a thousand per call. */
export const MAX_SINGLE_HEADS = 64

/** A step reads at most this many pages of the list, and looks up the remaining blobs one by one. */
export const MAX_LIST_PAGES = 60

/** The platform allows six connections per request; further calls would wait. */
export const STORE_CALLS_AT_ONCE = 6

/** How many keys R2 lists in one call, and deletes in one call. */
export const LIST_PAGE_KEYS = 1000

/**
 * Pages of blobs in one step of the collection. Every step reads all manifests, so it looks at several
 * pages.
 */
export const GARBAGE_PAGES_PER_STEP = 5

/** A step of the collection for which the control was busy is repeated after this time. */
export const COLLECTION_WAIT_MS = 500

/** The longest content type in a manifest. Real ones have about a dozen characters. */
export const MAX_TYPE_CHARACTERS = 200
