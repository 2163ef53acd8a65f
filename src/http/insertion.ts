// What Holo adds to pages on their way to the browser: scripts at the beginning of the head. Decides
// whether a reply can take them, puts them into its bytes, and keeps its validators right. The rest of
// a page passes as it is; only its beginning is read.

import { parseCacheControl } from '../core/cache-control.ts'
import { permitScript } from '../core/script-permit.ts'
import { keepPrivate } from './keep-private.ts'

/** One script element of Holo's that a page gets. */
export type Insertion = {
  /**
   * Letters, digits and `._@+-` that differ wherever the text differs, except for its nonce. They
   * become a part of the page's `ETag`.
   */
  readonly key: string
  /** ASCII. The scripts come from this origin: see `toScriptElement`. */
  readonly toHtml: (nonce: string | undefined) => string
}

/** What a certain page gets. */
export type PlannedInsertion = { readonly key: string; readonly html: string }

/** @param attributes names and values; values are escaped here. */
export function toScriptElement(
  attributes: Readonly<Record<string, string>>,
  nonce: string | undefined,
): string {
  const all = Object.entries(nonce === undefined ? attributes : { ...attributes, nonce })
  const text = all.map(([name, value]) => ` ${name}="${escapeValue(value)}"`).join('')
  return `<script${text}></script>`
}

function escapeValue(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}

const HTML = /^text\/html\s*(?:;|$)/i
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]+)/i
/** Charsets in which ASCII is ASCII. */
const ASCII_COMPATIBLE = /^(?:utf-?8|us-ascii|ascii|iso-8859-\d{1,2}|latin1|windows-125\d)$/i

/**
 * What a reply with these headers gets; `undefined` if it is no page, must not be changed
 * (`no-transform`), or its policies would not let the scripts run.
 *
 * @param read gives a header of the reply.
 * @param url the address of the page.
 */
export function planInsertion(
  read: (name: string) => string | null,
  insertions: readonly Insertion[],
  url: string,
): PlannedInsertion | undefined {
  const type = read('content-type') ?? ''
  if (insertions.length === 0 || !HTML.test(type)) return undefined
  const charset = CHARSET.exec(type)?.[1]
  if (charset !== undefined && !ASCII_COMPATIBLE.test(charset)) return undefined
  const control = parseCacheControl(read('cache-control'))
  if (control.some(({ name }) => name === 'no-transform')) return undefined
  const permit = permitScript(read('content-security-policy'), read('integrity-policy'), url)
  if (!permit) return undefined
  return {
    key: toKey(insertions),
    html: insertions.map(({ toHtml }) => toHtml(permit.nonce)).join(''),
  }
}

export function toKey(insertions: readonly Insertion[]): string {
  return insertions.map(({ key }) => key).join('~')
}

/** Headers that describe the bytes before the insertion. A reply without a fixed form has no ranges. */
const ABOUT_THE_BYTES: ReadonlySet<string> = new Set([
  'content-length',
  'accept-ranges',
  'last-modified',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
])

/**
 * Changes the headers of a page, or of its HEAD, to those of the page with the insertion. It belongs to
 * one visitor's version, also if it was fetched ahead by a link.
 */
export function adaptPageHeaders(headers: Headers, key: string): void {
  for (const name of [...headers.keys()]) if (ABOUT_THE_BYTES.has(name)) headers.delete(name)
  keepPrivate(headers)
  adaptEtag(headers, key)
}

/** Changes the `ETag` of a page or of a 304, if it has one. */
export function adaptEtag(headers: Headers, key: string): void {
  const etag = headers.get('etag')
  if (etag === null) return
  const inserted = toInsertedEtag(etag, key)
  if (inserted === undefined) headers.delete('etag')
  else headers.set('etag', inserted)
}

/** RFC 9110 section 8.8.3, without characters beyond ASCII, which not every hop passes on. */
const ETAG = /^(W\/)?"([\x21\x23-\x7e]*)"$/
const INSERTED = /^(?:W\/)?"([\x21\x23-\x7e]*)~holo~([sw])~([\w.@+~-]*)"$/

/**
 * The tag of a page with an insertion. It is weak: pages with another nonce have the same one.
 * `toOriginConditions` finds the original tag again.
 */
export function toInsertedEtag(etag: string, key: string): string | undefined {
  const [match, weak, opaque] = ETAG.exec(etag.trim()) ?? []
  return match && `W/"${opaque}~holo~${weak ? 'w' : 's'}~${key}"`
}

/** A comma inside a tag ends none. */
const MEMBER = /(?:"[^"]*"|[^,"])+/g

/**
 * Changes the conditions of a request for a page, before its backend gets them. A browser may only
 * keep a copy that has the same insertion. So a tag of such a copy becomes the backend's own one, and
 * all other conditions are dropped: the backend then sends the page.
 */
export function toOriginConditions(headers: Record<string, string>, key: string): void {
  const { 'if-none-match': asked } = headers
  delete headers['if-modified-since']
  if (asked === undefined || asked.trim() === '*') return
  const known = [...asked.matchAll(MEMBER)].flatMap(([member]) => {
    const [match, opaque, strength, its] = INSERTED.exec(member.trim()) ?? []
    return match && its === key ? [`${strength === 'w' ? 'W/' : ''}"${opaque}"`] : []
  })
  if (known.length > 0) headers['if-none-match'] = known.join(', ')
  else delete headers['if-none-match']
}

