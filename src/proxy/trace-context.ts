// `traceparent` (W3C Trace Context, level 1): who traces finds Holo's requests to backends in the
// trace of the visitor's request. Holo records no spans of its own.

import type { BackendHeaders } from './request-headers.ts'

/**
 * Section 3.2: version, trace id, parent id, flags. No id is all zero; a version above 00 may have more
 * behind it.
 */
const TRACEPARENT =
  /^(?:00(?=.{53}$)|(?!00|ff)[0-9a-f]{2})-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/

/**
 * Leaves a trace that came with the request as it is, and starts one where none did. A `traceparent`
 * that cannot be read is replaced, and its `tracestate` goes with it (section 4.3).
 */
export function carryTrace(headers: BackendHeaders): void {
  const { traceparent } = headers
  if (traceparent !== undefined && TRACEPARENT.test(traceparent)) return
  delete headers.tracestate
  headers.traceparent = startTrace()
}

/**
 * The new trace is marked as sampled: most backends decide by that mark, and without it they would
 * record nothing of what they recorded when nobody stood in front of them.
 */
function startTrace(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24))
  // Neither id may be zero.
  bytes[0] = (bytes[0] as number) | 1
  bytes[16] = (bytes[16] as number) | 1
  let hex = ''
  for (const byte of bytes) hex += HEX[byte]
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-01`
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
