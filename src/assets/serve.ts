// From an intent to a reply: method, encoding, preconditions, ranges, and only then the bytes. A
// HEAD, 304, 412 and 416 read none. The order is that of RFC 9110 section 13.2.

import type { Intent } from '../core/site/resolve.ts'
import { errorResponse } from '../http/errors.ts'
import { type Insertion, type PlannedInsertion, planInsertion } from '../http/insertion.ts'
import { HTML_TYPE } from '../http/kind.ts'
import { splitQuery } from '../http/query.ts'
import type { Stamp } from '../http/stamp.ts'
import type { Blobs, LoadedBlob } from './blobs.ts'
import { toDictionary, toUseAsDictionary } from './dictionaries.ts'
import {
  decidePagePrecondition,
  type InsertedPages,
  loadInserted,
  recallPageHeaders,
  toPageEtag,
} from './inserted.ts'
import { loadParts } from './parts.ts'
import { type ByteRange, decidePrecondition, decideRanges, matchIfRange } from './ranges.ts'
import {
  type Choice,
  chooseRepresentation,
  isUsual,
  recallHeaders,
  type Selection,
  toContentHeaders,
  toEtag,
} from './representation.ts'
import type { Background } from './store.ts'

/** A reply whose headers can be changed, and where its body came from. */
export type ServeResult = {
  readonly response: Response
  readonly source: LoadedBlob['source'] | 'none'
  /** Whether it has the stamp of its version. */
  readonly isStamped?: boolean
}

/** Adds a version's own headers to a reply with one of its files or redirects. */
export type ApplyHeaders = (headers: Headers) => void

/** What pages get on their way to the browser, and where pages are kept that have it. */
export type PageChanges = {
  readonly insertions: readonly Insertion[]
  readonly pages: InsertedPages
}

const ALLOW = { allow: 'GET, HEAD, OPTIONS' }

/**
 * Serves an intent. Bytes that cannot be loaded are a 503: the file exists, and caches would keep
 * any other answer.
 *
 * @param applyHeaders is called for files (200, 206, 304, the page of a 404), OPTIONS and
 *   redirects, after Holo's own headers are set, but before those that say which part is sent.
 * @param changes are made to a page. Such a page is sent whole, whatever `Range` asks for.
 * @param stamp of the version. Only replies whose headers are remembered get it, so that nothing has to be added
 *   to them: a whole file from memory, and a 304.
 * @returns no promise if nothing has to be read.
 */
export function serveIntent(
  intent: Intent,
  request: Request,
  requestId: string,
  blobs: Blobs,
  ctx: Background,
  applyHeaders?: ApplyHeaders,
  changes?: PageChanges,
  stamp?: Stamp,
): ServeResult | Promise<ServeResult> {
  const { method } = request
  if (intent.kind === 'moved') {
    const { to, search, hash, status } = intent.redirection
    return serveRedirect(request, { path: to, search, hash, status }, applyHeaders)
  }
  if (method === 'OPTIONS') {
    // The version's headers may grant a preflight; caching does not apply to it.
    const headers = new Headers(ALLOW)
    applyHeaders?.(headers)
    headers.delete('cache-control')
    return withoutBlob(new Response(null, { status: 204, headers }))
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return withoutBlob(errorResponse('method_not_allowed', requestId, ALLOW))
  }
  if (intent.kind === 'redirect') return serveRedirect(request, intent, applyHeaders)
  const dictionary = toDictionary(intent.entry, request, applyHeaders)
  const selected = select(intent, request, dictionary, applyHeaders)
  const page = changes && planPage(selected, request, changes, applyHeaders)
  if (page) return servePage(page, request, requestId, blobs, ctx, changes.pages, stamp)
  const { choice, status } = selected
  // Only a reply that would be a success has preconditions and ranges (sections 13.2.1 and 14.2).
  const isSuccess = status === 200
  const verdict = isSuccess ? decidePrecondition(request.headers, toEtag(choice)) : 'proceed'
  if (verdict === 'failed') return withoutBlob(errorResponse('precondition_failed', requestId))
  const isStamped = stamp !== undefined && !applyHeaders && isUsual(selected)
  const mark = isStamped ? stamp : undefined
  if (verdict === 'not-modified') {
    const headers = toHeaders(recallHeaders(selected, 'validators', mark), applyHeaders)
    return { response: new Response(null, { status: 304, headers }), source: 'none', isStamped }
  }
  const ranges = isSuccess && method === 'GET' ? toRanges(request.headers, choice) : 'whole'
  if (ranges === 'unsatisfiable') {
    const headers = { 'content-range': `bytes */${choice.size}` }
    return withoutBlob(errorResponse('range_not_satisfiable', requestId, headers))
  }
  const encodeBody = toEncodeBody(choice)
  const kept = method === 'GET' && ranges === 'whole' ? blobs.peek(choice.blob) : undefined
  if (kept) {
    const headers = toHeaders(recallHeaders(selected, 'content', mark), applyHeaders)
    const response = new Response(kept.body, { status, headers, encodeBody })
    return { response, source: kept.source, isStamped }
  }
  const headers = toHeaders(toContentHeaders(selected), applyHeaders)
  if (method === 'HEAD') return withoutBlob(new Response(null, { status, headers, encodeBody }))
  return ranges === 'whole'
    ? serveRead(intent, selected, headers, request, requestId, blobs, ctx, applyHeaders)
    : serveParts(choice, ranges, headers, requestId, blobs, ctx)
}

