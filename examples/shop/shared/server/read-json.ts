// Reads a request's body as JSON, up to a limit. Whether the JSON makes sense is the route's to say.

import type { IncomingMessage } from 'node:http'
import { failure, type Reply } from './reply.ts'

/** An order of fifty lines has about 4 KiB. */
export const MAX_BODY_BYTES = 64 * 1024

export type Body =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reply: Reply }

/**
 * The body of a request. 413 as soon as it is too long (what still arrives is thrown away, so that
 * the client reads the answer and not a reset connection), 400 when it is not JSON in UTF-8.
 */
export async function readJson(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = []
  let length = 0
  const tooLarge = await new Promise<boolean>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > MAX_BODY_BYTES) {
        chunks.length = 0
        resolve(true)
      } else {
        chunks.push(chunk)
      }
    })
    request.on('end', () => resolve(false))
    request.on('error', reject)
  })
  if (tooLarge) {
    const message = `A body may have at most ${MAX_BODY_BYTES} bytes.`
    return { ok: false, reply: failure(413, 'too-large', message) }
  }
  return parseJson(Buffer.concat(chunks))
}

function parseJson(bytes: Buffer): Body {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { ok: false, reply: failure(400, 'invalid-json', `The body is not JSON: ${why}.`) }
  }
}
