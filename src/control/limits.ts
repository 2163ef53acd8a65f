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
 * The interval for a rollout that only waits for time to pass. It is below a minute because at most a minute
 * between two looks counts as watched.
 */
export const ROLLOUT_MINUTE_LOOK_MS = 50_000

/**
 * The interval for a rollout without visitors that waits for a person. In this time no more windows close than
 * one look can read, so that the first look after the person's command reads all of them.
 */
export const ROLLOUT_RARE_LOOK_MS = 900_000

/** When one rollout is due, all others that are due within this time are evaluated too, with the same alarm. */
export const ROLLOUT_LOOK_SLACK_MS = 5000

/** The rate limit on looks: a burst, then one per interval, which is a little shorter than their distance. */
export const ROLLOUT_LOOK_BURST = 30
export const ROLLOUT_LOOK_COST_MS = 9000

/** The most looks of one rollout per day. */
export const MAX_ROLLOUT_LOOKS_PER_DAY = ROLLOUT_LOOK_BURST + 86_400_000 / ROLLOUT_LOOK_COST_MS

/**
 * Rows of one look at one rollout: its events and its state. With the alarm, which all share, a rollout
 * that runs all day writes about a quarter of what a free account may.
 */
export const ROWS_PER_LOOK = 2

/** The rows of a transition: one of its own and a change of the document, besides those of the look. */
export const ROWS_PER_TRANSITION = ROWS_PER_LOOK + 1 + ROWS_PER_CHANGE

/** The rows of a rollout's start and end. */
export const ROWS_PER_ROLLOUT = 4

/** A team has a few environments, and each look at each rollout is rows. */
export const MAX_RUNNING_ROLLOUTS = 10

/** After reports of failures a rollout is evaluated at most so often, because each evaluation reads its state. */
export const ROLLOUT_CONSIDER_MS = 1000

/** Events are kept in chunks of about this many characters: few rows, and none near SQLite's 2 MB. */
export const MAX_EVENT_CHUNK_CHARACTERS = 65_536

/** The events of the newest so many rollouts are kept: some 5 MB for each day that one has run. */
export const MAX_REPLAYABLE_ROLLOUTS = 50

/**
 * The size of one page of the events of a rollout, with their transitions: some 3,000 windows of counts. A
 * week of events is 20 to 40 calls of a few milliseconds each.
 */
export const MAX_EVENTS_PAGE_BYTES = 1024 * 1024

/** The most transitions that a reply about a rollout lists: the newest. */
export const MAX_TOLD_TRANSITIONS = 200
