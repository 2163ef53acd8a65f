// Reads and writes manifests, blobs, parts of blobs and version records in R2 for the API. Every call has
// a timeout, and every failure is a returned value. The callers check what may be written.

import { type Examination, examineFile, type StoredFile } from '../../control/releases/examine.ts'
import { withTimeout } from '../../core/with-timeout.ts'
import type { VersionRecord } from '../../document/version-record.ts'
import { LIST_PAGE_KEYS, UPLOAD_TIMEOUT_MS } from '../http/limits.ts'
import type { UsedBucket } from './counted-bucket.ts'

/** R2 answers in about 50 ms; from far away, the slowest 1 % of the calls take 2.3 s or more. */
const STORE_TIMEOUT_MS = 5000

/** R2 copies about 50 MB per second: 5 GiB take two to five minutes. */
const ASSEMBLY_TIMEOUT_MS = 600_000

export type Folder = 'blobs' | 'manifests' | 'versions' | 'parts'

/** `unavailable`: R2 failed or timed out, so it is not known whether the object exists. */
export type ContentAbsence = 'missing' | 'unavailable'
export type Written = 'created' | 'existing' | 'wrong-hash' | 'unavailable'

export type ListResult = {
  /** The key without its folder. */
  readonly name: string
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly uploadedAt: number
}
export type StorePage = { readonly items: readonly ListResult[]; readonly isLast: boolean }

/** Bytes of a request whose number is known before they arrive. */
export type Octets = {
  /** Can be read once. It breaks off where fewer bytes arrive than were announced. */
  readonly stream: ReadableStream<Uint8Array>
  readonly size: number
}

export type BlobPart = { readonly part: number; readonly size: number }

/** Hashes are SHA-256, 64 lower-case hex digits. */
export type ContentStore = {
  readonly getManifest: (hash: string) => Promise<Uint8Array<ArrayBuffer> | ContentAbsence>
  /** The text of a blob; `missing` also if it is longer than `maxBytes`. */
  readonly readText: (
    hash: string,
    maxBytes: number,
  ) => Promise<{ readonly text: string } | ContentAbsence>
  /** The bytes of a blob; `missing` also if there are more than `maxBytes`. */
  readonly readBlob: (
    hash: string,
    maxBytes: number,
  ) => Promise<Uint8Array<ArrayBuffer> | ContentAbsence>
  /** The caller has checked that the bytes have this hash. A damaged manifest is replaced. */
  readonly putManifest: (hash: string, bytes: Uint8Array<ArrayBuffer>) => Promise<Written>
  /** Length in bytes. */
  readonly sizeOfBlob: (hash: string) => Promise<number | ContentAbsence>
  /**
   * R2 checks the hash. Without `replace`, a blob that is stored already is not written again, and `octets`
   * is not read.
   */
  readonly putBlob: (hash: string, octets: Octets, replace: boolean) => Promise<Written>
  /** The same for a blob that is in memory: one call, also for one that is stored already. */
  readonly putSmallBlob: (
    hash: string,
    bytes: Uint8Array<ArrayBuffer>,
    replace: boolean,
  ) => Promise<Written>
  readonly examine: (file: StoredFile) => Promise<Examination>
  readonly putPart: (hash: string, part: number, octets: Octets) => Promise<Written>
  readonly listParts: (hash: string) => Promise<readonly BlobPart[] | 'unavailable'>
  /** Joins the parts, in their order, to the blob. R2 checks the hash. */
  readonly joinParts: (hash: string, parts: readonly BlobPart[]) => Promise<Written>
  readonly removeParts: (hash: string, parts: readonly BlobPart[]) => Promise<void>
  readonly readRecord: (version: string) => Promise<VersionRecord | ContentAbsence>
  /** The names after `after`, in alphabetical order. */
  readonly list: (
    folder: Folder,
    prefix: string,
    after: string,
  ) => Promise<StorePage | 'unavailable'>
}

/** R2's error 10037: the bytes do not have the given hash. */
const WRONG_HASH = /\(10037\)|checksum you specified did not match/i

