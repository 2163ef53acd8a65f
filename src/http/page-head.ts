// Puts text at the beginning of a page's head. The rest of a page passes as it is; only its beginning is
// read.

import { memoise } from '../core/memoise.ts'

/** If nothing of a page shows where its head is, it stays as it is. */
const MAX_HEAD_BYTES = 65_536
/** Nearly every page has the place within these; the rest of a chunk then need not be parsed. */
const USUAL_HEAD_BYTES = 1_024

/**
 * Elements that stand in a head, or end it: the text comes before the first of them where the page
 * has no `<head>`.
 */
const MARKS = 'title, meta, link, base, style, script, template, noscript, body'

const LESS = 0x3c
const GREATER = 0x3e
const DOUBLE_QUOTE = 0x22
const SINGLE_QUOTE = 0x27
const FIRST_BEYOND_ASCII = 0x80

/** White space of HTML: tab, line feed, form feed, carriage return, space. */
function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0x0c
}

/** The place after white space and the beginning of a tag, such as `<html`; `undefined` if it is not there. */
function passName(bytes: Uint8Array, start: number, name: string): number | undefined {
  let at = start
  while (isBlank(bytes[at])) at++
  if (bytes[at] !== LESS) return undefined
  at++
  for (let index = 0; index < name.length; index++, at++) {
    const byte = bytes[at] ?? 0
    const lower = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
    if (lower !== name.charCodeAt(index)) return undefined
  }
  return at
}

/** The place after a whole tag with any attributes. */
function passTag(bytes: Uint8Array, start: number, name: string): number | undefined {
  let at = passName(bytes, start, name)
  if (at === undefined || (bytes[at] !== GREATER && !isBlank(bytes[at]))) return undefined
  for (let quote = 0; ; at++) {
    const byte = bytes[at]
    if (byte === undefined || byte >= FIRST_BEYOND_ASCII) return undefined
    if (quote !== 0) quote = byte === quote ? 0 : quote
    else if (byte === GREATER) return at + 1
    else if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) quote = byte
  }
}

/**
 * Where the content of the head begins, if the page begins as nearly all do: doctype, `<html>`, `<head>`.
 * Such a beginning can be read in one way only, and needs no parser.
 */
function findUsualPlace(page: Uint8Array): number | undefined {
  const bytes = page.subarray(0, USUAL_HEAD_BYTES)
  const named = passName(bytes, 0, '!doctype')
  const end = named === undefined ? -1 : bytes.indexOf(GREATER, named)
  const root = end < 0 ? undefined : passTag(bytes, end + 1, 'html')
  return root === undefined ? undefined : passTag(bytes, root, 'head')
}

const encoder = new TextEncoder()
/** The texts of a version differ only where pages have nonces. */
const encode = memoise((text: string) => encoder.encode(text))

/** The bytes with the text, if the page begins as usual. */
function insertAsUsual(bytes: Uint8Array, html: string): ArrayBuffer | undefined {
  const at = findUsualPlace(bytes)
  if (at === undefined) return undefined
  const added = encode(html)
  const changed = new Uint8Array(bytes.length + added.length)
  changed.set(bytes.subarray(0, at))
  changed.set(added, at)
  changed.set(bytes.subarray(at), at + added.length)
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
    const at = findUsualPlace(new Uint8Array(bytes))
    if (at === undefined) return (await insertIntoBytes(bytes, html, true)) ?? bytes
    // The same memory grows, so that the page is not in memory twice.
    const added = encode(html)
    const changed = new Uint8Array(bytes.transfer(bytes.byteLength + added.length))
    changed.copyWithin(at + added.length, at)
    changed.set(added, at)
    return changed.buffer
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
