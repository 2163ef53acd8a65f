// A bound of watching bodies, apart from the code that needs the platform.

/** Longer bodies are not searched for an error: an error is short, and parsing takes CPU time. */
export const MAX_ERROR_BODY_BYTES = 65_536
