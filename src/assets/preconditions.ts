// Whether the client has the representation already: RFC 9110 section 13, as far as a file that is
// only read needs it.

const TAG = /(?:W\/)?("[\x21\x23-\x7e\x80-\uffff]*")/g

/**
 * Whether `If-None-Match` names `etag` (a strong tag, quotes included), so that the answer is 304.
 * Section 13.1.2: a list or `*`, compared weakly. What is no tag matches nothing.
 */
export function matchIfNoneMatch(header: string | null, etag: string): boolean {
  if (header === null) return false
  if (header.trim() === '*') return true
  for (const [, tag] of header.matchAll(TAG)) if (tag === etag) return true
  return false
}
