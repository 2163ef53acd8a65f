// Sends a GET request and returns status and headers of the reply. The body is read and discarded.

import { type Agent, type IncomingHttpHeaders, request } from 'node:http'

export type ReplyHead = { readonly status: number; readonly headers: IncomingHttpHeaders }

/** Resolves when the whole reply has arrived. Rejects if there is none within `timeoutMs`. */
export function headOf(
  url: URL,
  path: string,
  headers: Readonly<Record<string, string>>,
  agent: Agent,
  timeoutMs: number,
): Promise<ReplyHead> {
  return new Promise((resolve, reject) => {
    const { hostname: host, port } = url
    const sent = request({ host, port, path, headers, agent }, (received) => {
      const head = { status: received.statusCode ?? 0, headers: received.headers }
      received.once('error', reject)
      received.resume().once('end', () => resolve(head))
    })
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer from ${path}`)))
    sent.once('error', reject)
    sent.end()
  })
}