/** The parts of a file. */
async function serveParts(
  choice: Choice,
  ranges: readonly ByteRange[],
  whole: HeadersInit,
  requestId: string,
  blobs: Blobs,
  ctx: Background,
): Promise<ServeResult> {
  const headers = new Headers(whole)
  // A browser would keep the part as the dictionary, and nothing was compressed with that.
  headers.delete('use-as-dictionary')
  const loaded = await loadParts(choice, ranges, headers, blobs, ctx)
  return toServed(loaded, { status: 206, headers, encodeBody: toEncodeBody(choice) }, requestId)
}

/** A file that is not in memory. */
async function serveRead(
  intent: Intent & { kind: 'file' },
  { choice, status }: Selection,
  headers: HeadersInit,
  request: Request,
  requestId: string,
  blobs: Blobs,
  ctx: Background,
  applyHeaders: ApplyHeaders | undefined,
): Promise<ServeResult> {
  const loaded = await blobs.load(choice, ctx)
  if (loaded === 'unavailable' && choice.dictionary !== undefined) {
    // A delta is the one form that a visitor can do without.
    const plain = select(intent, request, undefined, applyHeaders)
    const other = blobs.peek(plain.choice.blob) ?? (await blobs.load(plain.choice, ctx))
    const fields = toHeaders(toContentHeaders(plain), applyHeaders)
    const init = { status, headers: fields, encodeBody: toEncodeBody(plain.choice) }
    return toServed(other, init, requestId)
  }
  return toServed(loaded, { status, headers, encodeBody: toEncodeBody(choice) }, requestId)
}

/** Stored bytes are already encoded; the runtime must not encode them again. */
function toEncodeBody({ encoding }: Choice): 'manual' | 'automatic' {
  return encoding ? 'manual' : 'automatic'
}

/** A page that gets something added, with the headers of the whole page. */
type ChangedPage = {
  readonly selected: Selection
  readonly planned: PlannedInsertion
  readonly headers: Headers | Record<string, string>
}

/** Only the plain form of a page can be changed; the platform encodes it for the client. */
function planPage(
  selected: Selection,
  request: Request,
  { insertions }: PageChanges,
  applyHeaders: ApplyHeaders | undefined,
): ChangedPage | undefined {
  const { entry } = selected
  if (!HTML_TYPE.test(entry.type)) return undefined
  const plain = { ...selected, choice: entry }
  const fields = toContentHeaders(plain)
  delete fields['accept-ranges']
  delete fields['content-length']
  const headers = toHeaders(fields, applyHeaders)
  const read = (name: string) =>
    headers instanceof Headers ? headers.get(name) : (headers[name] ?? null)
  const planned = planInsertion(read, insertions, request.url)
  return planned && { selected: plain, planned, headers }
}

