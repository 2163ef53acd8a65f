// The budget of the control in rows, and limits that several of its files share. A limit that one file
// alone uses is defined there.

/**
 * The budget in written rows. The platform bills each row, and setting an alarm counts as one. A change
 * writes five: revision, audit row, event, state, alarm. A publication, failed or not, writes the state
 * twice and sometimes the next alarm.
 */
export const ROWS_PER_CHANGE = 5
export const ROWS_PER_PUBLICATION = 3

/** How many changes a `stale` refusal lists: enough for a person, and small to send. */
export const MAX_STALE_CHANGES = 50

/**
 * How often a commit is tried again because another audit row was written while its hashes were
 * computed.
 */
export const MAX_COMMIT_ATTEMPTS = 20

/** How often a running rollout is evaluated: whenever a window of counts closes. */
export const ROLLOUT_LOOK_MS = 10_000

/**
 * Rows of one look at one rollout: its events and its state. With the alarm, which all share, a rollout
 * that runs all day writes about a quarter of what a free account may.
 */
export const ROWS_PER_LOOK = 2

/** The rows of a transition: one of its own and a change of the document, besides those of the look. */
export const ROWS_PER_TRANSITION = ROWS_PER_LOOK + 1 + ROWS_PER_CHANGE

/** The rows of a rollout's start and end. */
export const ROWS_PER_ROLLOUT = 4
