// The bound of a document, which its readers check before they load what parses it.

/** A hundred versions with their services take about 30 KiB; a larger document is a mistake. */
export const MAX_ASSIGNMENTS_BYTES = 256 * 1024
