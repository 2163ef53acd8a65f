// What a person meets after typing `npm start`: what is printed, what is served, and that the two
// printed commands shift traffic as they stand.

import { spawnSync } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findFreePort } from '../../src/local/ports.ts'
import { ask, DOCUMENT, Profile } from '../support/http-client.ts'
import {
  makeWorkFolder,
  runStart,
  type StartProcess,
  spawnStart,
} from '../support/start-process.ts'
import { editByHand } from './edit-by-hand.ts'

const HOST = '127.0.0.1'
const WAIT = { timeout: 20_000, interval: 200 }

let folder: Awaited<ReturnType<typeof makeWorkFolder>>
let port: number
let holo: StartProcess
let url: URL

beforeAll(async () => {
  folder = await makeWorkFolder()
  port = await findFreePort(HOST)
  // A name that a shell would take apart.
  holo = spawnStart(folder.path, ['--port', String(port), '--data', "Anna's data (1)"])
  url = await holo.url()
})
afterAll(async () => {
  await holo?.destroy()
  await folder.remove()
})

/** The versions that `count` fresh visitors get. */
async function versionsOfFresh(count: number): Promise<Set<unknown>> {
  const visit = () => ask(url, '/', { headers: DOCUMENT })
  const answers = await Promise.all(Array.from({ length: count }, visit))
  return new Set(answers.map(({ headers }) => headers['holo-version']))
}

/** What the printed command prints of the control. */
function askControl(): { revision: number; published: number } {
  const [known = ''] = holo.printed().match(/export HOLO_URL.*/) ?? []
  const [command = ''] = holo.printed().match(/curl -s -H .*/) ?? []
  const options = { cwd: folder.path, shell: true, encoding: 'utf8' } as const
  return JSON.parse(spawnSync(`${known}; ${command}`, options).stdout).control
}

describe('npm start', () => {
  it('prints the address, what to look at, and the two commands', () => {
    const printed = holo.printed()
    expect(url.origin).toBe(`http://${HOST}:${port}`)
    expect(printed).toContain('95 % of visitors get shop 0.0.3, 5 % get 0.0.5')
    expect(printed).toContain("document.cookie = 'staff=1'")
    expect(printed).toMatch(/^ {2}npx wrangler kv key get assignments .* > assignments\.json$/m)
    expect(printed).toMatch(/^ {2}npx wrangler kv key put assignments --path assignments\.json/m)
  })

  it('keeps a first token for the API that only its owner can read', async () => {
    const file = join(folder.path, "Anna's data (1)", 'admin-token')
    expect(await readFile(file, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(holo.printed()).toContain("HOLO_TOKEN=$(cat 'Anna'\\''s data (1)/admin-token')")
  })

  it.each([
    ['0.0.5', 'staff, by the rule', { staff: '1' }],
    ['0.0.3', 'a visitor of main', {}],
  ])('serves %s to %s, page and API alike', async (version, _, cookies) => {
    const profile = await vi.waitFor(async () => {
      const fresh = new Profile(url)
      Object.assign(fresh.cookies, cookies)
      expect((await fresh.open('/')).headers['holo-version']).toBe(version)
      return fresh
    }, WAIT)
    const page = await profile.open('/')
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    const script = /src="(\/assets\/[^"]+)"/.exec(page.body)?.[1] ?? 'none'
    const asset = await profile.fetch(script)
    expect(asset.status).toBe(200)
    expect(asset.headers['cache-control']).toContain('immutable')
    const api = await profile.fetch('/api/release')
    expect(JSON.parse(api.body)).toMatchObject({ release: version })
  })

  it('moves everybody when the printed commands put back 100 %, and says so when the revision was not raised', async () => {
    await editByHand(holo, folder.path, (document) => ({
      ...document,
      revision: document.revision + 1,
      traffic: { main: 0, canary: 100 },
    }))
    const onlyCanary = new Set(['0.0.5'])
    await vi.waitFor(async () => expect(await versionsOfFresh(100)).toEqual(onlyCanary), WAIT)
    // An edit that comes between adoption and publication would be overwritten.
    await vi.waitFor(() => {
      expect(holo.logged()).toContain('adopts an edit of KV')
      const { revision, published } = askControl()
      expect(published).toBe(revision)
    }, WAIT)

    await editByHand(holo, folder.path, (document) => ({
      ...document,
      traffic: { main: 100, canary: 0 },
    }))
    await vi.waitFor(async () => {
      await versionsOfFresh(1)
      expect(holo.logged()).toMatch(/revision \d+ is in use with other content: raise "revision"/)
    }, WAIT)
    // The edge does not take it; the control makes a revision of it.
    await vi.waitFor(
      async () => expect(await versionsOfFresh(100)).toEqual(new Set(['0.0.3'])),
      WAIT,
    )
  })

  it('prints a command that asks the control', async () => {
    const control = askControl()
    expect(control.revision).toBeGreaterThan(1)
    expect(control).toMatchObject({ published: control.revision, overwritten: 0 })
  })

  it('serves the dashboard, and lets simulated visitors walk in, which it says', async () => {
    expect(holo.printed()).toMatch(/^ {2}http:\S+\/\.holo\/#code=\S+$/m)
    expect(holo.printed()).toContain('its visitors are simulated')
    const page = await ask(url, '/.holo/', { headers: DOCUMENT })
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    const token = (
      await readFile(join(folder.path, "Anna's data (1)", 'admin-token'), 'utf8')
    ).trim()
    const headers = { authorization: `Bearer ${token}` }
    await vi.waitFor(
      async () => {
        const { body } = await ask(url, '/.holo/api/metrics?resolution=window', { headers })
        const { points } = JSON.parse(body)
        expect(points.flatMap((point: { series: object[] }) => point.series)).toContainEqual(
          expect.objectContaining({ environment: 'main', assigned: expect.any(Number) }),
        )
      },
      { timeout: 50_000, interval: 500 },
    )
  })

  it('prints holo commands that work as they stand, one after the other', () => {
    const [known = ''] = holo.printed().match(/export HOLO_URL.*/) ?? []
    const commands = holo.printed().match(/npx holo .*/g) ?? []
    expect(commands.map((command) => command.split(' ')[2])).toEqual([
      'status',
      'publish',
      'point',
      'shift',
      'rollback',
      'rollout',
      'rollout',
    ])
    for (const command of commands) {
      const options = { cwd: folder.path, shell: true, encoding: 'utf8' } as const
      const { status, stderr } = spawnSync(`${known}; ${command}`, options)
      expect(status, `${command}: ${stderr}`).toBe(0)
    }
    expect(commands.at(-2)).toBe('npx holo rollout start 0.0.6 --yes')
  })

  it('says that its port is taken, in one sentence', async () => {
    const second = await runStart(folder.path, ['--port', String(port), '--data', 'other'])
    expect(second).toEqual({
      code: 1,
      printed: '',
      logged: `port ${port} is in use: end what listens there, or start with --port N\n`,
    })
  })
})
