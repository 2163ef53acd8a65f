// A way into an edge that counts requests by method and kind of path, and can break off after some:
// for tests of uploads that are interrupted.

import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export type CountingWay = {
  readonly url: string
  /** How many requests began, as `PUT /blobs`. */
  readonly counts: Map<string, number>
  /** From this many blobs on, connections are cut. */
  breakAfter: number
  /** Called when a blob begins. */
  onBlob: () => void
  readonly close: () => void
}

export async function openCountingWay(target: URL): Promise<CountingWay> {
  const counts = new Map<string, number>()
  const way = { counts, breakAfter: Number.POSITIVE_INFINITY, onBlob: () => {} }
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming
    const kind = /^\/\.holo\/api\/(?:uploads\/[^/]+\/(\w+)|(\w+)(?:\/[^/]+\/(parts))?)/.exec(url)
    const key = `${method} /${kind?.[1] ?? kind?.[3] ?? kind?.[2]}`
    if (/^(?:PUT \/(?:blobs|parts)|POST \/blobs)$/.test(key)) {
      way.onBlob()
      if ((counts.get(key) ?? 0) >= way.breakAfter) return void incoming.socket.destroy()
    }
    counts.set(key, (counts.get(key) ?? 0) + 1)
    const sent = request(
      { host: target.hostname, port: target.port, method, path: url, headers },
      (received) => {
        outgoing.writeHead(received.statusCode ?? 502, received.headers)
        received.pipe(outgoing)
      },
    )
    sent.on('error', () => outgoing.destroy())
    incoming.on('error', () => sent.destroy())
    incoming.pipe(sent)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(way, {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  })
}
