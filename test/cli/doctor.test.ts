// `holo doctor`: what it says of projects and of sites that have something wrong, and that it asks nothing of a
// stranger.

import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  checkClock,
  checkPage,
  checkToken,
  checkVersion,
} from '../../src/cli/doctor/site-checks.ts'
import { holo, type RunOptions } from '../support/cli.ts'

let folder: string
let server: Server | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holo-doctor-'))
})
afterEach(async () => {
  server?.close()
  server?.closeAllConnections()
  server = undefined
  await rm(folder, { recursive: true, force: true })
})

const put = async (path: string, content: unknown) => {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  await writeFile(join(folder, path), text)
}
type Check = { check: string; state: string; message: string; mend?: string }
const doctor = async (args: readonly string[] = [], options: RunOptions = {}) => {
  const ran = await holo(['doctor', ...args, '--json'], { cwd: folder, ...options })
  return { ...ran, checks: (ran.json?.checks ?? []) as Check[] }
}
const of = (checks: readonly Check[], name: string) => checks.find(({ check }) => check === name)

async function serve(listener: RequestListener): Promise<string> {
  const started = createServer(listener).listen(0, '127.0.0.1')
  server = started
  await once(started, 'listening')
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`
}

const PAGE = { status: 200, headers: {}, body: '<h1>page</h1>', hasEarlyHints: false }

describe('the doctor of a site', () => {
  it('finds a cache in front and Early Hints, and sends no token to a host that is not trusted', async () => {
    const seen: (string | undefined)[] = []
    const url = await serve((request, reply) => {
      seen.push(request.headers.authorization)
      if (request.url?.startsWith('/.holo/')) {
        reply.setHeader('content-type', 'application/json').end('{}')
        return
      }
      reply.writeEarlyHints({ link: '</old.css>; rel=preload; as=style' })
      reply.setHeader('cf-cache-status', 'HIT').end('<h1>of somebody else</h1>')
    })
    await put('holo.json', { targets: { production: { url } } })
    const { code, json, checks, stderr } = await doctor([], { env: { HOLO_TOKEN: 'holo_secret' } })
    expect(checks.at(-1), stderr).toMatchObject({
      state: 'unknown',
      message: expect.stringContaining('never got a token'),
    })
    expect(seen).toEqual([])
    const asked = await doctor(['--url', url])
    expect([code, asked.code, json?.wrong, asked.json?.wrong]).toEqual([0, 1, 0, 2])
    expect(of(asked.checks, 'no cache in front')).toMatchObject({
      state: 'wrong',
      message: expect.stringContaining('cf-cache-status: HIT'),
    })
    expect(of(asked.checks, 'no Early Hints')?.mend).toContain('switch Early Hints off')
    expect(seen.every((one) => one === undefined)).toBe(true)
    const text = await holo(['doctor', '--url', url], { cwd: folder })
    expect(text.stdout).toContain('\n2 things wrong, ')
  })

  it('says that something else answers, or nothing', async () => {
    const url = await serve((_, reply) => reply.setHeader('content-type', 'text/html').end('<p>'))
    const other = await doctor(['--url', url])
    expect(other.code).toBe(1)
    expect(of(other.checks, 'Holo answers')?.message).toContain('something else than Holo')
    server?.close()
    server?.closeAllConnections()
    const none = await doctor(['--url', url])
    expect(of(none.checks, 'Holo answers')?.message).toContain('does not answer: ECONNREFUSED')
    expect((await doctor(['--url', 'shop'])).code).toBe(2)
    expect((await doctor(['staging'])).code).toBe(2)
  })

  it.each([
    [{ headers: { 'cf-cache-status': 'DYNAMIC' } }, []],
    [{ headers: { age: '12' } }, ['no cache in front']],
    [{ headers: { 'cf-cache-status': 'EXPIRED' } }, ['no cache in front']],
    [
      { body: '<script src="/cdn-cgi/scripts/rocket-loader.min.js">' },
      ['pages arrive as they were built'],
    ],
    [{ status: 503 }, ['something is published']],
  ])('knows from %j what is wrong', (part, names) => {
    const bad = checkPage({ ...PAGE, ...part }).filter(({ state }) => state !== 'fine')
    expect(bad.map(({ check }) => check)).toEqual(names)
    for (const { mend } of bad) expect(mend).toBeDefined()
  })

  it('compares the clocks, and looks at what the token may do and until when', () => {
    const now = Date.parse('2026-11-27T12:00:00Z')
    expect(checkClock('Fri, 27 Nov 2026 12:00:30 GMT', now).state).toBe('fine')
    expect(checkClock('Fri, 27 Nov 2026 11:00:00 GMT', now).message).toBe(
      'this machine is 1 h ahead of the site',
    )
    expect(checkClock(undefined, now).state).toBe('unknown')
    const who = { actor: 'ci', kind: 'token', scopes: ['read'] }
    const states = checkToken({ ...who, token: 'first', expiresAt: now + 3_600_000 }, now)
    expect(states.map(({ check, state }) => [check, state])).toEqual([
      ['the token', 'warning'],
      ['its scopes', 'warning'],
      ['its end', 'warning'],
    ])
  })
})

describe('the version of Holo', () => {
  it.each([
    ['0.1.0', '0.1.0', 'fine', undefined],
    ['0.1.0+build.7', '0.1.0', 'fine', undefined],
    ['0.1.0', '0.2.0', 'warning', 'then holo deploy'],
    ['0.2.0-rc.1', '0.2.0', 'warning', 'then holo deploy'],
    ['0.9.0', '0.10.0', 'warning', 'then holo deploy'],
    [undefined, '0.2.0', 'warning', 'then holo deploy'],
    ['0.3.0', '0.2.0', 'warning', 'put holo-edge 0.3.0 into this project'],
    ['newest', '0.2.0', 'warning', 'install the same one here'],
  ])('that is deployed as %s is, for a command of %s, %s', (deployed, own, state, mend) => {
    const told = checkVersion(deployed, own)
    expect(told.state).toBe(state)
    if (mend === undefined) expect(told.mend).toBeUndefined()
    else expect(told.mend).toContain(mend)
    expect(told.message).toContain(own)
  })

  it('is asked of a site with the token: an older Worker is a warning, and no failure', async () => {
    const control = { published: 1, fill: [], lost: { files: 0, versions: [] } }
    const replies: Record<string, object> = {
      '/.holo/api/whoami': { actor: 'ci', kind: 'token', scopes: ['publish'] },
      '/.holo/api/health': { status: 'ok', control, staleAfterMs: 5000, holoVersion: '0.0.9' },
    }
    const url = await serve(({ url = '' }, reply) => {
      reply.setHeader('content-type', 'application/json').end(JSON.stringify(replies[url] ?? {}))
    })
    const { code, checks } = await doctor(['--url', url], { env: { HOLO_TOKEN: 'holo_secret' } })
    expect(code).toBe(0)
    expect(of(checks, 'the version of Holo')).toMatchObject({
      state: 'warning',
      message: expect.stringContaining('the Worker is 0.0.9'),
      mend: expect.stringContaining('holo deploy'),
    })
    expect(of(checks, 'the control')?.state).toBe('fine')
  })
})

describe('the doctor of a project', () => {
  const none = ['--url', 'http://127.0.0.1:9']

  it('names what is missing in holo.json, the build and wrangler.toml', async () => {
    await put('package.json', { devDependencies: { vite: '8' } })
    await holo(['init', '--yes'], { cwd: folder })
    const fresh = await doctor(none)
    expect(of(fresh.checks, 'wrangler.toml')?.state).toBe('fine')
    expect(of(fresh.checks, 'holo.json')).toMatchObject({
      state: 'warning',
      mend: 'holo init --url https://…',
    })
    expect(of(fresh.checks, 'the build')).toMatchObject({
      state: 'warning',
      message: 'dist is not there',
    })

    await put('dist/index.html', '<h1>page</h1>')
    await put('.holo/admin-token', 'x')
    const old = `name = "a"\nmain = "worker.js"\ncompatibility_date = "2025-01-01"
[[kv_namespaces]]\nbinding = "ASSIGNMENTS"
[[durable_objects.bindings]]\nname = "CONTROL"\nclass_name = "Control"\n`
    await put('wrangler.toml', old)
    const { checks, code } = await doctor(none)
    expect(code).toBe(1)
    const wrangler = checks.filter(({ check }) => check === 'wrangler.toml')
    expect(wrangler.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        'r2_buckets: has no "STORE"',
        'migrations: has no "v1"',
        'triggers.crons: has no "* * * * *"',
        'assets.run_worker_first: set it to true',
        'no_bundle: set it to true',
        'compatibility_date: set it to "2026-10-01"',
      ]),
    )
    expect(of(checks, 'the build')?.message).toBe('dist: 1 file, 13 B')
    expect(of(checks, 'the free plan')?.state).toBe('fine')
    expect(of(checks, '.holo')).toMatchObject({
      state: 'wrong',
      mend: 'add ".holo/" to .gitignore',
    })
  })

  it('goes on where a file is broken, of another Worker, or not there', async () => {
    expect(of((await doctor(none)).checks, 'holo.json')?.mend).toBe('holo init')
    await put('holo.json', '{ "targets": {} }')
    await put('wrangler.toml', 'name = ')
    expect(of((await doctor(none)).checks, 'wrangler.toml')?.message).toContain('it is not TOML')
    await put('wrangler.toml', 'name = "api"\nmain = "api.js"\n')
    expect(of((await doctor(none)).checks, 'wrangler.toml')?.message).toBe(
      'it is of another Worker',
    )
    await put('holo.json', '{')
    expect(of((await doctor(none)).checks, 'holo.json')?.state).toBe('wrong')
  })
})
