// The orders API on either database: `node server.ts --port N --store ADDRESS --writer FILE [--peer URL]`. One backend
// writes at a time: the one whose kind of database FILE names. The other one sends writes on to its peer, and answers
// when its own database has them.

import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openStore } from './open-store.ts'
import { parseNewOrder, type StoredOrder } from './orders.ts'

type Answer = { readonly status: number; readonly body: unknown; readonly change?: number }

const MAX_BODY_BYTES = 64 * 1024
const FORWARD_TIMEOUT_MS = 5_000
/** How long an answer waits until the own database has a write of the peer's. */
const CATCH_UP_TIMEOUT_MS = 5_000
const CATCH_UP_INTERVAL_MS = 20
/** A write that was sent on once is not sent on again. */
const FORWARDED = 'orders-forwarded'
/** The number of the change, for the backend that sent the write on. */
const CHANGE = 'orders-change'

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    store: { type: 'string' },
    writer: { type: 'string' },
    peer: { type: 'string' },
    'first-draft': { type: 'boolean', default: false },
  },
})
if (options.store === undefined || options.writer === undefined) {
  throw new Error('--store ADDRESS and --writer FILE are needed')
}
const { writer: writerFile, peer } = options
const { kind, store } = await openStore(options.store, options['first-draft'])

async function answer(request: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://orders')
  const [, id, action] = /^\/api\/orders(?:\/(\d{1,9}))?(\/cancel)?$/.exec(pathname) ?? ['none']
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (pathname === '/api/orders' && isRead) {
    return {
      status: 200,
      body: { orders: await store.list(searchParams.get('customer') ?? undefined) },
    }
  }
  if (id !== undefined && !action && isRead) return toAnswer(await store.find(Number(id)))
  if (request.method !== 'POST') return { status: 405, body: { error: 'GET or POST' } }
  if (pathname !== '/api/orders' && (id === undefined || !action)) return toAnswer(undefined)
  return write(request, pathname, id === undefined ? undefined : Number(id))
}

async function write(
  request: IncomingMessage,
  path: string,
  cancelled: number | undefined,
): Promise<Answer> {
  const text = await readText(request)
  if (text === undefined) return { status: 413, body: { error: 'the body is too long' } }
  const writer = (await readFile(writerFile, 'utf8').catch(() => 'none')).trim()
  if (writer !== kind) {
    if (writer === 'none' || peer === undefined || request.headers[FORWARDED]) {
      return { status: 503, body: { error: 'orders cannot be written at the moment' } }
    }
    return forward(peer, path, text)
  }
  if (cancelled !== undefined) return toWritten(200, await store.cancel(cancelled))
  const order = parseNewOrder(parseJson(text))
  if (typeof order === 'string') return { status: 400, body: { error: order } }
  return toWritten(201, await store.place(order))
}

async function forward(to: string, path: string, body: string): Promise<Answer> {
  const response = await fetch(new URL(path, to), {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', [FORWARDED]: '1' },
    signal: AbortSignal.timeout(FORWARD_TIMEOUT_MS),
  })
  const change = Number(response.headers.get(CHANGE))
  const answered = { status: response.status, body: await response.json() }
  const until = Date.now() + CATCH_UP_TIMEOUT_MS
  while ((await store.lastChange()) < change && Date.now() < until) {
    await sleep(CATCH_UP_INTERVAL_MS)
  }
  return answered
}

function toAnswer(order: unknown): Answer {
  return order ? { status: 200, body: order } : { status: 404, body: { error: 'not found' } }
}

function toWritten(status: number, stored: StoredOrder | undefined): Answer {
  return stored ? { status, body: stored.order, change: stored.change } : toAnswer(undefined)
}

async function readText(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request) {
    bytes += part.length
    if (bytes > MAX_BODY_BYTES) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body, change } = await answer(request).catch((cause): Answer => {
    console.error(cause)
    return { status: 500, body: { error: 'internal error' } }
  })
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'orders-database': kind,
    ...(change === undefined ? {} : { [CHANGE]: String(change) }),
    ...(status === 503 ? { 'retry-after': '1' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body))
}

const server = createServer((request, response) => void handle(request, response))
server.listen(Number(options.port), '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  console.log(`listening on http://127.0.0.1:${port}`)
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close(() => void store.close())
    server.closeAllConnections()
  })
}
