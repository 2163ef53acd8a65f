// A real server on a port of its own that plays a version's backend and remembers what it was sent.
// `startBackend` speaks proper HTTP; `startRawBackend` writes whatever bytes a test wants written.

import { once } from 'node:events'
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'

export type Received = {
  readonly method: string
  readonly url: string
  /** Name and value by turns, as they came over the wire. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

export type Backend = {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string
  /** Requests that arrived whole, oldest first. */
  readonly received: readonly Received[]
  readonly stop: () => Promise<void>
}

/** Answers by `listener`; a request is in `received` once its body has ended. */
export async function startBackend(listener: RequestListener): Promise<Backend> {
  const received: Received[] = []
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => received.push(toReceived(request, Buffer.concat(chunks))))
    listener(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { origin: originOf(server), received, stop: () => stop(server) }
}

/** Calls `speak` when the head of the first request on a connection has arrived. */
export async function startRawBackend(
  speak: (socket: Socket) => void,
): Promise<Omit<Backend, 'received'>> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A proxy that has heard enough hangs up; that is its right.
    socket.on('error', () => socket.destroy())
    let head = ''
    const listen = (chunk: Buffer) => {
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      socket.off('data', listen)
      speak(socket)
    }
    socket.on('data', listen)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: originOf(server),
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** An origin where nothing listens. */
export async function closedOrigin(): Promise<string> {
  const backend = await startRawBackend((socket) => socket.destroy())
  await backend.stop()
  return backend.origin
}

/** The values of one header as they came over the wire. */
export function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter(
    (_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name.toLowerCase(),
  )
}

function toReceived(request: IncomingMessage, body: Buffer): Received {
  const { method = '', url = '', rawHeaders } = request
  return { method, url, rawHeaders, body }
}

function originOf(server: { address: () => string | AddressInfo | null }): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function stop(server: Server): Promise<void> {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}
