// The addresses that belong to Holo itself: never a file of a version, and never a backend's.

const OWN_PREFIX = '/.holo/'

/**
 * Says which version the client would get now. It is the only own address that is decided like any
 * other.
 */
export const VERSION_NOW_PATH = '/.holo/version'

/** Tells the script of a tab whether the tab's version still counts, and what changed. */
export const TAB_PATH = '/.holo/tab'

/** Leaves a preview, or shows another version of it. */
export const PREVIEW_PATH = '/.holo/preview'

/** The script of the bar in previewed pages. */
export const PREVIEW_SCRIPT_PATH = '/.holo/preview.js'

/** Takes what Holo's script reports from a page. */
export const BEACON_PATH = '/.holo/beacon'

/** Takes what browsers report by themselves; the version and environment of the page follow. */
export const REPORTS_PREFIX = '/.holo/reports/'

export function isOwnPath(path: string): boolean {
  return `${path}/`.startsWith(OWN_PREFIX)
}
