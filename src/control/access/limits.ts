// How long a credential may be. The API uses these limits too, before it calls the control.

/** Below this a secret could be a word that somebody made up; 32 random bytes have 43 characters. */
export const MIN_FIRST_TOKEN_CHARACTERS = 32

/** Ours have 65; whatever is longer is not worth hashing. */
export const MAX_TOKEN_CHARACTERS = 512

/** An Access JWT has about 1,000; one with many groups some more. */
export const MAX_JWT_CHARACTERS = 8192
