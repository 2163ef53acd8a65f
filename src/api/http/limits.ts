// Every bound on how a request to the API is served, with its reason. Bounds on what a request says stand in
// src/wire, and those on credentials in control/access.

/** A document of 256 KiB, quoted inside another JSON. */
export const MAX_BODY_BYTES = 512 * 1024

/**
 * Up to this length a body is read before the control has proved the credential, in the call that the
 * body is for: commands, names and weights. What a stranger can make an isolate read is bounded by it.
 */
export const MAX_UNPROVED_BODY_BYTES = 16 * 1024

/** A body of half a megabyte takes a second or two on a poor line. */
export const BODY_TIMEOUT_MS = 10_000

/** A document is a dozen levels deep, with its conditions; a machine's stack is not without end. */
export const MAX_JSON_DEPTH = 100

/** The control answers in some 50 ms; who waits longer learns more from an answer. */
export const CONTROL_READ_TIMEOUT_MS = 5000

/** Committing and telling the outcome is worth more patience than reading. */
export const CONTROL_CHANGE_TIMEOUT_MS = 10_000

/** For a control that restarts, or one that has too much to do. */
export const RETRY_AFTER_S = 2

/** As long as the control remembers failed attempts of an address. */
export const RETRY_AFTER_ATTEMPTS_S = 60

/**
 * An isolate answers for the control this long what cannot be right from an address that the control has
 * turned away, so that a flood from it does not reach the control, which the edge needs.
 */
export const TURNED_AWAY_MS = 2000
/** Addresses, of one or two hundred bytes each: about 100 KB of an isolate. */
export const MAX_TURNED_AWAY = 500
/** Wrong credentials of one address that are known one by one: the newest. */
export const MAX_WRONG_PER_ADDRESS = 4

const MIB = 2 ** 20

/** The platform takes bodies of 100 MB on its free plan; larger files come in parts. */
export const MAX_PART_BYTES = 95 * MIB

/** R2's own bound on one put is 5 GiB, and a little less. */
export const MAX_BLOB_BYTES = 5 * 1024 * MIB - 5 * MIB

/** R2 answers in some 50 ms; from far away its slowest percent takes 2.3 s. */
export const STORE_TIMEOUT_MS = 5000

/** 95 MiB in this time are 1.3 Mbit/s, a poor line upwards. */
export const UPLOAD_TIMEOUT_MS = 600_000

/** R2 copies some 50 MB a second; 5 GiB take two minutes, and on a bad day five. */
export const ASSEMBLY_TIMEOUT_MS = 600_000

/** What a person reads of problems, differences, and missing blobs; the rest is a number. */
export const MAX_LISTED_PROBLEMS = 50

/** Blobs that one step looks for: a few pages of R2's list, and a reply of 400 KB. */
export const BLOBS_PER_STEP = 4000

/** So few are asked for one by one; more are found in R2's list, a thousand in one call. */
export const MAX_SINGLE_HEADS = 64

/** A step reads so many pages of the list; what lies beyond is asked for one by one after all. */
export const MAX_LIST_PAGES = 60

/** The platform has six connections for a request; more would wait for one another. */
export const STORE_CALLS_AT_ONCE = 6

/** Keys that R2 lists at once, and that it deletes at once. */
export const LIST_PAGE_KEYS = 1000

/** Pages of blobs in one step of the collection: every manifest is read once for each step. */
export const GARBAGE_PAGES_PER_STEP = 5

/** A step of the collection that found the control busy is tried again after this. */
export const COLLECTION_WAIT_MS = 500

/** Longest content type that a manifest may name: real ones have a dozen characters. */
export const MAX_TYPE_CHARACTERS = 200
