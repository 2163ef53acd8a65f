// How content is named: the SHA-256 of its bytes.

import { createHash } from 'node:crypto'

/** 64 lower-case hex digits. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
