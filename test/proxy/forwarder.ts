// The forwarder by itself in a real workerd on a port, and requests to it byte for byte: nothing of
// Holo's router, and no proxy of a development server, stands between test and backend.

import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { bundleWorker } from '../../scripts/local/bundle.ts'
import { valuesOf } from '../support/backend.ts'
import type { AskedService, Order } from './order.ts'

/** Bound under the name `ECHO`: a Worker that says what it was asked for. */
const ECHO = `export default {
  fetch: async ({ method, url, headers, body }) => {
    const said = JSON.stringify({ method, url, host: headers.get('host'), headers: [...headers.keys()], body: body && await new Response(body).text() })
    return new Response(said, { headers: { location: new URL('/there', url).href } })
  },
}`

export const PUBLIC_HOST = 'shop.example.com'

const COMPATIBILITY_DATE = '2026-10-01'

export type Asked = {
  readonly services: readonly AskedService[]
  readonly fallback?: AskedService
  /** The Worker's clock is ahead by this, from now on. */
  readonly laterMs?: number
  readonly identity?: Readonly<Record<string, string>>
  readonly method?: string
  readonly path?: string
  /** Sent in this order, doubles included. */
  readonly headers?: readonly (readonly [string, string])[]
}

export type Answer = {
  readonly status: number
  readonly statusText: string
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** All values of a header; empty when it is absent. */
  readonly header: (name: string) => string[]
}

export type Exchange = {
  readonly sent: ClientRequest
  /** Settles when the head of the answer is here. */
  readonly answered: Promise<IncomingMessage>
}

export type Forwarder = {
  /** Begins a request; its body and end are for the caller. */
  readonly open: (asked: Asked) => Exchange
  /** A whole request and the whole answer. */
  readonly send: (asked: Asked, body?: string | Buffer) => Promise<Answer>
  readonly stop: () => Promise<void>
}

export async function startForwarder(): Promise<Forwarder> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      log: new Log(LogLevel.NONE),
      // What the Worker warns of is what these tests provoke.
      handleStructuredLogs: () => {},
      workers: [
        {
          name: 'forwarder',
          modules: true,
          script: await bundleWorker('test/worker/proxy-worker.ts'),
          compatibilityDate: COMPATIBILITY_DATE,
          serviceBindings: { ECHO: 'echo' },
          bindings: { TEXT: 'no Worker' },
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        },
        { name: 'echo', modules: true, script: ECHO, compatibilityDate: COMPATIBILITY_DATE },
      ],
    }),
  )
  await miniflare.ready
  const url = await miniflare.unsafeGetDirectURL('forwarder')
  const open = (asked: Asked) => begin(url, asked)
  return {
    open,
    send: async (asked, body) => {
      const { sent, answered } = open(asked)
      sent.end(body)
      return readWhole(await answered)
    },
    stop: () => miniflare.dispose(),
  }
}

export async function readWhole(message: IncomingMessage): Promise<Answer> {
  const { statusCode = 0, statusMessage = '', rawHeaders } = message
  const body = Buffer.concat(await message.toArray())
  return {
    status: statusCode,
    statusText: statusMessage,
    rawHeaders,
    body,
    header: (name) => valuesOf(rawHeaders, name),
  }
}

function begin(url: URL, asked: Asked): Exchange {
  const {
    services,
    fallback,
    laterMs,
    identity = {},
    method = 'GET',
    path = '/api/x',
    headers = [],
  } = asked
  const order: Order = { services, fallback, laterMs, identity }
  const sent = request({
    host: url.hostname,
    port: url.port,
    method,
    path,
    agent: false,
    headers: [['Host', PUBLIC_HOST], ['Holo-Test-Order', JSON.stringify(order)], ...headers].flat(),
  })
  const answered = once(sent, 'response').then(([message]) => message as IncomingMessage)
  return { sent, answered }
}
