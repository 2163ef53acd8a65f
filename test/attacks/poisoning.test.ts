import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROBES } from './probes.ts'
import { askRaw, headerOf, type RawAnswer, type RawAsk } from './raw-socket.ts'
import { type Site, startSite, type Told } from './site.ts'

const cookie = (visitor: string, session: string, pin: string) =>
  `Cookie: holo-visitor=${visitor.repeat(22)}; session=${session}; holo-pin=${pin}`
const ATTACKER = cookie('B', 'attacker', 'v1@main')
const VICTIM = cookie('A', 'victim', 'v1@main')
const STRANGER = `Cookie: holo-visitor=${'D'.repeat(22)}`
const NAVIGATION = ['Sec-Fetch-Dest: document', 'Sec-Fetch-Mode: navigate']
const FRAME_AND_PAGE = {
  page: NAVIGATION,
  frame: ['Sec-Fetch-Dest: iframe', 'Sec-Fetch-Mode: navigate'],
}
const FILES = { host: 'files.example', lines: [cookie('A', 'victim', 'files@static')] }

/** What the next visitor asks for, whoever asked before. */
const VICTIM_ASKS: readonly (readonly [target: string, asked: RawAsk])[] = [
  ['/app.css', { lines: [VICTIM] }],
  ['/app.css', { lines: [STRANGER] }],
  ['/assets/app-v1.js', { lines: [VICTIM] }],
  ['/docs', { lines: [VICTIM] }],
  ['/docs/', { lines: [VICTIM, ...NAVIGATION] }],
  ['/account', { lines: [VICTIM, ...NAVIGATION] }],
  ['/api/account', { lines: [VICTIM] }],
  ['/api/account', { lines: [STRANGER] }],
  ['/api/list', { lines: [VICTIM] }],
  ['/api/list', { lines: [STRANGER] }],
  ['/assets/none.js', FILES],
  ['/', { ...FILES, lines: [...FILES.lines, ...NAVIGATION] }],
]

let site: Site
let before: unknown[]
beforeAll(async () => {
  site = await startSite()
  before = await askAsVictim()
})
afterAll(() => site.stop())

async function askAsVictim(): Promise<unknown[]> {
  const answers = VICTIM_ASKS.map(([target, asked]) => askRaw(site.url, target, asked))
  return (await Promise.all(answers)).map(toComparable)
}

/** All of an answer but what is of the moment only. */
function toComparable({ status, headers, body }: RawAnswer) {
  const kept = headers.filter(([name]) => name !== 'date' && name !== 'server-timing')
  return { status, headers: kept.sort(), body: body.replace(/"requestId":"[^"]*"/, '') }
}

/** Whether a cache that many share may answer from it without asking again (RFC 9111 section 3). */
function isShared(answer: RawAnswer): boolean {
  const control = headerOf(answer, 'cache-control') ?? ''
  if (headerOf(answer, 'cdn-cache-control') || headerOf(answer, 'surrogate-control')) return true
  if (/\b(private|no-store|no-cache)\b/.test(control)) return false
  return /\b(s-maxage|max-age)=[1-9]|immutable/.test(control)
}

describe('a probe', () => {
  const probes = PROBES.map(([name, target, asked = {}]) => [name, target, asked] as const)

  it.each(probes)('leaves nothing behind: %s', async (_, target, asked) => {
    const lines = asked.lines?.some((line) => line.startsWith('Cookie:')) ? [] : [ATTACKER]
    const sent = { ...asked, lines: [...lines, ...(asked.lines ?? [])] }
    const answer = await askRaw(site.url, target, sent)
    expect(answer.status).toBeGreaterThanOrEqual(200)
    expect(await askAsVictim()).toEqual(before)

    if (answer.body.includes('attacker')) expect(isShared(answer)).toBe(false)
    const isGet = (asked.method ?? 'GET') === 'GET'
    if (!isGet || answer.status !== 200 || !isShared(answer)) return
    // A cache in front would give this answer to whoever asks for the address. Two versions may
    // differ in what their backends call public, so the victim is one of the same version.
    const pin = `${headerOf(answer, 'holo-version')}`
    const victim = await askRaw(site.url, target, {
      ...(asked.host ? { host: asked.host } : {}),
      lines: [cookie('A', 'victim', pin)],
    })
    expect(victim.body).toBe(answer.body)
  })
})

describe('a private answer', () => {
  it('of a backend that says nothing about caches is passed on as it is', async () => {
    const answer = await askRaw(site.url, '/api/account/x.css', { lines: [ATTACKER] })
    expect((JSON.parse(answer.body) as Told).session).toBe('attacker')
    expect(headerOf(answer, 'cache-control')).toBeUndefined()
    expect(headerOf(answer, 'content-type')).toBe('application/json')
  })

  it('with a cookie is private, whatever its backend says', async () => {
    const answer = await askRaw(site.url, '/api/login', { lines: [ATTACKER] })
    expect(headerOf(answer, 'set-cookie')).toContain('session=attacker')
    expect(headerOf(answer, 'cache-control')).toBe('private, max-age=60')
    expect(headerOf(answer, 'cdn-cache-control')).toBeUndefined()
  })

  it('with a cookie of ours is private as well', async () => {
    const answer = await askRaw(site.url, '/api/list', { lines: NAVIGATION })
    expect(headerOf(answer, 'set-cookie')).toContain('holo-visitor=')
    expect(headerOf(answer, 'cache-control')).toBe('private, max-age=60')
  })

  it('is every page, as it belongs to the version of one visitor: public is what scripts fetch', async () => {
    const asked = { ...FRAME_AND_PAGE, script: [] }
    for (const [name, lines] of Object.entries(asked)) {
      const answer = await askRaw(site.url, '/api/list', { lines: [VICTIM, ...lines] })
      expect(headerOf(answer, 'set-cookie')).toBeUndefined()
      const expected = name === 'script' ? 'public, max-age=60' : 'private, max-age=60'
      expect(headerOf(answer, 'cache-control'), name).toBe(expected)
    }
  })

  it('is told the true host, and none of what a client claims', async () => {
    const lines = ['X-Forwarded-Host: evil.example', 'X-Forwarded-Proto: gopher']
    const { body } = await askRaw(site.url, '/api/list', { lines })
    expect(JSON.parse(body)).toMatchObject({ host: 'shop.example', proto: 'http' })
  })
})