async function servePage(
  { selected, planned, headers }: ChangedPage,
  request: Request,
  requestId: string,
  blobs: Blobs,
  ctx: Background,
  pages: InsertedPages,
  stamp: Stamp | undefined,
): Promise<ServeResult> {
  const { choice, status } = selected
  const set = (name: string, value: string) => {
    if (headers instanceof Headers) headers.set(name, value)
    else headers[name] = value
  }
  if (status === 200) {
    const etag = toPageEtag(toEtag(choice), planned)
    set('etag', etag)
    const verdict = decidePagePrecondition(request.headers, etag)
    if (verdict === 'failed') return withoutBlob(errorResponse('precondition_failed', requestId))
    if (verdict === 'not-modified') {
      const kept = new Headers(headers)
      kept.delete('content-type')
      return withoutBlob(new Response(null, { status: 304, headers: kept }))
    }
  }
  if (request.method === 'HEAD') return withoutBlob(new Response(null, { status, headers }))
  const loaded = await loadInserted(choice, planned, blobs, pages, ctx)
  if (loaded !== 'unavailable' && loaded.length !== undefined) {
    set('content-length', String(loaded.length))
  }
  if (loaded === 'unavailable' || loaded.source !== 'memory' || headers instanceof Headers) {
    return toServed(loaded, { status, headers }, requestId)
  }
  if (!isUsual(selected)) return toServed(loaded, { status, headers }, requestId)
  const whole = recallPageHeaders(choice, planned, headers, stamp)
  const response = new Response(loaded.body, { status, headers: whole })
  return { response, source: 'memory', isStamped: stamp !== undefined }
}

/**
 * Answers with a redirect. A target without a query gets that of the request, before the fragment.
 */
function serveRedirect(
  request: Request,
  target: { path: string; search?: string; hash?: string; status: number },
  applyHeaders: ApplyHeaders | undefined,
): ServeResult {
  const { path, search, hash = '', status } = target
  const location = path + (search || splitQuery(new URL(request.url).search).search) + hash
  // The length is set for HEAD, to which the runtime would not add it.
  const fields = { location, 'cache-control': 'no-store', 'content-length': '0' }
  return withoutBlob(new Response(null, { status, headers: toHeaders(fields, applyHeaders) }))
}

function select(
  { entry, status, isElsewhere }: Intent & { kind: 'file' },
  request: Request,
  dictionary: string | undefined,
  applyHeaders: ApplyHeaders | undefined,
): Selection {
  const isServiceWorker = entry.hashed && isServiceWorkerRequest(request.headers)
  return {
    entry,
    status,
    isElsewhere: isElsewhere === true,
    // Skipped if there is no choice: the platform parses `cf` when it is first read.
    choice:
      entry.encodings.length === 0
        ? entry
        : chooseRepresentation(entry, toAcceptEncoding(request), dictionary),
    isServiceWorker,
    useAsDictionary:
      entry.isDictionary && status === 200 && !isElsewhere && !isServiceWorker
        ? toUseAsDictionary(entry, request, applyHeaders)
        : undefined,
  }
}

/** Service Workers standard, appendix B: every fetch of a worker's own script has this header. */
export function isServiceWorkerRequest(headers: Headers): boolean {
  return headers.has('service-worker') || headers.get('sec-fetch-dest') === 'serviceworker'
}

/**
 * The parts to send. With several parts of an encoded form it would be unclear what is encoded, the
 * parts or the multipart document around them: such a request gets the whole.
 */
function toRanges(
  headers: Headers,
  choice: Choice,
): 'whole' | 'unsatisfiable' | readonly ByteRange[] {
  const range = headers.get('range')
  if (range === null || !matchIfRange(headers.get('if-range'), toEtag(choice))) return 'whole'
  const ranges = decideRanges(range, choice.size)
  if (typeof ranges === 'string') return ranges
  return choice.encoding && ranges.length > 1 ? 'whole' : ranges
}

/** The fields themselves if nothing is added, which is the common case: a Response copies them. */
function toHeaders<Fields extends HeadersInit>(
  fields: Fields,
  applyHeaders: ApplyHeaders | undefined,
): Headers | Fields {
  if (!applyHeaders) return fields
  const headers = new Headers(fields)
  applyHeaders(headers)
  return headers
}

/**
 * What the client accepts. The platform replaces the header by its own wishes and puts the client's
 * into `cf`; without `cf`, the header is the client's.
 */
export function toAcceptEncoding(request: Request): string {
  const own = request.cf?.clientAcceptEncoding
  return typeof own === 'string' ? own : (request.headers.get('accept-encoding') ?? '')
}

function toServed(
  loaded: LoadedBlob | 'unavailable',
  init: ResponseInit,
  requestId: string,
): ServeResult {
  if (loaded === 'unavailable') return withoutBlob(errorResponse('storage_unavailable', requestId))
  return { response: new Response(loaded.body, init), source: loaded.source }
}

function withoutBlob(response: Response): ServeResult {
  return { response, source: 'none' }
}
