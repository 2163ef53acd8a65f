// Whether a request's conditions hold: RFC 9110 section 13 for a file that is only read. Dates are
// not looked at: the validator is the content's hash, no Last-Modified is sent, and without one
// sections 13.1.3, 13.1.4 and 13.1.5 tell a server to ignore them.

/** A member of a list; a comma inside a tag ends none. */
const MEMBER = /(?:"[^"]*"|[^,"])+/g
/** Section 8.8.3: the `W` is in upper case, and nothing stands around the tag. */
const TAG = /^(W\/)?("[\x21\x23-\x7e\x80-\uffff]*")$/

/**
 * What the conditions make of a request for a representation with `etag` (strong, quotes included),
 * in the order of section 13.2.2: `failed` is a 412, `not-modified` a 304.
 */
export function decidePrecondition(
  headers: Headers,
  etag: string,
): 'proceed' | 'failed' | 'not-modified' {
  const ifMatch = headers.get('if-match')
  if (ifMatch !== null && !matchTags(ifMatch, etag, 'strong')) return 'failed'
  const ifNoneMatch = headers.get('if-none-match')
  if (ifNoneMatch !== null && matchTags(ifNoneMatch, etag, 'weak')) return 'not-modified'
  return 'proceed'
}

/**
 * Whether `If-Range` lets a range be taken (section 13.1.5): there is none, or it is `etag` itself.
 * A weak tag, and a date, never match.
 */
export function matchIfRange(header: string | null, etag: string): boolean {
  return header === null || header.trim() === etag
}

/** Whether `*` or a list names `etag` (section 8.8.3.2). What is no tag matches nothing. */
function matchTags(header: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (header.trim() === '*') return true
  for (const [member] of header.matchAll(MEMBER)) {
    const [, weak, tag] = TAG.exec(member.trim()) ?? []
    if (tag === etag && (comparison === 'weak' || weak === undefined)) return true
  }
  return false
}
