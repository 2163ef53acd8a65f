// The backend of the bench, a process of its own. It does as little as it can, because it shares two
// cores with what it serves.

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { WebSocketServer } from 'ws'
import { DOWNLOAD, ECHO, LARGE_BYTES, SMALL, SMALL_BYTES, UPLOAD, VERIFY } from './backend-paths.ts'
import { makeBytes } from './site.ts'

const small = JSON.stringify({ items: makeBytes('small', SMALL_BYTES / 2).toString('hex') })
const large = makeBytes('large', LARGE_BYTES)

const server = createServer((request, response) => {
  // What differs by the second could not be compared.
  response.sendDate = false
  switch (request.url) {
    case SMALL:
      return answer(response, 'application/json', small)
    case DOWNLOAD:
      return answer(response, 'application/octet-stream', large)
    case UPLOAD:
      return void count(request, response)
    case VERIFY:
      return void digest(request, response)
    default:
      return void response.writeHead(404).end()
  }
})
// A header about the connection is no part of the reply.
server.keepAliveTimeout = 0

const room = new WebSocketServer({ noServer: true })
server.on('upgrade', (request, socket, head) => {
  if (request.url !== ECHO) return void socket.destroy()
  room.handleUpgrade(request, socket, head, (client) => {
    client.on('message', (message: Buffer, binary: boolean) => client.send(message, { binary }))
  })
})

function answer(response: ServerResponse, type: string, body: string | Buffer): void {
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

async function count(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let bytes = 0
  for await (const chunk of request) bytes += chunk.length
  answer(response, 'text/plain', String(bytes))
}

/** What arrived, so that two proxies can be compared by it. */
async function digest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256')
  for await (const chunk of request) hash.update(chunk)
  answer(response, 'text/plain', hash.digest('hex'))
}

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } })
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
