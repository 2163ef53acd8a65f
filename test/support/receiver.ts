// A receiver of webhooks on a port of its own, which keeps what it was sent and answers as a test says.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type Receiver = {
  readonly origin: string
  readonly received: Received[]
  /** Ends the reply, or leaves it open. Answers 200 at first. */
  answer: (response: ServerResponse, received: Received) => void
  readonly stop: () => void
}

export async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      const received = { path: request.url ?? '', headers: request.headers, body }
      receiver.received.push(received)
      receiver.answer(response, received)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const receiver: Receiver = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    answer: (response) => response.end(),
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
  return receiver
}
