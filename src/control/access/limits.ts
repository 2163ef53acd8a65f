// Limits on credentials that more than one file needs: the API checks some of them before it calls the
// control.

/** A shorter secret could be made up by a person; 32 random bytes have 43 characters. */
export const MIN_FIRST_TOKEN_CHARACTERS = 32

/** Tokens of Holo have 65 characters. A longer text is not even hashed. */
export const MAX_TOKEN_CHARACTERS = 512

/** A JWT of Access has about 1,000 characters, with many groups some more. */
export const MAX_JWT_CHARACTERS = 8192

/** The name of a token is for people to read in a list. */
export const MAX_TOKEN_NAME_CHARACTERS = 100

/** So many tokens are listed, the newest first. A site has a dozen. */
export const MAX_LISTED_TOKENS = 1000

/**
 * A person has a few browsers, and a team may share a token. Beyond this number the oldest session of the
 * token ends.
 */
export const MAX_SESSIONS_PER_TOKEN = 20

/** Codes are used at once. Beyond this number the oldest unused one of the token is over. */
export const MAX_CODES_PER_TOKEN = 10

/**
 * With `too_many_attempts` the control lists all valid tokens, sessions and codes, unless there are more
 * than this: 40 KB.
 */
export const MAX_COUNTING_TOKENS = 2000
