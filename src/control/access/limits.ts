// Every bound on proving who somebody is, with its reason.

/** Below this a secret could be a word that somebody made up; 32 random bytes have 43 characters. */
export const MIN_FIRST_TOKEN_CHARACTERS = 32

/** Ours have 65; whatever is longer is not worth hashing. */
export const MAX_TOKEN_CHARACTERS = 512

/** An Access JWT has about 1,000; one with many groups some more. */
export const MAX_JWT_CHARACTERS = 8192

/** What makes a token: as many bits as its SHA-256 has. */
export const SECRET_BYTES = 32

/** Ids only have to differ; they are no secret. */
export const TOKEN_ID_BYTES = 8

/** For a person to read in a list. */
export const MAX_TOKEN_NAME_CHARACTERS = 100

/** The newest ones are shown; a site has a dozen. */
export const MAX_LISTED_TOKENS = 1000

/** Last use is told to the minute, so that a busy token costs one row a minute and not one a call. */
export const LAST_USE_STEP_MS = 60_000

/** Beside `too_many_attempts` the control lists the tokens that count, if there are no more: 40 KB. */
export const MAX_COUNTING_TOKENS = 2000

/** The list is read again after this, or once a token was made or revoked. */
export const COUNTING_TOKENS_MAX_AGE_MS = 1000

/** Enough that no two of a few thousand credentials are the same. */
export const FINGERPRINT_BYTES = 8

/** A person who mistypes needs a few. From then on isolates keep the address's wrong credentials away. */
export const MAX_FAILED_ATTEMPTS = 10

/** Counted from the first failure; after that the address starts anew. */
export const FAILED_ATTEMPTS_WINDOW_MS = 60_000

/** About 200 KB. Who has more addresses than that pushes older ones out, and still guesses nothing. */
export const MAX_FAILING_ADDRESSES = 2000

/** Access answers in some 50 ms; a person waits for this. */
export const ACCESS_KEYS_TIMEOUT_MS = 3000

/** A key that was taken back is refused after this at the latest; Access rotates every six weeks. */
export const ACCESS_KEYS_MAX_AGE_MS = 3_600_000

/** A JWT names its key itself, so that anybody can name an unknown one: that asks no more than once a minute. */
export const ACCESS_KEYS_UNKNOWN_PAUSE_MS = 60_000

/** Keys that could not be had are not asked for again with every request. */
export const ACCESS_KEYS_FAILED_PAUSE_MS = 10_000

/** Two or three keys have 4 KB. */
export const MAX_ACCESS_KEYS_CHARACTERS = 64 * 1024

/** Two clocks may differ by this. */
export const CLOCK_TOLERANCE_S = 30

/** Longest e-mail address (RFC 5321 section 4.5.3.1), with room; it goes into the audit log. */
export const MAX_ACTOR_CHARACTERS = 320