/** If nothing of a page shows where its head is, it stays as it is. */
const MAX_HEAD_BYTES = 65_536
/** Nearly every page has the place within these; the rest of a chunk then need not be parsed. */
const USUAL_HEAD_BYTES = 1_024

/**
 * Elements that stand in a head, or end it: the text comes before the first of them where the page
 * has no `<head>`.
 */
const MARKS = 'title, meta, link, base, style, script, template, noscript, body'

/** White space of HTML, which is less than that of regular expressions. */
const BLANK = '[\\t\\n\\f\\r ]'
const ATTRIBUTES = `(?:${BLANK}(?:[^>"']|"[^"]*"|'[^']*')*)?`
/**
 * How nearly all pages begin, up to the place. Such a beginning can be read in one way only, and
 * needs no parser.
 */
const USUAL_BEGINNING = new RegExp(
  `^${BLANK}*<!doctype[^>]*>${BLANK}*<html${ATTRIBUTES}>${BLANK}*<head${ATTRIBUTES}>`,
  'i',
)
// The platform decodes UTF-8 much faster than other charsets. Whatever the charset of a page is, ASCII in it stays
// ASCII, and all else becomes something else.
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })
const BEYOND_ASCII = /[\u0080-\uffff]/
const encoder = new TextEncoder()

/** The bytes with the text, if the page begins as usual. */
function insertAsUsual(bytes: Uint8Array, html: string): ArrayBuffer | undefined {
  const beginning = USUAL_BEGINNING.exec(decoder.decode(bytes.subarray(0, USUAL_HEAD_BYTES)))?.[0]
  // Without other characters, it has as many bytes as characters.
  if (beginning === undefined || BEYOND_ASCII.test(beginning)) return undefined
  const at = beginning.length
  const changed = new Uint8Array(bytes.length + html.length)
  changed.set(bytes.subarray(0, at))
  encoder.encodeInto(html, changed.subarray(at))
  changed.set(bytes.subarray(at), at + html.length)
  return changed.buffer
}

/**
 * The bytes with the text at the beginning of the head; `undefined` if no place for it is found in
 * them.
 *
 * @param isWhole whether the page ends here: then the text is appended if nothing else is found.
 */
export async function insertIntoBytes(
  bytes: ArrayBuffer | Uint8Array<ArrayBuffer>,
  html: string,
  isWhole: boolean,
): Promise<ArrayBuffer | undefined> {
  const usual = insertAsUsual(new Uint8Array(bytes), html)
  if (usual) return usual
  let isDone = false
  const insert = (put: (html: string, options: { html: true }) => unknown) => {
    if (isDone) return
    isDone = true
    put(html, { html: true })
  }
  const rewriter = new HTMLRewriter()
    .on('head', { element: (element) => insert((...args) => element.prepend(...args)) })
    .on(MARKS, { element: (element) => insert((...args) => element.before(...args)) })
    .onDocument({
      end: (end) => {
        if (isWhole) insert((...args) => end.append(...args))
      },
    })
  try {
    const changed = await rewriter.transform(new Response(bytes)).arrayBuffer()
    return isDone ? changed : undefined
  } catch (cause) {
    // The rewriter refuses markup that browsers read in several ways.
    console.warn('a page could not be changed', cause)
    return undefined
  }
}

/**
 * A short page of a known length is read whole, which costs less than a stream. If it breaks off, so
 * does what is returned.
 */
export async function insertIntoShort(
  page: Response,
  html: string,
): Promise<ArrayBuffer | ReadableStream<Uint8Array>> {
  try {
    const bytes = await page.arrayBuffer()
    return (await insertIntoBytes(bytes, html, true)) ?? bytes
  } catch (cause) {
    return new ReadableStream({ start: (controller) => controller.error(cause) })
  }
}

/** Whether a page with these headers is short enough to be read whole. */
export function isShortPage(headers: Headers): boolean {
  const length = headers.get('content-length')
  return length !== null && Number(length) <= MAX_HEAD_BYTES
}

/**
 * The body with the text at the beginning of the head, as a stream. What comes after the first chunks
 * is passed on by the platform. If there is no place for the text, the body is the same as before.
 */
export function insertIntoStream(
  body: ReadableStream<Uint8Array>,
  html: string,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream()
  // The reader gets the error; a reader that has left does not need it.
  pass(body, writable, html).catch((cause) => writable.abort(cause).catch(() => undefined))
  return readable
}

async function pass(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  html: string,
): Promise<void> {
  const reader = body.getReader()
  const writer = writable.getWriter()
  let start: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  let isWhole = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      isWhole = done
      if (value) start = join(start, value)
      const isEnough = isWhole || start.length >= MAX_HEAD_BYTES
      const isShort = start.length <= USUAL_HEAD_BYTES
      const usual = isShort ? start : start.slice(0, USUAL_HEAD_BYTES)
      const early = await insertIntoBytes(usual, html, isWhole && isShort)
      const changed = early ?? (isShort ? undefined : await insertIntoBytes(start, html, isWhole))
      if (!changed && !isEnough) continue
      await writer.write(changed ? new Uint8Array(changed) : start)
      if (early && !isShort) await writer.write(start.subarray(USUAL_HEAD_BYTES))
      break
    }
    if (isWhole) await writer.close()
  } finally {
    reader.releaseLock()
    writer.releaseLock()
  }
  if (!isWhole) await body.pipeTo(writable, { preventAbort: true })
}

function join(one: Uint8Array<ArrayBuffer>, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(one.length + other.length)
  joined.set(one)
  joined.set(other, one.length)
  return joined
}
