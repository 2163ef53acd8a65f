// Reads the body of a reply up to a maximum size, because any server may answer, and may answer without
// end. The signal of the request limits the time.

import { CliFailure, EXIT } from './failure.ts'

/** More than any list of the API: a hundred revisions of 256 KiB. */
export const MAX_JSON_BYTES = 32 * 1024 * 1024
/** A problem of the API lists fifty things. */
export const MAX_PROBLEM_BYTES = 1024 * 1024

/** @throws CliFailure when there is more; what the connection throws when it breaks. */
export async function readBytes(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // What a loop ends early, it also cancels.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) {
      throw new CliFailure(
        'unexpected_reply',
        EXIT.unreachable,
        `${new URL(response.url).origin} answers with more than ${maxBytes} bytes`,
        { hint: 'check the address: no Holo does that' },
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export async function readReplyText(response: Response, maxBytes: number): Promise<string> {
  return new TextDecoder().decode(await readBytes(response, maxBytes))
}
