// The backend of the bench, in its own process. It does as little as possible, because it shares the cores of
// the machine with the servers that are measured.

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { WebSocketServer } from 'ws'
import {
  DOWNLOAD,
  ECHO,
  LARGE_BYTES,
  PAGE,
  SMALL,
  SMALL_BYTES,
  UPLOAD,
  VERIFY,
} from './backend-paths.ts'
import { makeBytes, makePage } from './site.ts'

const small = JSON.stringify({ items: makeBytes('small', SMALL_BYTES / 2).toString('hex') })
const page = makePage('backend')
const large = makeBytes('large', LARGE_BYTES)

const server = createServer((request, response) => {
  // Replies must be the same every time, so they have no Date.
  response.sendDate = false
  switch (request.url) {
    case SMALL:
      return answer(response, 'application/json', small)
    case PAGE:
      return answer(response, 'text/html; charset=utf-8', page)
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
// Prevents the header Keep-Alive, which would not be the same in all replies.
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

/** Answers with the hash of what arrived, to compare two proxies. */
async function digest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256')
  for await (const chunk of request) hash.update(chunk)
  answer(response, 'text/plain', hash.digest('hex'))
}

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } })
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