export function createContentStore(bucket: UsedBucket): ContentStore {
  const ask = async <T>(what: string, ms: number, call: () => Promise<T>) => {
    try {
      return await withTimeout(call(), ms)
    } catch (cause) {
      if (WRONG_HASH.test(String(cause))) return 'wrong-hash'
      console.error(`R2 did not ${what}`, cause)
      return 'unavailable'
    }
  }
  const read = async <T>(key: string, take: (body: R2ObjectBody) => Promise<T>) => {
    const found = await ask(`give ${key}`, STORE_TIMEOUT_MS, async () => {
      const body = await bucket.get(key)
      return body ? take(body) : 'missing'
    })
    return found === 'wrong-hash' ? 'unavailable' : found
  }
  const put = async (
    key: string,
    hash: string,
    bytes: Uint8Array<ArrayBuffer>,
    replace: boolean,
  ): Promise<Written> => {
    const options = { ...(replace ? {} : { onlyIf: { etagDoesNotMatch: '*' } }), sha256: hash }
    const written = await ask(`take ${key}`, UPLOAD_TIMEOUT_MS, () =>
      bucket.put(key, bytes, options),
    )
    return typeof written === 'string' ? written : written ? 'created' : 'existing'
  }
  const sizeOfBlob: ContentStore['sizeOfBlob'] = async (hash) => {
    const head = await ask(`look for ${hash}`, STORE_TIMEOUT_MS, () => bucket.head(`blobs/${hash}`))
    if (head === null) return 'missing'
    return typeof head === 'string' ? 'unavailable' : head.size
  }
  return {
    getManifest: (hash) =>
      read(`manifests/${hash}`, async (body) => new Uint8Array(await body.arrayBuffer())),
    readText: (hash, maxBytes) =>
      read(`blobs/${hash}`, async (body) =>
        body.size > maxBytes ? 'missing' : { text: await body.text() },
      ),
    readBlob: (hash, maxBytes) =>
      read(`blobs/${hash}`, async (body) =>
        body.size > maxBytes ? 'missing' : new Uint8Array(await body.arrayBuffer()),
      ),
    putManifest: async (sha256, bytes) => {
      const key = `manifests/${sha256}`
      const first = await put(key, sha256, bytes, false)
      if (first !== 'existing') return first
      const found = await examineFile(bucket, { kind: 'manifest', sha256, size: bytes.length })
      return typeof found === 'string' ? first : put(key, sha256, bytes, true)
    },
    putSmallBlob: (hash, bytes, replace) => put(`blobs/${hash}`, hash, bytes, replace),
    examine: (file) => examineFile(bucket, file),
    sizeOfBlob,
    putBlob: async (hash, { stream, size }, replace) => {
      const known = replace ? 'missing' : await sizeOfBlob(hash)
      if (known !== 'missing') return known === 'unavailable' ? known : 'existing'
      const put = await ask(`take blob ${hash}`, UPLOAD_TIMEOUT_MS, () =>
        bucket.put(`blobs/${hash}`, toFixed(stream, size), { sha256: hash }),
      )
      return typeof put === 'string' ? put : 'created'
    },
    putPart: async (hash, part, { stream, size }) => {
      const key = toPartKey(hash, part)
      const put = await ask(`take ${key}`, UPLOAD_TIMEOUT_MS, () =>
        bucket.put(key, toFixed(stream, size)),
      )
      return typeof put === 'string' ? put : 'created'
    },
    listParts: async (hash) => {
      const prefix = `parts/${hash}/`
      const found = await ask(`list ${prefix}`, STORE_TIMEOUT_MS, () => bucket.list({ prefix }))
      if (typeof found === 'string') return 'unavailable'
      return found.objects.map(({ key, size }) => ({
        part: Number(key.slice(prefix.length)),
        size,
      }))
    },
    joinParts: async (hash, parts) => {
      const total = parts.reduce((sum, { size }) => sum + size, 0)
      const put = await ask(`join the parts of ${hash}`, ASSEMBLY_TIMEOUT_MS, async () => {
        const { readable, writable } = new FixedLengthStream(total)
        const joined = bucket.put(`blobs/${hash}`, readable, { sha256: hash })
        const [outcome, poured] = await Promise.allSettled([
          joined,
          pour(
            bucket,
            parts.map(({ part }) => toPartKey(hash, part)),
            writable,
          ),
        ])
        if (outcome.status === 'rejected') throw outcome.reason
        if (poured.status === 'rejected') throw poured.reason
      })
      return typeof put === 'string' ? put : 'created'
    },
    removeParts: async (hash, parts) => {
      const keys = parts.map(({ part }) => toPartKey(hash, part))
      // Parts that could not be deleted are collected as garbage after a week.
      await ask(`remove the parts of ${hash}`, STORE_TIMEOUT_MS, () => bucket.delete(keys))
    },
    readRecord: (version) => read(`versions/${version}`, (body) => body.json<VersionRecord>()),
    list: async (folder, prefix, after) => {
      const found = await ask(`list ${folder}/`, STORE_TIMEOUT_MS, () =>
        bucket.list({
          prefix: `${folder}/${prefix}`,
          limit: LIST_PAGE_KEYS,
          ...(after === '' ? {} : { startAfter: `${folder}/${after}` }),
        }),
      )
      if (typeof found === 'string') return 'unavailable'
      const items = found.objects.map(({ key, size, uploaded }) => ({
        name: key.slice(folder.length + 1),
        size,
        uploadedAt: uploaded.getTime(),
      }))
      return { items, isLast: !found.truncated }
    },
  }
}

/** Pads numbers to the same length, so that R2 lists parts in their order. */
function toPartKey(hash: string, part: number): string {
  return `parts/${hash}/${String(part).padStart(5, '0')}`
}

/** Fails when the number of bytes differs from the announced one, so that R2 stores nothing. */
function toFixed(stream: ReadableStream<Uint8Array>, size: number): ReadableStream<Uint8Array> {
  const { readable, writable } = new FixedLengthStream(size)
  // R2 gets the failure through the stream that it reads.
  stream.pipeTo(writable).catch(() => undefined)
  return readable
}

async function pour(
  bucket: UsedBucket,
  keys: readonly string[],
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  try {
    for (const key of keys) {
      const part = await bucket.get(key)
      if (!part) throw new Error(`${key} is gone`)
      await part.body.pipeTo(writable, { preventClose: true, preventAbort: true })
    }
    await writable.close()
  } catch (cause) {
    await writable.abort(cause).catch(() => undefined)
    throw cause
  }
}
