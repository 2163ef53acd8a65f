// Where a page goes that was opened with a pin in its address.

import type { Facts } from './facts.ts'

/**
 * Leads a page to its address without the pin, which does not count there. Otherwise what the page
 * loads would name that pin in its referrer, as what a worker loads does.
 */
export function leadWithoutPin({ pathname }: URL, { search }: Facts): Response {
  // A location that begins with two slashes names another host (RFC 3986 section 4.2).
  const path = pathname.startsWith('//') ? `/.${pathname}` : pathname
  const headers = { location: path + search, 'cache-control': 'no-store' }
  return new Response(null, { status: 307, headers })
}
