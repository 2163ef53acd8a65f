// What versions, environments and rules may be called. Both the document's schema and pins, which
// anybody can forge, are held to it.

/** Chosen by the team: `0.0.5`, `2026-11-23.1`, a commit hash. */
export const VERSION_ID = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/

/** Starts with a letter, so that JSON objects keep the order in which names were written. */
export const ENVIRONMENT_NAME = /^[a-z][a-z0-9-]{0,62}$/
