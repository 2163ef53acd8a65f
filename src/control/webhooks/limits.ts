// The limits of webhooks.

/** A team has a chat, a pipeline and a few services. Each costs a row for each event that it gets. */
export const MAX_WEBHOOKS = 20

/** The newest deliveries of each webhook are kept: about 300 bytes each. */
export const MAX_WEBHOOK_DELIVERIES = 100

/** A receiver that needs longer should take the event first, and work on it later. */
export const WEBHOOK_TIMEOUT_MS = 10_000

/** For a test or a redelivery, whose caller waits. Below the time that the API waits for the control. */
export const ASKED_TIMEOUT_MS = 5000

/** The waits after failed attempts in a row; the last one is repeated. */
export const WEBHOOK_WAITS_MS: readonly number[] = [
  5000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000,
]

/** A receiver may ask for a longer wait with `Retry-After`, up to this. */
export const LONGEST_WEBHOOK_WAIT_MS = 3_600_000

/** After so long without success a webhook is disabled. */
export const MAX_FAILING_MS = 3 * 86_400_000

/** A Worker may have six open connections at a time; probes may use four of them. */
export const WEBHOOKS_AT_ONCE = 2

/** A free account may make 50 calls per event, of which probes may take 40. The others come with the next alarm. */
export const DELIVERIES_PER_RUN = 8

/** How far ahead the waiting events of a webhook are counted. */
export const WAITING_COUNTED = 1000
