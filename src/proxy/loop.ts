// Finds requests that go round in circles: a backend that leads back here would have Holo call itself
// until the platform ends it. The sign is `CDN-Loop` (RFC 8586), which clients cannot make a browser
// send, nobody on the way may take out, and every hop adds its name to.

import type { BackendHeaders } from './request-headers.ts'

const LOOP_HEADER = 'cdn-loop'

/** Whether a request has been sent on by the Holo of that name before. */
export function hasPassed(headers: Headers, loopId: string): boolean {
  const hops = headers.get(LOOP_HEADER)
  if (hops === null) return false
  return hops.split(',').some((hop) => hop.replace(/;.*/s, '').trim() === loopId)
}

/** Adds this Holo to those that have sent the request on. */
export function addHop(headers: BackendHeaders, loopId: string): void {
  const hops = headers[LOOP_HEADER]
  headers[LOOP_HEADER] = hops === undefined ? loopId : `${hops}, ${loopId}`
}
