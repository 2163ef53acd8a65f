// Every bound on what the control does, with its reason.

import { MAX_REVISION, MAX_WRITTEN_REVISION } from '../document/schema.ts'

/**
 * The budget, in rows written: the platform bills each, and an alarm that is set is one. A change is
 * a revision, an audit row, an event, the state and the alarm; a publication, failed or not, the state
 * twice and perhaps the next alarm.
 */
export const ROWS_PER_CHANGE = 5
export const ROWS_PER_PUBLICATION = 3

/**
 * How the document's 256 KiB are divided, counted without indentation. What a publication may fill, what
 * people may fill with environments and rules, and the rest, which is kept free for what takes back: a
 * shift, a rollback, `withdraw`, and a rollout's own steps change traffic, spent buckets and flags alone.
 */
export const MAX_VERSIONS_BYTES = 128 * 1024
export const MAX_SETTINGS_BYTES = 64 * 1024
export const RESERVED_BYTES = 64 * 1024

/** Counted for each version beside what it says: room for `open`, `withdrawn` and flags like them. */
export const VERSION_RESERVE_BYTES = 100

/**
 * Counted for each environment: any version id it may point at, a flag, its name under `traffic`, and its
 * name once more beside the version that it opens.
 */
export const ENVIRONMENT_RESERVE_BYTES = 260

/** A document is indented for people as long as it is no larger than this with the indentation. */
export const MAX_INDENTED_BYTES = 128 * 1024

/** SQLite in a Durable Object takes 10 GB. Publications end before; what takes back has the rest. */
export const MAX_DATABASE_BYTES = 10 * 10 ** 9
export const MAX_PUBLISHED_DATABASE_BYTES = 9 * 10 ** 9

/** KV takes one write a second and key, and answers 429 to more; a tenth of a second is our margin. */
export const PUT_SPACING_MS = 1100

/** KV answers in 10 to 500 ms. One that has not by then is taken for down. */
export const KV_READ_TIMEOUT_MS = 5000

/** A write goes to KV's central stores, which takes longer than a read. */
export const KV_PUT_TIMEOUT_MS = 10_000

/** After a failure the next attempt waits, twice as long each time, up to the longest. */
export const FIRST_RETRY_MS = 2000
export const LONGEST_RETRY_MS = 60_000

/** For this long KV may still return older documents: it says "up to 60 seconds or more". */
export const KV_PROPAGATION_MS = 120_000

/**
 * The brake on alarms: so many at once, then one in this time. Publications slow down to one in ten
 * seconds then, and isolates still have every change within seconds, because they ask the control.
 */
export const ALARM_BURST = 60
export const ALARM_COST_MS = 10_000

/** What the brake lets through: with its rows about a quarter of what a free account may write a day. */
export const MAX_ALARMS_PER_DAY = ALARM_BURST + 86_400_000 / ALARM_COST_MS

/** An alarm that should have run this long ago is lost: the platform has been seen to do that. */
export const OVERDUE_ALARM_MS = 60_000

/** The watchdog's own wait: longer than a read of KV, and gone before the next minute. */
export const WATCH_TIMEOUT_MS = 15_000

/** Looks at KV because of what isolates report: so many at once, then one in this time. */
export const LOOK_BURST = 6
export const LOOK_COST_MS = 20_000

/** No isolate takes a higher one that a person wrote: one that reports it is mistaken, and not followed. */
export const MAX_LIFTED_REVISION = MAX_WRITTEN_REVISION

/** A document in KV with a higher revision is not adopted: so many are left as no history can hold. */
export const MAX_ADOPTED_REVISION = MAX_REVISION - 2 ** 32

/** A Durable Object takes about 1,000 calls a second; isolates shall need half of that at most. */
export const TARGET_CALLS_PER_SECOND = 500

/** An isolate that asks every two seconds decides on a copy that is younger than five. */
export const SHORTEST_NEXT_MS = 2000

/** Even the last of 150,000 isolates hears of a change within this. */
export const LONGEST_NEXT_MS = 300_000

/** Over how many seconds the calls of isolates are counted. */
export const CALLS_WINDOW_S = 10

