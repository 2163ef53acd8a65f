// The first ten minutes with the packed package, as a new user has them, in six starter projects: create, install,
// `holo init`, their own build in two versions, a shift to the second, and a rollback.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findFreePort } from '../../../src/local/ports.ts'
import { ask, DOCUMENT } from '../../support/http-client.ts'
import { CACHE, PACKAGES_OF, runTool, toBuildEnvironment } from '../build-app.ts'
import { makeStarter, STARTERS } from '../starters.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const QUIET = ['--no-audit', '--no-fund']
const WALK_TIMEOUT_MS = 900_000

let home: string
let tarball: string

beforeAll(async () => {
  await mkdir(CACHE, { recursive: true })
  home = await mkdtemp(join(CACHE, 'walk-'))
  await runTool('npm', ['pack', '--silent', '--pack-destination', home], ROOT)
  const name = (await readdir(home)).find((one) => one.endsWith('.tgz')) ?? ''
  tarball = join(home, name)
})
afterAll(() => rm(home, { recursive: true, force: true }))

/** With the Node that the checkout brings along. */
function start(args: readonly string[], cwd: string, more: Record<string, string> = {}) {
  const PATH = `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`
  const env = { ...toBuildEnvironment(process.env), XDG_CONFIG_HOME: home, PATH, ...more }
  return spawn('npx', ['--no-install', 'holo', ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
}

async function holo(args: readonly string[], cwd: string, env: Record<string, string>) {
  const child = start(args, cwd, env)
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  expect(code, said).toBe(0)
}

type Preview = { url: string; versions: [string, string]; tokenFile: string }

async function startInit(folder: string, port: string) {
  const child = start(['init', '--yes', '--preview', '--json', '--port', port], folder)
  let [printed, said] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    said += part
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const ready = new Promise<Preview>((found, failed) => {
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      printed += part
      if (!printed.endsWith('}\n')) return
      const { preview } = JSON.parse(printed)
      if (preview) found(preview)
      else failed(new Error(`${printed}${said}`))
    })
    ended.then((code) => failed(new Error(`ended with ${code}: ${printed}${said}`)))
  })
  return {
    preview: await ready,
    end: () => {
      process.kill(-(child.pid ?? 0), 'SIGINT')
      return ended
    },
  }
}

/** The versions that forty visitors get for the home page, which is whole for each. */
async function versionsAt(url: string): Promise<Set<string | undefined>> {
  const seen = new Set<string | undefined>()
  for (let n = 0; n < 40; n++) {
    const cookie = `holo-visitor=${String(n).padStart(22, 'v')}`
    const { status, headers, body } = await ask(new URL(url), '/', {
      headers: { ...DOCUMENT, cookie, 'accept-encoding': 'identity' },
    })
    expect([status, /<html/i.test(body)]).toEqual([200, true])
    seen.add(headers['holo-version'] as string | undefined)
  }
  return seen
}

describe.each(STARTERS)('$name', (starter) => {
  it(
    'ends with its own build in two versions, and a rollback',
    async () => {
      const folder = join(home, starter.name.replaceAll(/\W+/g, '-'))
      await cp(await makeStarter(starter), folder, { recursive: true })
      await starter.prepare?.(folder)
      await runTool('npm', ['install', `--before=${PACKAGES_OF}`, ...QUIET], folder)
      await runTool('npm', ['install', '--save-dev', ...QUIET, tarball], folder)
      const port = String(await findFreePort('127.0.0.1'))
      const { preview, end } = await startInit(folder, port)
      try {
        const { url, versions } = preview
        expect(await versionsAt(url)).toEqual(new Set(versions))
        const token = await readFile(preview.tokenFile, 'utf8')
        const env = { HOLO_URL: url, HOLO_TOKEN: token.trim() }
        await holo(['shift', 'canary=100', '--yes', '--wait'], folder, env)
        expect(await versionsAt(url)).toEqual(new Set([versions[1]]))
        await holo(['rollback', '--yes', '--wait'], folder, env)
        expect(await versionsAt(url)).toEqual(new Set(versions))
      } finally {
        await end()
      }
      await rm(folder, { recursive: true, force: true })
    },
    WALK_TIMEOUT_MS,
  )
})
