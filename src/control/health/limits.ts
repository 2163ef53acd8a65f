// Every bound on what active probes do, with its reason.

/** Whose requests these are: backends can leave them out of their own figures. */
export const PROBE_USER_AGENT = 'Holo-Probe/1 (+active health check)'

/**
 * Two looks are at least so far apart, however many probes there are: each is an alarm, which is a
 * row written. 8,640 rows a day at most, and none without probes.
 */
export const LOOK_SPACING_MS = 10_000
export const MAX_LOOKS_PER_DAY = 86_400_000 / LOOK_SPACING_MS
/** A look that changes nothing writes its alarm; each origin and service that changes is one more. */
export const ROWS_PER_PROBE_LOOK = 1
export const ROWS_PER_CHANGE_OF_HEALTH = 1

/** A Worker may have six connections that wait for an answer; the control needs some for itself. */
export const PROBES_AT_ONCE = 4

/** A free account may make 50 calls for one event; the others of a look come with the next. */
export const PROBES_PER_LOOK = 40

/** Beyond these nothing is asked, and that is said: a look has to end before the next. */
export const MAX_PROBES = 200

/** A health check that takes longer has failed. */
export const PROBE_TIMEOUT_MS = 5000

/** Origins that are named to isolates: each is up to 300 characters in every answer. */
export const MAX_DOWN_ORIGINS = 50

/**
 * Before a rollout gives visitors to a version, each of its origins that has a probe gets so many
 * requests, of which the first may have to start an instance; the rollout waits no longer than this.
 */
export const WARMING_REQUESTS = 3
export const WARMING_MS = 5000
export const MAX_WARMED_ORIGINS = 20
