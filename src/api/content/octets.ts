// The bytes of a request, of a length that is known before they come. What they are is found by
// whoever reads them.

import { err, ok, type Result } from '../../core/result.ts'
import type { Failure } from '../http/problems.ts'

export type Octets = {
  /** To be read once. It breaks off when there are fewer bytes than were announced. */
  readonly stream: ReadableStream<Uint8Array>
  readonly size: number
}

const OCTETS_TYPE = /^application\/octet-stream[ \t]*(;|$)/i
const LENGTH = /^(0|[1-9]\d{0,14})$/

export function readOctets({ headers, body }: Request, maxBytes: number): Result<Octets, Failure> {
  if (!OCTETS_TYPE.test(headers.get('content-type') ?? '')) {
    return err({ kind: 'unsupported_media_type' })
  }
  const length = headers.get('content-length')
  if (length === null || !LENGTH.test(length)) return err({ kind: 'length_required' })
  const size = Number(length)
  if (size > maxBytes) return err({ kind: 'body_too_large', limit: maxBytes })
  return ok({ stream: body ?? new Blob([]).stream(), size })
}
