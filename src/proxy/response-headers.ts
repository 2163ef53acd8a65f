// The headers a client is sent of a backend's answer: without what speaks of the backend's
// connection or pretends to be Holo's, with the backend's address replaced by the public one, and
// with nothing shared that was meant for one visitor.

import { toHopByHop } from '../http/hop-by-hop.ts'
import { keepPrivate } from '../http/keep-private.ts'
import { toPublicLocation, toPublicRefresh, type Way } from './addresses.ts'
import { dropHoloSetCookies } from './holo-cookies.ts'
import { mapSetCookies } from './set-cookies.ts'

/** Makes a copy of the backend's headers fit for the client of a request that went this way. */
export function adaptToClient(headers: Headers, way: Way): void {
  const isHopByHop = toHopByHop(headers)
  // Collected before any of them is changed.
  const names: string[] = []
  headers.forEach((_, name) => {
    names.push(name)
  })
  for (const name of names) {
    if (isHopByHop(name) || name.startsWith('holo-')) headers.delete(name)
    else if (name === 'location' || name === 'content-location') {
      headers.set(name, toPublicLocation(headers.get(name) ?? '', way))
    } else if (name === 'refresh') {
      headers.set(name, toPublicRefresh(headers.get(name) ?? '', way))
    }
  }
  if (!headers.has('set-cookie')) return
  dropHoloSetCookies(headers)
  mapSetCookies(headers, way)
  if (headers.has('set-cookie')) keepPrivate(headers)
}
