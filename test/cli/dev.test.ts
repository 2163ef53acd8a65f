// `holo dev`: a project with a build and nothing else gets a running Holo with its first version, keeps it from run
// to run, and is told in a sentence what is in the way.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireOptional } from '../../src/cli/optional-package.ts'
import { findFreePort, isPortFree } from '../../src/local/ports.ts'
import { HOLO, holo, NODE, STACK_TRACE } from '../support/cli.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'
import { cleanEnvironment } from '../support/start-process.ts'

let folder: string
let port: number

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holo-dev-'))
  port = await findFreePort('127.0.0.1')
  await mkdir(join(folder, 'build'))
  await writeFile(join(folder, 'build/index.html'), '<!doctype html><h1>of the build</h1>')
  await writeFile(join(folder, 'package.json'), '{ "version": "1.4.0" }')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Running = {
  readonly url: URL
  readonly printed: () => string
  /** As a terminal does: the signal goes to all that it has started. Returns the exit code. */
  readonly interrupt: () => Promise<number | null>
}

async function startDev(args: readonly string[]): Promise<Running> {
  const child = spawn(NODE, [HOLO, 'dev', ...args], {
    cwd: folder,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let printed = ''
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const url = new Promise<URL>((found, failed) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text
        const address = /running at (\S+)/.exec(printed)?.[1]
        if (address && printed.includes('shift canary=10')) found(new URL(address))
      })
    }
    ended.then((code) => failed(new Error(`ended with ${code}: ${printed}`)))
  })
  const interrupt = () => {
    process.kill(-(child.pid ?? 0), 'SIGINT')
    return ended
  }
  return { url: await url, printed: () => printed, interrupt }
}

const run = (...args: string[]) => holo(['dev', ...args], { cwd: folder })

describe('holo dev', () => {
  it('publishes the build at the first start, serves it with the dashboard, and ends with Ctrl-C', async () => {
    const dev = await startDev(['--port', String(port)])
    expect(dev.printed()).toContain('everybody gets 1.4.0: build, published just now (1 file)')
    const page = await ask(dev.url, '/', { headers: DOCUMENT })
    expect([page.headers['holo-version'], page.body]).toEqual([
      '1.4.0',
      expect.stringContaining('of the build'),
    ])
    expect((await ask(dev.url, '/.holo/', { headers: DOCUMENT })).status).toBe(200)
    expect(dev.printed()).toMatch(/^ {2}http:\S+\/\.holo\/#code=\S+$/m)

    const busy = await run('--port', String(port))
    expect({ code: busy.code, stderr: busy.stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(`port ${port} is in use`),
    })
    const locked = await run()
    expect(locked.code).toBe(1)
    expect(locked.stderr).toContain('another local edge uses the folder')

    expect(await dev.interrupt()).toBe(0)
    expect(await isPortFree('127.0.0.1', port)).toBe(true)
  })

  it('keeps its data where git does not look, and the token where nobody else may', async () => {
    expect(await readFile(join(folder, '.holo/.gitignore'), 'utf8')).toBe('*\n')
    expect((await stat(join(folder, '.holo/admin-token'))).mode & 0o777).toBe(0o600)
  })

  it('publishes nothing at the next start, and tells programs where it is', async () => {
    await writeFile(join(folder, 'build/index.html'), '<!doctype html><h1>newer</h1>')
    const { json, code, stderr } = await run('--port', String(port), '--for', '1', '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(json).toMatchObject({ ok: true, command: 'dev', url: `http://127.0.0.1:${port}` })
    expect(json?.version).toBeUndefined()
  })

  it('publishes another folder under another id into data of its own, when told so', async () => {
    await mkdir(join(folder, 'site'), { recursive: true })
    await writeFile(join(folder, 'site/index.html'), '<!doctype html>')
    const args = ['site', '--publish-as', 'v7', '--data', 'other', '--for', '1', '--json']
    const { json, code } = await run(...args, '--service', '/api/=http://localhost:9')
    expect(code).toBe(0)
    expect(json).toMatchObject({ version: 'v7', folder: 'site', files: 1 })
    expect((await stat(join(folder, 'other/admin-token'))).isFile()).toBe(true)
  })

  it.each([
    [['nothing'], 2, 'there is no folder nothing'],
    [['--port', '70000'], 2, '--port takes a number from 1 to 65535'],
    [['--for', '3000000'], 2, 'a whole number of seconds from 1 to 2147483'],
    [['--publish-as', 'no spaces'], 2, 'cannot be the id of a version'],
    [['--data', 'package.json'], 1, 'nothing can be stored in'],
  ])('refuses %j in a sentence', async (args, code, sentence) => {
    const ran = await run(...args)
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code, stdout: '' })
    expect(ran.stderr).toContain(sentence)
    expect(ran.stderr).not.toMatch(STACK_TRACE)
  })

  it('names the command that installs what an installation has left out', async () => {
    const root = join(folder, 'package')
    await mkdir(root)
    const wanted = '{ "optionalDependencies": { "wrangler": "4.1.2" } }'
    await writeFile(join(root, 'package.json'), wanted)
    await expect(requireOptional(root, 'miniflare')).rejects.toMatchObject({
      code: 'not_installed',
      details: { hint: 'install it: npm install --save-dev wrangler@4.1.2' },
    })
  })
})
