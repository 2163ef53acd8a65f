// Examines one object of the store: whether it is there, has its size, and has the bytes whose hash is its name.

import { toHex } from '../../core/hex.ts'
import { withTimeout } from '../../core/with-timeout.ts'

/** Larger objects are not read: R2 has checked their hash when it took them, and keeps it beside them. */
export const MAX_EXAMINED_BYTES = 100 * 2 ** 20

/** R2 gives 100 MB in a few seconds. */
const EXAMINE_TIMEOUT_MS = 20_000

export type StoredFile = {
  readonly kind: 'blob' | 'manifest'
  readonly sha256: string
  /** `undefined` if it is not known. */
  readonly size: number | undefined
}

/** `unavailable`: R2 failed or timed out, so it is not known how the object is. */
export type Examination = 'whole' | 'unavailable' | { readonly problem: string }

/** One read of R2, or two. Never throws. */
export async function examineFile(
  bucket: Pick<R2Bucket, 'get'>,
  file: StoredFile,
  maxBytes = MAX_EXAMINED_BYTES,
): Promise<Examination> {
  const key = `${file.kind}s/${file.sha256}`
  try {
    const examined = await withTimeout(examine(bucket, key, file, maxBytes), EXAMINE_TIMEOUT_MS)
    if (examined !== BROKEN_OFF) return examined
    // A connection may break once; the bytes of a damaged object end early each time.
    return await withTimeout(examine(bucket, key, file, maxBytes), EXAMINE_TIMEOUT_MS)
  } catch (cause) {
    console.error(`${key} could not be examined`, cause)
    return 'unavailable'
  }
}

async function examine(
  bucket: Pick<R2Bucket, 'get'>,
  key: string,
  { sha256, size }: StoredFile,
  maxBytes: number,
): Promise<Examination> {
  const object = await bucket.get(key)
  if (!object) return { problem: 'is not stored' }
  if (size !== undefined && object.size !== size) {
    await object.body.cancel()
    return { problem: `is stored with ${object.size} bytes instead of ${size}` }
  }
  if (object.size > maxBytes) {
    await object.body.cancel()
    const noted = object.checksums.sha256
    return !noted || toHex(new Uint8Array(noted)) === sha256 ? 'whole' : OTHER_BYTES
  }
  const digest = new crypto.DigestStream('SHA-256')
  const isRead = await object.body.pipeTo(digest).then(
    () => true,
    () => false,
  )
  if (!isRead) {
    digest.digest.catch(() => undefined)
    return BROKEN_OFF
  }
  return toHex(new Uint8Array(await digest.digest)) === sha256 ? 'whole' : OTHER_BYTES
}

const BROKEN_OFF: Examination = { problem: 'breaks off when it is read' }
const OTHER_BYTES: Examination = { problem: 'is stored with other bytes than its hash says' }
