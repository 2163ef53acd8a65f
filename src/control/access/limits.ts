// Limits on credentials that more than one file needs: the API checks some of them before it calls the
// control.

/** Below this a secret could be a word that somebody made up; 32 random bytes have 43 characters. */
export const MIN_FIRST_TOKEN_CHARACTERS = 32

/** Ours have 65; whatever is longer is not worth hashing. */
export const MAX_TOKEN_CHARACTERS = 512

/** An Access JWT has about 1,000; one with many groups some more. */
export const MAX_JWT_CHARACTERS = 8192

/** For a person to read in a list. */
export const MAX_TOKEN_NAME_CHARACTERS = 100

/** The newest ones are shown; a site has a dozen. */
export const MAX_LISTED_TOKENS = 1000

/** Beside `too_many_attempts` the control lists the tokens that count, if there are no more: 40 KB. */
export const MAX_COUNTING_TOKENS = 2000