/** What changed since a stale revision: enough for a person, and little to send. */
export const MAX_STALE_CHANGES = 50

/** Rows on one page of the history or the audit log, whatever was asked for. */
export const MAX_ANSWERED_ROWS = 200

/** Audit rows that are in memory at once while the chain is verified. */
export const VERIFY_PAGE_ROWS = 200

/** A chain that is broken everywhere needs no longer list. */
export const MAX_VERIFY_PROBLEMS = 100

/** Overwritten hand edits that are kept: the newest. At 256 KiB each that is 25 MB at most. */
export const MAX_KEPT_EDITS = 100

/** What a command was given stands in its audit row; a longer one is in the revision it made. */
export const MAX_DETAIL_CHARACTERS = 4000

/** Only rows of tokens can come between; this many within one hash do not. */
export const MAX_COMMIT_ATTEMPTS = 20

/** R2's answer about a version's record, a file of a few hundred bytes. */
export const RECORD_TIMEOUT_MS = 4000

/** R2 takes a thousand keys in one deletion, in a second or two; who asked for it waits for ten. */
export const MAX_DELETED_KEYS = 1000
export const DELETE_TIMEOUT_MS = 8000

/**
 * A deletion whose outcome nobody heard may still be under way in R2 for a moment. Whoever looks for
 * blobs that it may concern waits for so long.
 */
export const DELETION_SETTLES_MS = 60_000

/** The parts of a blob, and the row of an upload that has arrived, are kept for so long. */
export const UPLOAD_LIFETIME_MS = 7 * 86_400_000

/** An open upload without progress for so long is given up: its pipeline has crashed. */
export const UPLOAD_IDLE_MS = 3_600_000

/** What is younger is never collected, whatever nothing refers to it: its upload may come yet. */
export const COLLECTION_GRACE_MS = 86_400_000

/** Versions that one revision takes out of the document: what its audit row can name. */
export const MAX_RETIRED_VERSIONS = 50

/** Where no version could leave the document although one was to, the next attempt waits for so long. */
export const RETIRING_RETRY_MS = 60_000

/** Revisions that are looked at in one step for who was pointed at: some 10 MB of text. */
export const NOTED_REVISIONS_PER_STEP = 100

/** Open uploads of one token: for another one, the one that was idle longest gives way. */
export const MAX_OPEN_UPLOADS_PER_TOKEN = 50

/** A release shares most files with the one before; each that is compared with is a manifest to load. */
export const MAX_COMPARED_VERSIONS = 3

/** How often a finished upload is brought into a document that others change at the same time. */
export const MAX_ADD_ATTEMPTS = 10

/** A client that has to wait for a deletion asks again after this. */
export const DELETION_WAIT_MS = 500

/** Retention when the settings say nothing that can be meant: versions, and days. */
export const DEFAULT_RETAINED_VERSIONS = 10
export const DEFAULT_RETAINED_DAYS = 30

/** A rollout is looked at as often as its windows close, as long as anything can come of it. */
export const ROLLOUT_LOOK_MS = 10_000

/**
 * One in which time alone does something: often enough that all of it is watched, of which no more than a
 * minute is believed between two looks.
 */
export const ROLLOUT_MINUTE_LOOK_MS = 50_000

/**
 * One that nobody sees and that waits for somebody's word: there are no more windows by then than one look
 * takes in, so that the first look after the word sees all.
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
 * Events that one call hands out to whoever replays a rollout, with their transitions: some 3,000 windows of
 * counts. A week of them is 20 to 40 calls of a few milliseconds each.
 */
export const MAX_EVENTS_PAGE_BYTES = 1024 * 1024

/** Transitions that are told of a rollout: the newest. */
export const MAX_TOLD_TRANSITIONS = 200

/** Events that are kept: at some 300 bytes each 3 MB, and weeks of a busy site. */
export const MAX_OUTBOX_EVENTS = 10_000

/** A subscriber gets so many at once, and has this long to take them. */
export const EVENTS_PER_DELIVERY = 50
export const DELIVERY_TIMEOUT_MS = 15_000
