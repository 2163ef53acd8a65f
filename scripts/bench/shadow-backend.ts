// The backend of a shadow, in its own process: well, or ill in one way. It counts the copies that it gets. Such a
// backend is another machine, whose work no visitor waits for. Here it shares the cores, so it yields to all others.

import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { constants, setPriority } from 'node:os'
import { parseArgs } from 'node:util'
import { COPIES, SMALL_BYTES } from './backend-paths.ts'
import { makeBytes } from './site.ts'

const SLOW_MS = 10_000
const PIECES = 100
const piece = Buffer.alloc(2 ** 20, 'x')
const small = JSON.stringify({ items: makeBytes('small', SMALL_BYTES / 2).toString('hex') })

const ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  fine: (response) => void response.setHeader('content-type', 'application/json').end(small),
  slow: (response) => void setTimeout(() => response.end(small), SLOW_MS),
  garbage: (response) => void response.socket?.end('\u0000no HTTP at all\r\n\r\n'),
  large: (response) => void sendLarge(response),
}

async function sendLarge(response: ServerResponse): Promise<void> {
  for (let i = 0; i < PIECES && !response.destroyed; i++) {
    if (response.write(piece)) continue
    await new Promise<void>((resolve) => {
      response.once('drain', resolve).once('close', resolve)
    })
  }
  response.end()
}

const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, how: { type: 'string', default: 'fine' } },
})
const answer = ANSWERS[values.how]
if (!answer) throw new TypeError(`--how takes one of ${Object.keys(ANSWERS).join(', ')}`)

setPriority(constants.priority.PRIORITY_LOW)
let copies = 0
const server = createServer((request, response) => {
  if (request.url === COPIES) return void response.end(String(copies))
  copies++
  answer(response)
})
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
