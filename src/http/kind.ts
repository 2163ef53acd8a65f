// What a request is to the page it belongs to: read from fetch metadata, and from Accept where a
// client sends none.

import type { RequestKind } from '../core/types.ts'

/** What loads a page into a page (Fetch standard, "destination"). */
const FRAMES = ['iframe', 'frame', 'embed', 'object', 'fencedframe']

/**
 * `document` is a GET of a top-level page, and nothing else is: frames, form posts and prefetches
 * are `navigation`.
 */
export function toKind(method: string, headers: Headers): RequestKind {
  const destination = headers.get('sec-fetch-dest')
  const mode = headers.get('sec-fetch-mode')
  if (destination === null && mode === null) {
    const wantsPage = headers.get('accept')?.includes('text/html') ?? false
    if (!wantsPage) return 'subresource'
    return method === 'GET' && !isPrefetch(headers) ? 'document' : 'navigation'
  }
  if (destination === 'document') {
    return method === 'GET' && !isPrefetch(headers) ? 'document' : 'navigation'
  }
  if (mode === 'navigate' || FRAMES.includes(destination ?? '')) return 'navigation'
  return 'subresource'
}

/** Whether the browser fetches ahead of a click that may never come. */
export function isPrefetch(headers: Headers): boolean {
  const purpose = headers.get('sec-purpose') ?? headers.get('purpose') ?? headers.get('x-moz')
  return purpose?.includes('prefetch') ?? false
}
