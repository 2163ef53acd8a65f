// Which names versions and environments may have. The document's schema checks them, and so do
// pins, which anybody can forge.

/** The team chooses it: `0.0.5`, `2026-11-23.1`, a commit hash. */
export const VERSION_ID = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/

/** The id of a build, as a framework sends it. */
export const FRAMEWORK_PIN_ID = /^[A-Za-z0-9._~+/=-]{1,128}$/

/** What a script writes that puts together a value that it does not have. */
export const NO_VALUE: ReadonlySet<string> = new Set(['undefined', 'null', 'NaN'])

/** Starts with a letter, so that JSON objects keep the order in which names were written. */
export const ENVIRONMENT_NAME = /^[a-z][a-z0-9-]{0,62}$/
