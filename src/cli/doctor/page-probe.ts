// Asks a site for a page as a browser would, and sees what `fetch` hides: informational replies such as 103.

import { request as requestHttp } from 'node:http'
import { connect } from 'node:http2'

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

/** Cloudflare sends 103 over HTTP/2 alone. @throws Error when there is no reply in time. */
export async function probePage(url: URL, signal: AbortSignal): Promise<ProbedPage> {
  const ending = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)])
  ending.throwIfAborted()
  return url.protocol === 'https:' ? probeHttp2(url, ending) : probeHttp1(url, ending)
}

function probeHttp2(url: URL, signal: AbortSignal): Promise<ProbedPage> {
  return new Promise((resolve, reject) => {
    const session = connect(url.origin, { ALPNProtocols: ['h2'] })
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
    stream.once('end', settle)
  })
}

function probeHttp1(url: URL, signal: AbortSignal): Promise<ProbedPage> {
  return new Promise((resolve, reject) => {
    let hasEarlyHints = false
    const asking = requestHttp(url, { headers: ASKED, signal, agent: false })
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
