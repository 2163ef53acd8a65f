// The headers a client is sent of a backend's answer: without what speaks of the backend's
// connection or pretends to be Holo's, with the backend's address replaced by the public one, and
// with nothing shared that was meant for one visitor.

import { dropHopByHop } from '../http/hop-by-hop.ts'
import { keepPrivate } from '../http/keep-private.ts'
import { dropHoloSetCookies } from './holo-cookies.ts'

/** New headers for the client; origins are absolute, such as `https://shop.example.com`. */
export function toClientHeaders(
  received: Headers,
  backendOrigin: string,
  publicOrigin: string,
): Headers {
  const headers = new Headers(received)
  dropHopByHop(headers)
  for (const name of [...headers.keys()]) if (name.startsWith('holo-')) headers.delete(name)
  dropHoloSetCookies(headers)
  if (headers.has('set-cookie')) keepPrivate(headers)
  for (const name of ['location', 'content-location']) {
    const location = headers.get(name)
    if (location) headers.set(name, toPublicLocation(location, backendOrigin, publicOrigin))
  }
  return headers
}

/**
 * An absolute address of the backend as an address of the public origin. The backend's scheme may
 * differ, since it often does not know that something in front of it speaks https. Relative
 * addresses and those of other hosts stay byte for byte.
 */
function toPublicLocation(location: string, backendOrigin: string, publicOrigin: string): string {
  if (!/^\s*(https?:)?\/\//i.test(location)) return location
  const url = URL.parse(location, backendOrigin)
  if (!url || url.host !== new URL(backendOrigin).host) return location
  return publicOrigin + url.pathname + url.search + url.hash
}
