// The colo's last good document, in the Cache API: what a cold isolate takes when KV does not
// answer. Every failure is the same as having none.

import { LAST_GOOD_TIMEOUT_MS, LAST_GOOD_TTL_S, MAX_ASSIGNMENTS_BYTES } from './limits.ts'
import { withTimeout } from './timeout.ts'

export type LastGood = {
  /** The text of the document, `undefined` when there is none or it cannot be had in time. */
  readonly load: () => Promise<string | undefined>
  /** Keeps `text`, unless a higher revision is kept already. */
  readonly store: (text: string, revision: number) => Promise<void>
}

/** A name that no client can ask for: the Cache API alone knows it. */
const KEY = 'https://last-good.holo.invalid/assignments'
const REVISION_HEADER = 'holo-revision'

export function createLastGood(cache: Pick<Cache, 'match' | 'put'>): LastGood {
  const match = () => withTimeout(cache.match(KEY), LAST_GOOD_TIMEOUT_MS)
  return {
    load: async () => {
      try {
        const kept = await match()
        return kept && (await withTimeout(kept.text(), LAST_GOOD_TIMEOUT_MS))
      } catch (cause) {
        console.warn('the last good assignments could not be read', cause)
        return undefined
      }
    },
    store: async (text, revision) => {
      if (text.length > MAX_ASSIGNMENTS_BYTES) return
      try {
        const kept = await match()
        await kept?.body?.cancel()
        if (Number(kept?.headers.get(REVISION_HEADER)) > revision) return
        const headers = {
          'cache-control': `max-age=${LAST_GOOD_TTL_S}`,
          [REVISION_HEADER]: String(revision),
        }
        await cache.put(KEY, new Response(text, { headers }))
      } catch (cause) {
        console.warn('the last good assignments could not be kept', cause)
      }
    },
  }
}
