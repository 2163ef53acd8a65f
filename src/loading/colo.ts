// What the isolates of one data centre share through the Cache API: the last good document, and
// when the control last confirmed one. Every failure is treated as a miss.

import { type Collected, isCollected } from '../core/counting/batch.ts'
import { withTimeout } from '../core/with-timeout.ts'
import { MAX_ASSIGNMENTS_BYTES } from '../document/limits.ts'
import { type CheckedMark, readCheckedMark } from './checked.ts'
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

export type KeptDocument = { readonly text: string; readonly mark: CheckedMark | undefined }

export type Colo = {
  /** The last good document, `undefined` if it does not come in time. */
  readonly loadDocument: () => Promise<KeptDocument | undefined>
  /** Keeps a document in use, unless this or a higher revision is kept already. */
  readonly storeDocument: (text: string, identity: Identity) => Promise<void>
  readonly loadConfirmation: () => Promise<Confirmation | undefined>
  readonly storeConfirmation: (confirmation: Confirmation) => Promise<void>
}

/** Hosts that no client can ask for; they are used only in the Cache API. */
const DOCUMENT_KEY = 'https://last-good.holo.invalid/assignments'
const CONFIRMATION_KEY = 'https://last-good.holo.invalid/confirmation'
const REVISION_HEADER = 'holo-revision'
const FORM_HEADER = 'holo-form'
const DIGEST_HEADER = 'holo-digest'

/** @param form what `toCheckedForm` says of this isolate, which has accepted what it keeps. */
export function createColo(cache: Pick<Cache, 'match' | 'put'>, form: string): Colo {
  const match = (key: string) => withTimeout(cache.match(key), COLO_TIMEOUT_MS)
  const readText = async (key: string) => (await cache.match(key))?.text()
  const read = (key: string) => withTimeout(readText(key), COLO_TIMEOUT_MS)
  const readDocument = async (): Promise<KeptDocument | undefined> => {
    const kept = await cache.match(DOCUMENT_KEY)
    if (!kept) return undefined
    const { headers } = kept
    const mark = readCheckedMark({
      form: headers.get(FORM_HEADER),
      digest: headers.get(DIGEST_HEADER),
    })
    return { text: await kept.text(), mark }
  }
  const put = (key: string, text: string, ttlS: number, headers: Record<string, string> = {}) =>
    cache.put(
      key,
      new Response(text, { headers: { ...headers, 'cache-control': `max-age=${ttlS}` } }),
    )
  return {
    loadDocument: () => orNothing('read', () => withTimeout(readDocument(), COLO_TIMEOUT_MS)),
    storeDocument: (text, { revision, digest }) =>
      orNothing('kept', async () => {
        if (text.length > MAX_ASSIGNMENTS_BYTES) return
        const kept = await match(DOCUMENT_KEY)
        await kept?.body?.cancel()
        if (Number(kept?.headers.get(REVISION_HEADER)) >= revision) return
        await put(DOCUMENT_KEY, text, LAST_GOOD_TTL_S, {
          [REVISION_HEADER]: String(revision),
          [FORM_HEADER]: form,
          [DIGEST_HEADER]: digest,
        })
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
