// What the isolates of one data centre share through the Cache API: the last good document, and
// when the control last confirmed one. Every failure is treated as a miss.

import { type Collected, isCollected } from '../core/counting/batch.ts'
import { withTimeout } from '../core/with-timeout.ts'
import { MAX_ASSIGNMENTS_BYTES } from '../document/limits.ts'
import { type Identity, isDownList, isIdentity } from './sync.ts'

/** The Cache API is in the same building; an answer that is complete later is not worth waiting for. */
const COLO_TIMEOUT_MS = 100

/** The last good copy has to outlast any outage. */
const LAST_GOOD_TTL_S = 30 * 24 * 3600

/** A confirmation is believed for seconds; it is kept a little longer. */
const CONFIRMATION_TTL_S = 60

/**
 * The control said that this is the newest document. `at` is when it was asked, in milliseconds
 * since the epoch.
 */
export type Confirmation = {
  readonly identity: Identity
  readonly at: number
  /** Origins that it said are down; absent if there are none. */
  readonly down?: readonly string[]
  /** Whose visitors it wants collected; absent while nobody compares environments. */
  readonly collected?: Collected
}

export type Colo = {
  /** The text of the last good document, `undefined` if it does not come in time. */
  readonly loadDocument: () => Promise<string | undefined>
  /** Keeps a document, unless this or a higher revision is kept already. */
  readonly storeDocument: (text: string, revision: number) => Promise<void>
  readonly loadConfirmation: () => Promise<Confirmation | undefined>
  readonly storeConfirmation: (confirmation: Confirmation) => Promise<void>
}

/** Hosts that no client can ask for; they are used only in the Cache API. */
const DOCUMENT_KEY = 'https://last-good.holo.invalid/assignments'
const CONFIRMATION_KEY = 'https://last-good.holo.invalid/confirmation'
const REVISION_HEADER = 'holo-revision'

export function createColo(cache: Pick<Cache, 'match' | 'put'>): Colo {
  const match = (key: string) => withTimeout(cache.match(key), COLO_TIMEOUT_MS)
  const readText = async (key: string) => (await cache.match(key))?.text()
  const read = (key: string) => withTimeout(readText(key), COLO_TIMEOUT_MS)
  const put = (key: string, text: string, ttlS: number, headers: Record<string, string> = {}) =>
    cache.put(
      key,
      new Response(text, { headers: { ...headers, 'cache-control': `max-age=${ttlS}` } }),
    )
  return {
    loadDocument: () => orNothing('read', () => read(DOCUMENT_KEY)),
    storeDocument: (text, revision) =>
      orNothing('kept', async () => {
        if (text.length > MAX_ASSIGNMENTS_BYTES) return
        const kept = await match(DOCUMENT_KEY)
        await kept?.body?.cancel()
        if (Number(kept?.headers.get(REVISION_HEADER)) >= revision) return
        await put(DOCUMENT_KEY, text, LAST_GOOD_TTL_S, { [REVISION_HEADER]: String(revision) })
      }),
    loadConfirmation: () =>
      orNothing('read', async () => {
        const text = await read(CONFIRMATION_KEY)
        const kept: unknown = text === undefined ? undefined : JSON.parse(text)
        return isConfirmation(kept) ? kept : undefined
      }),
    storeConfirmation: (confirmation) =>
      orNothing('kept', () =>
        put(CONFIRMATION_KEY, JSON.stringify(confirmation), CONFIRMATION_TTL_S),
      ),
  }
}

function isConfirmation(value: unknown): value is Confirmation {
  const { identity, at, down, collected } = (value ?? {}) as Partial<
    Record<keyof Confirmation, unknown>
  >
  return (
    isIdentity(identity) &&
    typeof at === 'number' &&
    (down === undefined || isDownList(down)) &&
    (collected === undefined || isCollected(collected))
  )
}

async function orNothing<T>(done: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (cause) {
    console.warn(`the data centre's copy of the assignments could not be ${done}`, cause)
    return undefined
  }
}
