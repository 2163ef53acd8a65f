// What Holo adds to pages on their way to the browser: scripts at the beginning of the head. Decides
// whether a reply can take them, and keeps its headers right. page-head.ts puts them into the bytes.

import { parseCacheControl } from '../core/cache-control.ts'
import { memoise } from '../core/memoise.ts'
import { permitScript } from '../core/script-permit.ts'

/** One script element of Holo's that a page gets. */
export type Insertion = {
  /**
   * Letters, digits and `._@+-` that differ wherever the text differs, except for its nonce. They
   * become a part of the page's `ETag`.
   */
  readonly key: string
  /** ASCII. The scripts come from this origin: see `toScriptElement`. */
  readonly toHtml: (nonce: string | undefined, page: PageRules) => string
}

/** What an insertion may ask about the page that it comes into. */
export type PageRules = {
  /** The value of `Content-Security-Policy`, several joined by commas. */
  readonly policies: string | null
  readonly url: string
}

/** What a certain page gets. */
export type PlannedInsertion = { readonly key: string; readonly html: string }

/** @param attributes names and values; values are escaped here. */
export function toScriptElement(
  attributes: Readonly<Record<string, string>>,
  nonce: string | undefined,
): string {
  const all = Object.entries(nonce === undefined ? attributes : { ...attributes, nonce })
  const text = all.map(([name, value]) => ` ${name}${value && `="${escapeValue(value)}"`}`).join('')
  return `<script${text}></script>`
}

/** @param script text of Holo's own, which holds neither `</script` nor `<!--`. */
export function toInlineScript(script: string, nonce: string | undefined): string {
  const element = toScriptElement({}, nonce)
  return element.replace('></script>', () => `>${script}</script>`)
}

function escapeValue(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}

const HTML = /^text\/html\s*(?:;|$)/i
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]+)/i
/** Charsets in which ASCII is ASCII. */
const ASCII_COMPATIBLE = /^(?:utf-?8|us-ascii|ascii|iso-8859-\d{1,2}|latin1|windows-125\d)$/i

/** Whether it is the type of a page whose charset has ASCII in it. */
const takesText = memoise((type: string) => {
  const charset = CHARSET.exec(type)?.[1]
  return HTML.test(type) && (charset === undefined || ASCII_COMPATIBLE.test(charset))
})

const forbidsChange = memoise((control: string) =>
  parseCacheControl(control).some(({ name }) => name === 'no-transform'),
)

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
  if (insertions.length === 0 || !takesText(read('content-type') ?? '')) return undefined
  const control = read('cache-control')
  if (control !== null && forbidsChange(control)) return undefined
  const policies = read('content-security-policy')
  const permit = permitScript(policies, read('integrity-policy'), url)
  if (!permit) return undefined
  return {
    key: toKey(insertions),
    html: insertions.map(({ toHtml }) => toHtml(permit.nonce, { policies, url })).join(''),
  }
}

export function toKey(insertions: readonly Insertion[]): string {
  return insertions.map(({ key }) => key).join('~')
}

/** Headers that describe the bytes before the insertion. A reply without a fixed form has no ranges. */
const ABOUT_THE_BYTES = [
  'content-length',
  'accept-ranges',
  'last-modified',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
]

/**
 * Changes the headers of a page, or of its HEAD, to those of the page with the insertion. Such a page
 * belongs to one visitor's version: `keepPrivate` has to be called as well.
 */
export function adaptPageHeaders(headers: Headers, key: string): void {
  for (const name of ABOUT_THE_BYTES) headers.delete(name)
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
