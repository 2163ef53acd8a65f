// Waits until a revision is everywhere: KV has taken it, and the time is over in which a page may
// still be decided on an older one (docs/operations.md).

import { setTimeout as sleep } from 'node:timers/promises'
import { healthAsRead } from '../wire/health-read.ts'
import type { Api } from './api.ts'
import { CliFailure, EXIT } from './failure.ts'

/** `STALE_AFTER_MS` of the edge: no document is decided on a copy that is older, control willing. */
export const EVERYWHERE_AFTER_MS = 5000

const POLL_MS = 500
/** The control spaces and retries its puts; one that takes longer than this has failed. */
const PUBLISH_TIMEOUT_MS = 120_000

export type Everywhere = {
  /** From the accepted change to KV having it, in milliseconds. */
  readonly publishedMs: number
  /** To the moment from which every page is decided by it. */
  readonly everywhereMs: number
}

/** What a change reaches only later, because no request for it comes to Holo at once. */
export const REACHED_LATER = [
  'pages that a service worker shows from its cache: after its next update check and one reload',
  'pages that a browser keeps whole for Back and Forward: when they are loaded anew',
] as const

/** @param acceptedAt as `performance.now()` has it. */
export async function waitUntilEverywhere(
  api: Api,
  revision: number,
  acceptedAt: number,
  signal: AbortSignal,
): Promise<Everywhere> {
  for (;;) {
    const { control } = await api.ask(healthAsRead, 'GET', '/health')
    if ((control?.published ?? 0) >= revision) break
    if (performance.now() - acceptedAt > PUBLISH_TIMEOUT_MS) {
      throw new CliFailure(
        'not_published',
        EXIT.unreachable,
        `revision ${revision} is made, but KV has not taken it: ${control?.publishError ?? 'nobody knows why'}`,
        { hint: 'isolates ask the control and have it all the same; look with "holo status"' },
      )
    }
    await sleep(POLL_MS, undefined, { signal })
  }
  const publishedMs = Math.round(performance.now() - acceptedAt)
  if (publishedMs < EVERYWHERE_AFTER_MS)
    await sleep(EVERYWHERE_AFTER_MS - publishedMs, undefined, { signal })
  return { publishedMs, everywhereMs: Math.round(performance.now() - acceptedAt) }
}
