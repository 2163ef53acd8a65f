// A Cloudflare Access team for tests: real RSA keys, a real HTTP server that publishes them, and JWTs
// as Access makes them, or as somebody would forge them.

import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'

export const AUDIENCE = 'a'.repeat(64)
export const EMAIL = 'alice@example.com'

type Pair = Awaited<ReturnType<typeof generateKeyPair>>

export type Signed = {
  readonly kid?: string
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  /** Seconds since the epoch. */
  readonly now?: number
}

export class AccessTeam {
  /** What the server answers with; keys by kid. */
  readonly keys = new Map<string, Pair>()
  readonly published = new Set<string>()
  /** How the server misbehaves. */
  mode: 'well' | 'error' | 'garbage' | 'redirect' | 'hang' | 'long' = 'well'
  /** Keys come with spaces behind them, up to so many characters. */
  characters = 0
  asked = 0
  /** Whether its keys say for which algorithm they are. */
  saysAlgorithm = true
  /** Who signs: also where the keys are, unless requests are sent on. */
  issuer = ''
  origin = ''
  stop: () => Promise<void> = async () => undefined

  async start(issuer?: string): Promise<this> {
    const server = createServer(async ({ url }, response) => {
      this.asked++
      const keys = await Promise.all([...this.published].map((kid) => this.#toJwk(kid)))
      if (this.mode === 'error') response.writeHead(500).end(JSON.stringify({ keys }))
      else if (this.mode === 'garbage') response.end('<html>')
      else if (this.mode === 'redirect' && url !== '/other') {
        // Whoever follows it gets keys that would count.
        response.writeHead(302, { location: '/other' }).end()
      } else if (this.mode === 'long') response.end(JSON.stringify({ keys }).padEnd(70_000))
      else if (this.mode !== 'hang') {
        response.end(JSON.stringify({ keys }).padEnd(this.characters))
      }
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    this.issuer = issuer ?? this.origin
    this.stop = async () => {
      server.close()
      server.closeAllConnections()
    }
    await this.addKey('one')
    return this
  }

  async addKey(kid: string, isPublished = true): Promise<void> {
    this.keys.set(kid, await generateKeyPair('RS256', { extractable: true }))
    if (isPublished) this.published.add(kid)
  }

  /** A JWT as Access signs it, but for what is said. */
  sign({ kid = 'one', claims = {}, header = {}, now = Date.now() / 1000 }: Signed = {}) {
    const seconds = Math.floor(now)
    return new SignJWT({
      email: EMAIL,
      type: 'app',
      sub: 'b3f1c0de',
      iss: this.issuer,
      aud: [AUDIENCE],
      iat: seconds,
      nbf: seconds,
      exp: seconds + 600,
      ...claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT', ...header })
      .sign(this.#pair(kid).privateKey)
  }

  /** Signed with the team's own key by another algorithm than the one that Access uses. */
  async signOtherwise(alg: string, claims: Readonly<Record<string, unknown>>): Promise<string> {
    const { alg: _, ...jwk } = await exportJWK(this.#pair('one').privateKey)
    return new SignJWT({ email: EMAIL, iss: this.issuer, aud: [AUDIENCE], ...claims })
      .setProtectedHeader({ alg, kid: 'one', typ: 'JWT' })
      .sign(await importJWK(jwk, alg))
  }

  /** The same claims under another header, with whatever `signature` makes of the signing input. */
  async resign(
    header: Readonly<Record<string, unknown>>,
    signature: (input: string) => string | Promise<string>,
  ): Promise<string> {
    const [, payload = ''] = (await this.sign()).split('.')
    const input = `${encode(JSON.stringify(header))}.${payload}`
    return `${input}.${await signature(input)}`
  }

  /** HS256 with the published key as the secret: the classic confusion of algorithms. */
  async signWithPublicKey(): Promise<string> {
    const pem = await exportSPKI(this.#pair('one').publicKey)
    const sign = (input: string) => createHmac('sha256', pem).update(input).digest('base64url')
    return this.resign({ alg: 'HS256', kid: 'one', typ: 'JWT' }, sign)
  }

  async #toJwk(kid: string): Promise<JWK> {
    const jwk = { ...(await exportJWK(this.#pair(kid).publicKey)), kid, use: 'sig' }
    return this.saysAlgorithm ? { ...jwk, alg: 'RS256' } : jwk
  }

  #pair(kid: string): Pair {
    const pair = this.keys.get(kid)
    if (!pair) throw new Error(`there is no key ${kid}`)
    return pair
  }
}

export function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}
