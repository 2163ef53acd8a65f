// Every bound on counting in an isolate, with its reason. Those that the control shares are in core.

/** A call that has not ended by then never will: longer than the longest wait for the control. */
export const IN_FLIGHT_MS = 4000

/** Work behind a reply may go on for 30 s; a control that is busy is tried again until then. */
export const FLUSH_WITHIN_MS = 25_000

/** Another call is under way, which takes everything along or ends soon. */
export const FLUSH_AGAIN_MS = 500

/** Analytics Engine takes 25 data points for each invocation in the stricter of its documents. */
export const MAX_POINTS = 20

/** About 1 MB of an isolate's 128. */
export const MAX_REMEMBERED_ADDRESSES = 10_000
