// JWTs of Cloudflare Access against a real server of keys, with the time of the control in our hands.

import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AccessKeys, verifyAccessJwt } from '../../src/control/access/access-keys.ts'
import { AccessTeam, AUDIENCE, EMAIL } from '../support/access-team.ts'

/** Seconds and milliseconds since the epoch. */
const NOW_S = 1_764_000_000
const NOW = NOW_S * 1000
const MINUTE = 60_000
const HOUR = 60 * MINUTE

let team: AccessTeam
let keys: AccessKeys
let now: number

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  team = await new AccessTeam().start()
  now = NOW
  keys = new AccessKeys(team.issuer, fetch, () => now)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await team.stop()
})

const verify = (jwt: string) =>
  verifyAccessJwt(jwt, { issuer: team.issuer, audience: AUDIENCE, scopes: ['read'] }, keys, now)
/** One that is good for an hour, whatever the time. */
const sign = (kid = 'one', claims = {}) =>
  team.sign({ kid, now: NOW_S, claims: { exp: NOW_S + 86_400, ...claims } })

const REFUSED = { isAttempt: true, fault: expect.stringContaining('JWT') }
const NO_KEYS = { isAttempt: false, fault: expect.stringContaining('cannot be checked') }

describe('a JWT of Access', () => {
  it('is the person it names', async () => {
    expect(await verify(await sign())).toEqual({ actor: EMAIL, expiresAt: expect.any(Number) })
  })

  it('of a service token is the name of the token', async () => {
    const jwt = await sign('one', { email: undefined, sub: '', common_name: 'ci.access' })
    expect(await verify(jwt)).toMatchObject({ actor: 'ci.access' })
  })

  it.each([
    ['nobody', { email: undefined }],
    ['an empty name', { email: '' }],
    ['a name that is no text', { email: { admin: true } }],
    ['a name that fills a page', { email: 'x'.repeat(400) }],
    ['another audience', { aud: ['b'.repeat(64)] }],
    ['no audience', { aud: undefined }],
    ['another team', { iss: 'https://evil.cloudflareaccess.com' }],
    ['no team', { iss: undefined }],
    ['no end', { exp: undefined }],
    ['no beginning', { iat: undefined }],
    ['a time that is over', { exp: NOW_S - 31 }],
    ['a time to come', { nbf: NOW_S + 31 }],
    ['an end that is no number', { exp: 'never' }],
  ])('that names %s is refused', async (_, claims) => {
    expect(await verify(await sign('one', claims))).toMatchObject(REFUSED)
  })

  it('is taken within the half minute that clocks may differ', async () => {
    expect(await verify(await sign('one', { exp: NOW_S - 29 }))).toMatchObject({ actor: EMAIL })
    expect(await verify(await sign('one', { nbf: NOW_S + 29 }))).toMatchObject({ actor: EMAIL })
  })

  it('brings no key of its own', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
    const jwk = await exportJWK(publicKey)
    const forged = await new SignJWT({ email: EMAIL, iat: NOW_S, exp: NOW_S + 60 })
      .setProtectedHeader({ alg: 'RS256', kid: 'one', jwk })
      .setIssuer(team.issuer)
      .setAudience(AUDIENCE)
      .sign(privateKey)
    expect(await verify(forged)).toMatchObject(REFUSED)
  })

  it('is signed by RS256 and nothing else, also where the key does not say for what it is', async () => {
    team.saysAlgorithm = false
    const claims = { iat: NOW_S, exp: NOW_S + 600 }
    expect(await verify(await team.signOtherwise('RS256', claims))).toMatchObject({ actor: EMAIL })
    for (const alg of ['RS384', 'RS512', 'PS256']) {
      expect([alg, await verify(await team.signOtherwise(alg, claims))]).toMatchObject([
        alg,
        REFUSED,
      ])
    }
  })

  it('of 9 KB is not even looked at', async () => {
    expect(await verify(await sign('one', { note: 'x'.repeat(9000) }))).toMatchObject(REFUSED)
    expect(team.asked).toBe(0)
  })
})

describe('the keys of a team', () => {
  it('are fetched once, and not with every JWT', async () => {
    const jwt = await sign()
    await Promise.all(Array.from({ length: 20 }, () => verify(jwt)))
    for (let i = 0; i < 20; i++) await verify(jwt)
    expect(team.asked).toBe(1)
  })

  it('are fetched anew when a JWT names one that was added', async () => {
    await verify(await sign())
    await team.addKey('two')
    now += MINUTE
    expect(await verify(await sign('two'))).toMatchObject({ actor: EMAIL })
    expect(await verify(await sign('one'))).toMatchObject({ actor: EMAIL })
    expect(team.asked).toBe(2)
  })

  it('are asked for at most once a minute, whatever unknown keys are named', async () => {
    await team.addKey('ghost', false)
    await verify(await sign())
    for (let i = 0; i < 50; i++) {
      expect(await verify(await sign('ghost'))).toMatchObject(REFUSED)
    }
    expect(team.asked).toBe(1)
    now += MINUTE
    for (let i = 0; i < 50; i++) {
      expect(await verify(await sign('ghost'))).toMatchObject(REFUSED)
    }
    expect(team.asked).toBe(2)
  })

  it('that were taken away count for an hour at most', async () => {
    await verify(await sign())
    await team.addKey('two')
    team.published.delete('one')
    now += HOUR
    expect(await verify(await sign())).toMatchObject(REFUSED)
    expect(await verify(await sign('two'))).toMatchObject({ actor: EMAIL })
  })

  it.each(['error', 'garbage', 'redirect', 'hang', 'long'] as const)(
    'that cannot be had (%s) let nobody in, and that is no failed attempt',
    async (mode) => {
      team.mode = mode
      expect(await verify(await sign())).toMatchObject(NO_KEYS)
    },
  )

  it('that cannot be had are asked for again after ten seconds, not with every request', async () => {
    team.mode = 'error'
    for (let i = 0; i < 50; i++) expect(await verify(await sign())).toMatchObject(NO_KEYS)
    expect(team.asked).toBe(1)
    team.mode = 'well'
    now += 10_000
    expect(await verify(await sign())).toMatchObject({ actor: EMAIL })
  })

  it('count on while their server is down, until they are an hour old', async () => {
    await verify(await sign())
    team.mode = 'error'
    now += HOUR - 1
    expect(await verify(await sign())).toMatchObject({ actor: EMAIL })
    now += 1
    expect(await verify(await sign())).toMatchObject(NO_KEYS)
  })
})
