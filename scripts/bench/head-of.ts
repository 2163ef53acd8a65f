// One GET whose status and headers are looked at, and whose body is taken and thrown away.

import { type Agent, type IncomingHttpHeaders, request } from 'node:http'

export type ReplyHead = { readonly status: number; readonly headers: IncomingHttpHeaders }

/** Settles when the whole reply has come. Rejects where none comes within `timeoutMs`. */
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
