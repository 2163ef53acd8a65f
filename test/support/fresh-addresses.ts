// A way into an edge that gives every request another client address: failed attempts of one test do
// not lock out the next one, as they would a real client.

import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { freshAddress } from './api-edge.ts'

export async function openFreshWay(
  target: URL,
): Promise<{ readonly url: string; readonly close: () => void }> {
  const server: Server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    const sent = request(
      {
        host: target.hostname,
        port: target.port,
        method,
        path: url,
        headers: { ...headers, 'cf-connecting-ip': freshAddress() },
      },
      (received) => {
        outgoing.writeHead(received.statusCode ?? 502, received.headers)
        received.pipe(outgoing)
      },
    )
    sent.on('error', () => outgoing.destroy())
    incoming.pipe(sent)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
