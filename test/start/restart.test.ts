// How `npm start` ends and begins again: nothing of it is left running, and what its folder holds is
// what the next start serves.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { findFreePort, isPortFree } from '../../src/local/ports.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'
import {
  makeWorkFolder,
  runStart,
  type StartProcess,
  spawnStart,
} from '../support/start-process.ts'
import { editByHand } from './edit-by-hand.ts'

const HOST = '127.0.0.1'
const WAIT = { timeout: 20_000, interval: 100 }

let folder: Awaited<ReturnType<typeof makeWorkFolder>>
beforeAll(async () => {
  folder = await makeWorkFolder()
})
afterAll(() => folder.remove())

async function start(...args: string[]): Promise<{ holo: StartProcess; url: URL }> {
  const port = await findFreePort(HOST)
  const holo = spawnStart(folder.path, ['--port', String(port), '--no-visitors', ...args])
  onTestFinished(() => holo.destroy())
  return { holo, url: await holo.url() }
}

/** The ports of the edge and of both backends, by what the backends say they were asked as. */
async function portsOf(url: URL): Promise<number[]> {
  const backends = [
    ['staff=1', '0.0.5'],
    ['staff=0', '0.0.3'],
  ].map(async ([cookie, version]) => {
    // Five of a hundred strangers are on the canary, or all of them where it has everybody.
    for (let left = 100; ; left--) {
      const { body, headers } = await ask(url, '/api/echo', { headers: { cookie } })
      if (headers['holo-version'] !== version && left > 0) continue
      return Number(new URL(`http://${JSON.parse(body).headers.host}`).port)
    }
  })
  return [Number(url.port), ...(await Promise.all(backends))]
}

describe('the end of npm start', () => {
  it.each([
    ['Ctrl-C', 'interrupt'],
    ['a request to end', 'terminate'],
  ] as const)('ends edge and backends on %s', async (_, end) => {
    const { holo, url } = await start('--data', 'ended')
    const ports = await portsOf(url)
    expect(new Set(ports).size).toBe(3)
    holo[end]()
    const code = await holo.ended
    expect({ code, logged: holo.logged() }).toEqual({ code: 0, logged: expect.any(String) })
    for (const port of ports) expect(await isPortFree(HOST, port)).toBe(true)
    expect(holo.logged()).not.toContain('ended by itself')
  })

  it('leaves nothing running when it is ended while it publishes', async () => {
    const holo = spawnStart(folder.path, [
      ...['--port', String(await findFreePort(HOST))],
      ...['--data', 'half-published'],
    ])
    onTestFinished(() => holo.destroy())
    await vi.waitFor(() => expect(holo.logged()).toContain('shop 0.0.3'), WAIT)
    holo.terminate()
    // Its output is closed when the last process that holds it has ended.
    expect(await holo.ended).toBe(0)
    expect(holo.printed()).toBe('')
  })

  it('ends with a message when a backend does', async () => {
    const { holo, url } = await start('--data', 'ended')
    const { body } = await ask(url, '/api/release', { headers: { cookie: 'staff=1' } })
    const { instance } = JSON.parse(body) as { instance: string }
    process.kill(Number(instance.split('-').at(-1)), 'SIGKILL')
    expect(await holo.ended).toBe(1)
    expect(holo.logged()).toContain('the backend of shop 0.0.5 ended by itself')
  })
})

describe('a second start', () => {
  /** Those that the data in "kept" expect. */
  let ports: number[] = []

  it('serves what the first has published, with the document as it was edited', async () => {
    const first = await start('--data', 'kept')
    expect(first.holo.logged()).toContain('shop 0.0.3')
    await editByHand(first.holo, folder.path, (document) => ({
      ...document,
      revision: document.revision + 1,
      traffic: { main: 0, canary: 100 },
    }))
    // The control has made a revision of the edit, and KV has that.
    await vi.waitFor(async () => {
      await ask(first.url, '/', { headers: DOCUMENT })
      expect(first.holo.logged()).toContain('adopts an edit of KV')
    }, WAIT)
    first.holo.interrupt()
    await first.holo.ended

    const { holo, url } = await start('--data', 'kept')
    expect(holo.logged()).toBe('')
    for (let i = 0; i < 50; i++) {
      const page = await ask(url, '/', { headers: DOCUMENT })
      expect(page.headers['holo-version']).toBe('0.0.5')
    }
    ports = await portsOf(url)
    holo.interrupt()
    await holo.ended
  })

  it('says which port is taken where a published version expects its backend', async () => {
    const [edge, port] = ports
    const squatter = createServer().listen({ host: HOST, port })
    await once(squatter, 'listening')
    onTestFinished(() => void squatter.close())

    const { code, logged } = await runStart(folder.path, [
      ...['--port', String(edge), '--data', 'kept'],
    ])
    expect({ code, logged }).toEqual({
      code: 1,
      logged: `port ${port} is in use, but the backend of shop 0.0.5 needs it: end what listens there, or start with another --data\n`,
    })
  })

  it('serves what the folder holds with --no-example, and without its backends', async () => {
    const { url } = await start('--data', 'kept', '--no-example')
    const page = await ask(url, '/', { headers: DOCUMENT })
    expect(page.status).toBe(200)
    expect((await ask(url, '/api/release')).status).toBe(502)
  })
})

describe('two starts with one data folder', () => {
  it('refuse the second, and take the folder over after a kill -9 of the first', async () => {
    const args = ['--data', 'shared', '--no-example']
    const first = await start(...args)
    const port = String(await findFreePort(HOST))
    const { code, printed, logged } = await runStart(folder.path, ['--port', port, ...args])
    expect({ code, printed, logged }).toEqual({
      code: 1,
      printed: '',
      logged: `another local edge uses the folder ${join(folder.path, 'shared')}: end it, or start with another --data\n`,
    })
    expect((await ask(first.url, '/')).status).toBe(503)

    first.holo.kill()
    await first.holo.ended
    const { url } = await start(...args)
    expect((await ask(url, '/')).status).toBe(503)
    expect(await isPortFree(HOST, Number(first.url.port))).toBe(true)
  })
})

describe('npm start with --no-example in an empty folder', () => {
  it('answers that nothing is published yet', async () => {
    const { holo, url } = await start('--data', join('new', 'folder'), '--no-example')
    expect(holo.printed()).toContain('without assignments it answers 503')
    const page = await ask(url, '/', { headers: DOCUMENT })
    expect(page.status).toBe(503)
    expect(JSON.parse(page.body)).toMatchObject({ code: 'nothing_published' })
    expect(page.headers['retry-after']).toBeDefined()
  })
})
