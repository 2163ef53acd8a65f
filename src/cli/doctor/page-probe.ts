// Asks a site for a page as a browser would, and sees what `fetch` hides: informational replies such as 103.

import { type RequestOptions, request as requestHttp } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'

const PROBE_TIMEOUT_MS = 10_000
/** The beginning of a page is enough to see what was added to it. */
const MAX_PROBED_BYTES = 256 * 1024

export type ProbedPage = {
  readonly status: number
  /** By lower-case name; several values are joined. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Whether a 103 (Early Hints) came before the reply. */
  readonly hasEarlyHints: boolean
}

const ASKED = {
  accept: 'text/html',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
  'user-agent': 'Mozilla/5.0 (compatible; holo-doctor)',
}

/**
 * Asks over HTTP/2 where the server has it, as browsers do: Cloudflare sends 103 over HTTP/1.1 to nobody.
 *
 * @param tls whom else to trust, in tests.
 * @throws Error when there is no reply in time.
 */
export async function probePage(
  url: URL,
  signal: AbortSignal,
  tls: ConnectionOptions = {},
): Promise<ProbedPage> {
  const ending = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)])
  ending.throwIfAborted()
  if (url.protocol === 'http:') return probeHttp1(url, ending)
  const socket = await connectSecure(url, ending, tls)
  return socket.alpnProtocol === 'h2'
    ? probeHttp2(url, ending, socket)
    : probeHttp1(url, ending, socket)
}

function connectSecure(
  { hostname, port }: URL,
  signal: AbortSignal,
  tls: ConnectionOptions,
): Promise<TLSSocket> {
  const host = hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      ...{ host, port: Number(port || 443), ALPNProtocols: ['h2', 'http/1.1'] },
      ...(isIP(host) ? {} : { servername: host }),
      ...tls,
    })
    socket.once('error', reject)
    const abort = () => socket.destroy(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', abort)
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

function probeHttp2(url: URL, signal: AbortSignal, socket: TLSSocket): Promise<ProbedPage> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(url.origin, { createConnection: () => socket })
    const fail = (cause: unknown) => {
      session.destroy()
      reject(cause)
    }
    session.once('error', fail)
    signal.addEventListener('abort', () => fail(signal.reason), { once: true })
    const stream = session.request({ ':path': `${url.pathname}${url.search}`, ...ASKED })
    let hasEarlyHints = false
    let [status, headers, body]: [number, ProbedPage['headers'], string] = [0, {}, '']
    stream.once('error', fail)
    stream.on('headers', (early) => {
      if (early[':status'] === 103) hasEarlyHints = true
    })
    stream.on('response', (told) => {
      status = Number(told[':status'])
      headers = toPlain(told)
    })
    const settle = () => {
      session.destroy()
      resolve({ status, headers, body, hasEarlyHints })
    }
    stream.setEncoding('utf8').on('data', (part: string) => {
      body += part
      if (body.length > MAX_PROBED_BYTES) settle()
    })
    stream.once('end', () => {
      // A connection that is lost ends the stream as well.
      if (status === 0) fail(new Error('the connection was closed before the reply'))
      else settle()
    })
  })
}

function probeHttp1(url: URL, signal: AbortSignal, socket?: TLSSocket): Promise<ProbedPage> {
  return new Promise((resolve, reject) => {
    let hasEarlyHints = false
    const options: RequestOptions = { headers: ASKED, signal }
    const asking = socket
      ? requestHttps(url, { ...options, createConnection: () => socket })
      : requestHttp(url, { ...options, agent: false })
    asking.on('information', ({ statusCode }) => {
      if (statusCode === 103) hasEarlyHints = true
    })
    asking.once('error', reject)
    asking.once('response', (reply) => {
      let body = ''
      const settle = () => {
        const { statusCode: status = 0 } = reply
        resolve({ status, headers: toPlain(reply.headers), body, hasEarlyHints })
        asking.destroy()
      }
      reply.once('error', reject)
      reply.setEncoding('utf8').on('data', (part: string) => {
        body += part
        if (body.length > MAX_PROBED_BYTES) settle()
      })
      reply.once('end', settle)
    })
    asking.end()
  })
}

function toPlain(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  )
}
