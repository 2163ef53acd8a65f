// Runs one release's routes as an HTTP server: arguments, listening, the headers that every reply
// has, and a quick end. What the routes answer is the release's.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { failure, type Reply } from './reply.ts'
import { answerFrom, type Route } from './routes.ts'

const USAGE = 'usage: node server.ts [--port N] [--host ADDRESS]   (port 0: any free one)'

/**
 * Serves `routes` and, beside them, `/api/release` and `/api/echo`, as the command line says.
 * Prints `listening on http://HOST:PORT` when ready, ends on SIGTERM or SIGINT.
 */
export function serveShop(release: string, routes: readonly Route[]): void {
  const address = parseAddress()
  if (address === undefined) {
    console.error(USAGE)
    process.exitCode = 2
    return
  }
  const { port, host } = address
  const all = [...routes, ...commonRoutes(release)]
  const server = createServer((request, response) => {
    void respond(release, all, request, response)
  })
  server.on('error', (error: NodeJS.ErrnoException) => {
    const taken = error.code === 'EADDRINUSE'
    console.error(taken ? `port ${port} on ${host} is taken` : error.message)
    process.exitCode = 1
  })
  server.listen(port, host, () => {
    const bound = server.address() as AddressInfo
    const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
    console.log(`listening on http://${name}:${bound.port}`)
  })
  const end = () => {
    server.close()
    server.closeAllConnections()
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
}

function parseAddress(): { readonly port: number; readonly host: string } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '0' },
        host: { type: 'string', default: '127.0.0.1' },
      },
    })
    const port = Number(values.port)
    if (/^\d+$/.test(values.port) && port < 65_536) return { port, host: values.host }
    console.error(`--port ${values.port}: not a port number`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
  }
  return undefined
}

function commonRoutes(release: string): Route[] {
  const instance = `${release}-${process.pid}`
  return [
    {
      method: 'GET',
      pattern: '/api/release',
      answer: () => ({ status: 200, body: { release, instance } }),
    },
    {
      method: 'GET',
      pattern: '/api/echo',
      answer: ({ request: { method, headers, url } }) => ({
        status: 200,
        body: { method, headers, url },
      }),
    },
  ]
}

async function respond(
  release: string,
  routes: readonly Route[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = await answerFrom(routes, request).catch((error: unknown): Reply => {
    const clientLeft = request.readableAborted
    if (!clientLeft) console.error(`${request.method} ${request.url}:`, error)
    return failure(500, 'internal', 'The shop made a mistake; its log has the details.')
  })
  const body = Buffer.from(JSON.stringify(reply.body))
  response.writeHead(reply.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-shop-release': release,
    ...reply.headers,
  })
  response.end(body)
}
