// The headers a backend is sent: the client's, without what speaks of the client's connection, what
// it may not claim and what is Holo's own, and with the truth about who asks.

import { setForwarded } from '../http/forwarded.ts'
import { dropHopByHop } from '../http/hop-by-hop.ts'
import { dropHoloCookies } from './holo-cookies.ts'

const NOT_FORWARDED = [
  // The interim answer that it asks for is given by the platform.
  'expect',
  // Would have a backend read another path or method than the one that was decided on.
  'x-original-url',
  'x-rewrite-url',
  'x-http-method-override',
]

/**
 * New headers for the backend. `identity` is what Holo says about the visitor; the client's own
 * `Holo-*` are not passed on.
 */
export function toBackendHeaders(
  { headers: received }: Request,
  publicUrl: URL,
  identity: Readonly<Record<string, string>>,
): Headers {
  const headers = new Headers(received)
  dropHopByHop(headers)
  for (const name of NOT_FORWARDED) headers.delete(name)
  for (const name of [...headers.keys()]) if (name.startsWith('holo-')) headers.delete(name)
  dropHoloCookies(headers)
  setForwarded(headers, { url: publicUrl, clientIp: received.get('cf-connecting-ip') })
  for (const [name, value] of Object.entries(identity)) headers.set(name, value)
  return headers
}
