// How `holo doctor` asks for a page: it sees a 103 before the reply, over HTTP/2 and over HTTP/1.1, and every wait ends.

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createSecureServer, type Http2SecureServer, type SecureServerOptions } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer as createTcp } from 'node:net'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { probePage } from '../../src/cli/doctor/page-probe.ts'

/** A key and its certificate for 127.0.0.1. */
let identity: { readonly key: string; readonly cert: string }
beforeAll(() => {
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const whom = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const pem = execFileSync(
    'openssl',
    ['req', '-x509', ...kind, ...whom, '-keyout', '-', '-out', '-'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const [, key = '', cert = ''] = /^(.*?)(-+BEGIN CERT.*)$/s.exec(pem) ?? []
  identity = { key, cert }
})

async function listen(server: Server | Http2SecureServer, scheme = 'https'): Promise<URL> {
  server.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return new URL(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/page?a=1`)
}

const HINT = '</old.css>; rel=preload; as=style'

/** A page after a 103, or without one. */
function toListener(hasHints: boolean): RequestListener {
  return ({ httpVersion, url }, response) => {
    const answer = () => {
      response.writeHead(200, { 'content-type': 'text/html', 'cf-cache-status': 'DYNAMIC' })
      response.end(`${httpVersion} ${url}`)
    }
    // The type of the library leaves out that an HTTP/2 response may send several.
    if (hasHints) response.writeEarlyHints({ link: [HINT] }, answer)
    else answer()
  }
}

/** With HTTP/2 as Node's own stream sends it. */
function createHttp2(hasHints: boolean, options: SecureServerOptions = {}): Http2SecureServer {
  return createSecureServer({ ...identity, ...options }).on('stream', (stream, headers) => {
    if (hasHints) stream.additionalHeaders({ ':status': 103, link: HINT })
    stream.respond({ ':status': 200, 'cf-cache-status': 'DYNAMIC' })
    stream.end(`2.0 ${headers[':path']}`)
  })
}

const servers: readonly [string, (hasHints: boolean) => Promise<URL>, string][] = [
  ['HTTP/2', (hints) => listen(createHttp2(hints)), '2.0'],
  ['both', (hints) => listen(createHttp2(hints, { allowHTTP1: true })), '2.0'],
  [
    'HTTP/1.1 with TLS',
    (hints) => listen(createHttps(identity, toListener(hints)) as Server),
    '1.1',
  ],
  ['HTTP/1.1', (hints) => listen(createServer(toListener(hints)), 'http'), '1.1'],
]

const probe = (url: URL, signal = new AbortController().signal) =>
  probePage(url, signal, { ca: identity.cert })

describe.each(servers)('a server with %s', (_, start, protocol) => {
  it.each([true, false])('is seen to send a 103: %s', async (hasHints) => {
    expect(await probe(await start(hasHints))).toEqual({
      status: 200,
      headers: expect.objectContaining({ 'cf-cache-status': 'DYNAMIC' }),
      body: `${protocol} /page?a=1`,
      hasEarlyHints: hasHints,
    })
  })
})

describe('a probe', () => {
  it('reads no more of an endless page than it needs', async () => {
    const server = createSecureServer(identity).on('stream', (stream) => {
      stream.respond({ ':status': 200 })
      stream.on('error', () => {})
      const timer = setInterval(() => stream.write('x'.repeat(65_536)), 1)
      stream.on('close', () => clearInterval(timer))
    })
    const { body } = await probe(await listen(server))
    expect(body.length).toBeLessThan(2_000_000)
  })

  it('trusts no certificate that nobody has signed', async () => {
    const url = await listen(createHttp2(false))
    await expect(probePage(url, new AbortController().signal)).rejects.toThrow('self-signed')
  })

  it.each(['https', 'http'])(
    'ends with its signal where nobody speaks, over %s',
    async (scheme) => {
      const server = createTcp()
      const url = await listen(server as Server, scheme)
      const interruption = new AbortController()
      const asked = probe(url, interruption.signal)
      setTimeout(() => interruption.abort(), 50)
      await expect(asked).rejects.toThrow('aborted')
    },
  )

  it('ends where the connection is lost before the reply', async () => {
    const server = createSecureServer(identity).on('stream', (stream) => stream.session?.destroy())
    await expect(probe(await listen(server))).rejects.toThrow()
  })
})
