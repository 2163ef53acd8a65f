// Requests as a browser or a program would send them, header by header: Node's own `fetch` adds
// fetch metadata and follows redirects, which is just what these tests must control.

import { Agent, type OutgoingHttpHeaders, request } from 'node:http'

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  /** Cookies that were set, by name. */
  readonly cookies: Readonly<Record<string, string>>
}

export type Ask = {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Uint8Array
}

/** What a browser says when a person opens a page. */
export const DOCUMENT = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }

const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const TIMEOUT_MS = 30_000

/** One request; `path` goes out byte for byte. */
export function ask(url: URL, path: string, { method, headers, body }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: url.hostname, port: url.port, path, method: method ?? 'GET', headers, agent },
      (received) => {
        const chunks: Buffer[] = []
        received.on('data', (chunk: Buffer) => chunks.push(chunk))
        received.on('error', reject)
        received.on('end', () => {
          resolve({
            status: received.statusCode ?? 0,
            headers: received.headers,
            body: Buffer.concat(chunks).toString(),
            cookies: toCookies(received.headers['set-cookie'] ?? []),
          })
        })
      },
    )
    sent.setTimeout(TIMEOUT_MS, () => sent.destroy(new Error(`no answer from ${path}`)))
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Cookies that are set, by name. */
export function toCookies(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [pair = ''] = line.split(';')
      return [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
    }),
  )
}

/** A browser profile: keeps cookies, and says of each request what it is. */
export class Profile {
  readonly #url: URL
  readonly cookies: Record<string, string> = {}

  constructor(url: URL) {
    this.#url = url
  }

  /** Opens a page. */
  open(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.#ask(path, { headers: { ...DOCUMENT, ...headers } })
  }

  /** Fetches something for the page that is open. */
  async fetch(path: string, asked: Ask = {}): Promise<Answer> {
    const metadata = { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }
    return this.#ask(path, { ...asked, headers: { ...metadata, ...asked.headers } })
  }

  async #ask(path: string, asked: Ask): Promise<Answer> {
    const cookie = Object.entries(this.cookies)
      .map(([name, value]) => `${name}=${value}`)
      .join('; ')
    const headers = { ...(cookie ? { cookie } : {}), ...asked.headers }
    const answer = await ask(this.#url, path, { ...asked, headers })
    Object.assign(this.cookies, answer.cookies)
    return answer
  }
}
