// Requests byte for byte over a socket of their own: no client library has a chance to tidy the
// target or a header. Reads what comes back until the server hangs up.

import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'

export type RawAnswer = {
  readonly status: number
  /** Names in lower case, in the order and as often as they came. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

export type RawAsk = {
  readonly method?: string
  readonly host?: string
  /** Whole header lines. */
  readonly lines?: readonly string[]
  readonly body?: string
}

const TIMEOUT_MS = 20_000

/** Sends `target` as it is, over TLS where the URL says so; characters below U+0100 are one byte each. */
export function askRaw(url: URL, target: string, asked: RawAsk = {}): Promise<RawAnswer> {
  const { method = 'GET', host = 'shop.example', lines = [], body = '' } = asked
  const head = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: close',
    ...(body ? [`Content-Length: ${body.length}`] : []),
    ...lines,
  ]
  return new Promise((resolve, reject) => {
    const at = { port: Number(url.port), host: url.hostname }
    // The certificate of a local edge is nobody's.
    const isTls = url.protocol === 'https:'
    const socket = isTls ? connectTls({ ...at, rejectUnauthorized: false }) : connect(at)
    const chunks: Buffer[] = []
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer to ${target}`)))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(parse(Buffer.concat(chunks).toString('latin1'))))
    socket.write(Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1'))
  })
}

/** The first value of a header, by its name in lower case. */
export function headerOf({ headers }: RawAnswer, name: string): string | undefined {
  return headers.find(([other]) => other === name)?.[1]
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  const isChunked = headers.some(
    ([name, value]) => name === 'transfer-encoding' && value.toLowerCase() === 'chunked',
  )
  const body = text.slice(end + 4)
  return {
    status: Number(statusLine.split(' ')[1] ?? 0),
    headers,
    body: isChunked ? joinChunks(body) : body,
  }
}

function joinChunks(body: string): string {
  let joined = ''
  for (let rest = body; ; ) {
    const [line = ''] = rest.split('\r\n', 1)
    const size = Number.parseInt(line, 16)
    if (!size) return joined
    const start = line.length + 2
    joined += rest.slice(start, start + size)
    rest = rest.slice(start + size + 2)
  }
}
