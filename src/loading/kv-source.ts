// KV as a source of the document: reads it when that is due, bounded in size and time, and passes the
// document to holding.ts.

import { withTimeout } from '../core/with-timeout.ts'
import { MAX_ASSIGNMENTS_BYTES } from '../document/limits.ts'
import { type CheckedMark, readCheckedMark } from './checked.ts'
import type { Colo } from './colo.ts'
import { type FlagsKey, readReference, restoreFlags } from './flags-key.ts'
import type { Holding } from './holding.ts'
import { type Turn, Turns, type WaitUntil } from './turns.ts'

/** KV's own minimum for `cacheTtl`; a longer one would only delay hand edits further. */
const KV_CACHE_TTL_S = 30

/** A slow reload in the background does no harm, but one that hangs must not block the next. */
const KV_TIMEOUT_MS = 5000

/**
 * What KV holds: the text of the whole document, `null` if the key does not exist, `oversize` if it was not read to
 * its end, or `torn` if the flags that it refers to are not there (flags-key.ts).
 */
export type KvText = string | null | 'oversize' | 'torn'

/** The same with the mark of a validator, if the value has one. */
export type MarkedText = { readonly text: KvText; readonly mark: CheckedMark | undefined }

export type KvSourceDeps = {
  readonly holding: Holding
  readonly readKv: () => Promise<KvText | MarkedText>
  readonly colo: Pick<Colo, 'storeDocument'>
  /** Called when KV had a newer document, which the control has not confirmed. */
  readonly noteTaken: () => void
  /** Milliseconds between two reads, before jitter. */
  readonly kvRefreshMs: number
  readonly now: () => number
  readonly random: () => number
}

export class KvSource {
  readonly turns: Turns
  /** Since the isolate started. */
  reads = 0
  readonly #deps: KvSourceDeps

  constructor(deps: KvSourceDeps) {
    this.#deps = deps
    const { kvRefreshMs: intervalMs, random } = deps
    this.turns = new Turns({ timeoutMs: KV_TIMEOUT_MS, intervalMs, random })
  }

  /** Begins a read if one is due and none is running. The promise never rejects. */
  startDue(now: number, waitUntil: WaitUntil): Promise<void> | undefined {
    const turn = this.turns.begin(now)
    return turn === undefined ? undefined : this.#reload(turn, now, waitUntil)
  }

  async #reload(turn: Turn, began: number, waitUntil: WaitUntil): Promise<void> {
    const read = await this.#read()
    if (read === 'failed') return this.turns.fail(turn, this.#deps.now())
    if (read) await this.#offer(read, began, waitUntil)
    this.turns.succeed(turn)
  }

  /** The document in KV, `undefined` if it has none that can be read. */
  async #read(): Promise<Readable | undefined | 'failed'> {
    const { holding, readKv } = this.#deps
    this.reads += 1
    try {
      const read = await withTimeout(readKv(), KV_TIMEOUT_MS)
      const { text, mark } =
        typeof read === 'object' && read !== null ? read : { text: read, mark: undefined }
      if (text === 'oversize') {
        holding.refuse('oversize', 'the document in KV is larger than 256 KiB')
        return undefined
      }
      if (text === 'torn') {
        holding.refuse('unreadable', 'KV does not have the flags that its document refers to')
        return 'failed'
      }
      // If the isolate holds a document, the key was lost; otherwise there may never have been one.
      if (text === null && holding.held) {
        holding.refuse('missing', 'KV has no key "assignments" any more')
      }
      return text === null ? undefined : { text, mark }
    } catch (cause) {
      const why = `KV failed: ${cause instanceof Error ? cause.message : cause}`
      holding.refuse('unreadable', why)
      return 'failed'
    }
  }

  async #offer({ text, mark }: Readable, began: number, waitUntil: WaitUntil): Promise<void> {
    const { holding, colo, noteTaken } = this.#deps
    const { identity, outcome } = await holding.offer(text, 'kv', { mark })
    if (!identity) return
    holding.seeInKv(identity, began)
    if (outcome !== 'taken') return
    noteTaken()
    waitUntil(colo.storeDocument(text, identity))
  }
}

export const ASSIGNMENTS_KEY = 'assignments'

type ReadOptions = { readonly type: 'stream'; readonly cacheTtl: number }
const READ: ReadOptions = { type: 'stream', cacheTtl: KV_CACHE_TTL_S }

type Readable = { readonly text: string; readonly mark: CheckedMark | undefined }

/** What is used of a KV namespace. */
type DocumentNamespace = {
  readonly get: (key: string, options: ReadOptions) => Promise<ReadableStream | null>
}
type MarkedNamespace = DocumentNamespace & {
  readonly getWithMetadata: (
    key: string,
    options: ReadOptions,
  ) => Promise<{ readonly value: ReadableStream | null; readonly metadata: unknown }>
}

/**
 * Reads the document again and again with the mark that the control writes beside it, which one written by hand does
 * not have; and large flags only when the document refers to other ones.
 */
export function createKvReader(kv: MarkedNamespace): () => Promise<MarkedText> {
  const known: { flags?: FlagsKey } = {}
  return async () => {
    const { value, metadata } = await kv.getWithMetadata(ASSIGNMENTS_KEY, READ)
    const text = await restore(kv, await readText(value), known)
    return { text, mark: readCheckedMark(metadata) }
  }
}

/**
 * Reads the document once.
 *
 * @param known large flags that were read before.
 * @throws what KV throws.
 */
export async function readAssignments(
  kv: DocumentNamespace,
  known: { flags?: FlagsKey } = {},
): Promise<KvText> {
  return restore(kv, await readKey(kv, ASSIGNMENTS_KEY), known)
}

async function restore(
  kv: DocumentNamespace,
  text: string | null | 'oversize',
  known: { flags?: FlagsKey },
): Promise<KvText> {
  const key = text === null ? undefined : readReference(text)
  if (text === null || key === undefined) return text
  const flags = known.flags?.key === key ? known.flags.text : await readKey(kv, key)
  if (flags === null || flags === 'oversize') return 'torn'
  const whole = await restoreFlags(text, key, flags)
  if (whole === undefined) return 'torn'
  known.flags = { key, text: flags }
  return whole
}

async function readKey(kv: DocumentNamespace, key: string): Promise<string | null | 'oversize'> {
  return readText(await kv.get(key, READ))
}

async function readText(stream: ReadableStream | null): Promise<string | null | 'oversize'> {
  if (stream === null) return null
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > MAX_ASSIGNMENTS_BYTES) return 'oversize'
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
