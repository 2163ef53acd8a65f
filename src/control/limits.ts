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

/** A rollout is looked at as often as its windows close, as long as anything can come of it. */
export const ROLLOUT_LOOK_MS = 10_000

/**
 * One in which time alone does something: often enough that all of it is watched, of which no more than a
 * minute is believed between two looks.
 */
export const ROLLOUT_MINUTE_LOOK_MS = 50_000

/**
 * One that nobody sees and that waits for somebody's word: there are no more windows by then than one
 * look takes in, so that the first look after the word sees all.
 */
export const ROLLOUT_RARE_LOOK_MS = 900_000

/** With one that is due all others are looked at that are due within this: one alarm serves them all. */
export const ROLLOUT_LOOK_SLACK_MS = 5000

/** The breaker of looks: so many at once, then one in this time, a little less than they are apart. */
export const ROLLOUT_LOOK_BURST = 30
export const ROLLOUT_LOOK_COST_MS = 9000

/** What the breaker lets through for each rollout. */
export const MAX_ROLLOUT_LOOKS_PER_DAY = ROLLOUT_LOOK_BURST + 86_400_000 / ROLLOUT_LOOK_COST_MS

/**
 * Rows of one look at one rollout: its events and its state. With the alarm, which all share, a rollout
 * that runs all day writes about a quarter of what a free account may.
 */
export const ROWS_PER_LOOK = 2

/** A transition is beside that one row of its own, and a change of the document. */
export const ROWS_PER_TRANSITION = ROWS_PER_LOOK + 1 + ROWS_PER_CHANGE

/** At the start the rollout and its place among those that run; at the end one row to leave it. */
export const ROWS_PER_ROLLOUT = 4

/** A team has a few environments, and each look at each rollout is rows. */
export const MAX_RUNNING_ROLLOUTS = 10

/** Reports of failures are tried on a rollout at most so often: each try reads and judges its state. */
export const ROLLOUT_CONSIDER_MS = 1000

/** Events are kept in chunks of about this many characters: few rows, and none near SQLite's 2 MB. */
export const MAX_EVENT_CHUNK_CHARACTERS = 65_536

/** The events of the newest so many rollouts are kept: some 5 MB for each day that one has run. */
export const MAX_REPLAYABLE_ROLLOUTS = 50

/**
 * Events that one call hands out to whoever replays a rollout, with their transitions: some 3,000
 * windows of counts. A week of them is 20 to 40 calls of a few milliseconds each.
 */
export const MAX_EVENTS_PAGE_BYTES = 1024 * 1024

/** Transitions that are told of a rollout: the newest. */
export const MAX_TOLD_TRANSITIONS = 200
