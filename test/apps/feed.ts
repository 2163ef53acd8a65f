// A feed of server-sent events. It sends what `POST /feed/say` brings, numbers it, and on
// `Last-Event-ID` begins behind that number, as browsers expect when they come back.

import { createServer, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { listen } from './listen.ts'

const said: string[] = []
const readers = new Set<ServerResponse>()

const server = createServer(async (request, response) => {
  if (request.method === 'POST') {
    said.push(await text(request))
    for (const reader of readers) reader.write(toEvent(said.length))
    response.writeHead(204).end()
  } else if (request.url === '/feed/readers') {
    response.end(String(readers.size))
  } else {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    response.write('retry: 100\n\n')
    const seen = Number(request.headers['last-event-id'] ?? said.length)
    for (let id = seen + 1; id <= said.length; id++) response.write(toEvent(id))
    readers.add(response)
    response.on('close', () => readers.delete(response))
  }
})

/** Events count from 1. */
function toEvent(id: number): string {
  return `id: ${id}\ndata: ${said[id - 1]}\n\n`
}

await listen(server)
