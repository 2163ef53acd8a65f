// Bodies that are bytes: reads those of a request as a whole, and replies with stored ones.

import { err, ok, type Result } from '../../core/result.ts'
import { withTimeout } from '../../core/with-timeout.ts'
import type { ContentAbsence, Octets } from '../content/content-store.ts'
import { UPLOAD_TIMEOUT_MS } from './limits.ts'
import type { Failure } from './problems.ts'
import type { RouteReply } from './route.ts'

/** It fails when there are fewer bytes than were announced, or they take too long. */
export async function readOctets({
  stream,
  size,
}: Octets): Promise<Result<Uint8Array<ArrayBuffer>, Failure>> {
  const bytes = new Uint8Array(size)
  const fill = async () => {
    let at = 0
    for await (const chunk of stream) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    if (at < size) throw new Error(`${at} of ${size} bytes`)
  }
  try {
    await withTimeout(fill(), UPLOAD_TIMEOUT_MS)
    return ok(bytes)
  } catch {
    const problems = [{ path: 'body', message: 'the body is incomplete' }]
    return err({ kind: 'invalid_request', problems })
  }
}

export function toOctetsReply(bytes: Uint8Array | ContentAbsence): Result<RouteReply, Failure> {
  if (bytes === 'unavailable') return err({ kind: 'store_unavailable' })
  return bytes === 'missing' ? err({ kind: 'not_found' }) : ok({ body: bytes })
}
