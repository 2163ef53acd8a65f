// One read of the document from KV, bounded in size. How long it may take, and what is done with
// the text, is kv-source.ts' affair.

import { MAX_ASSIGNMENTS_BYTES } from '../document/parse.ts'
import type { KvText } from './kv-source.ts'
import { KV_CACHE_TTL_S } from './limits.ts'

export const ASSIGNMENTS_KEY = 'assignments'

/** @throws what KV throws. */
export async function readAssignments(kv: KVNamespace): Promise<KvText> {
  const stream = await kv.get(ASSIGNMENTS_KEY, { type: 'stream', cacheTtl: KV_CACHE_TTL_S })
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
