// A version's own page with what Holo adds to it. Its bytes are made once for each page and addition,
// and kept in memory; a big page is changed while it is sent.

import { type PlannedInsertion, toInsertedEtag } from '../http/insertion.ts'
import { insertIntoBytes, insertIntoStream } from '../http/page-head.ts'
import type { Stamp } from '../http/stamp.ts'
import type { Blobs, LoadedBlob } from './blobs.ts'
import { MAX_INSERTED_BYTES, MAX_MEMORY_BLOB_BYTES } from './limits.ts'
import { BoundedMemory } from './memory.ts'
import { decidePrecondition } from './ranges.ts'
import type { Choice } from './representation.ts'
import type { Background } from './store.ts'

/** Pages with additions, by blob and text. */
export type InsertedPages = BoundedMemory<ArrayBuffer>

export function createInsertedPages(): InsertedPages {
  return new BoundedMemory<ArrayBuffer>(MAX_INSERTED_BYTES)
}

/** The tag of the page; its quotes are those of the opaque part. */
export function toPageEtag(etag: string, { key }: PlannedInsertion): string {
  return toInsertedEtag(etag, key) ?? etag
}

/** As `decidePrecondition`, for a weak tag, which no `If-Match` matches. */
export function decidePagePrecondition(
  headers: Headers,
  etag: string,
): ReturnType<typeof decidePrecondition> {
  const ifMatch = headers.get('if-match')
  if (ifMatch !== null && ifMatch.trim() !== '*') return 'failed'
  return decidePrecondition(headers, etag.replace(/^W\//, ''))
}

/** The body of the page, with its length where that is known, or `unavailable`. */
export async function loadInserted(
  choice: Choice,
  { html }: PlannedInsertion,
  blobs: Blobs,
  pages: InsertedPages,
  ctx: Background,
): Promise<(LoadedBlob & { readonly length: number | undefined }) | 'unavailable'> {
  const name = `${choice.blob} ${html}`
  const known = pages.get(name)
  if (known) return { body: known, source: 'memory', length: known.byteLength }
  const loaded = blobs.peek(choice.blob) ?? (await blobs.load(choice, ctx))
  if (loaded === 'unavailable') return loaded
  const { body, source } = loaded
  if (body instanceof ReadableStream) {
    return { body: insertIntoStream(body, html), source, length: undefined }
  }
  const bytes = body instanceof Uint8Array ? body.slice().buffer : body
  const page = (await insertIntoBytes(bytes, html, true)) ?? bytes
  if (page.byteLength <= MAX_MEMORY_BLOB_BYTES) pages.put(name, page, page.byteLength)
  return { body: page, source, length: page.byteLength }
}

/** The headers of the last reply with a page, without those of the version's own rules. */
type PageHeaders = PlannedInsertion & {
  readonly stamp: Stamp | undefined
  readonly headers: Headers
}
const lastPages = new WeakMap<Choice, PageHeaders>()

/** The fields and the stamp as one object, for a Response to copy. All follow from the form and what is added. */
export function recallPageHeaders(
  choice: Choice,
  { key, html }: PlannedInsertion,
  fields: Record<string, string>,
  stamp: Stamp | undefined,
): Headers {
  const known = lastPages.get(choice)
  if (known?.stamp === stamp && known?.key === key && known.html === html) return known.headers
  const headers = new Headers({ ...fields, ...stamp?.memory })
  lastPages.set(choice, { key, html, stamp, headers })
  return headers
}
