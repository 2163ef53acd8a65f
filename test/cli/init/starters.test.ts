// The first ten minutes with the packed package in six starter projects of the npm registry, as a new user has them:
// create in an empty folder, install, `holo init`, their own build in two versions, a shift to the second, a rollback.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findProject } from '../../../src/cli/init/workspace.ts'
import { findFreePort } from '../../../src/local/ports.ts'
import { PACKAGES_OF, runTool, toBuildEnvironment } from '../../builds/build-app.ts'
import { makeCleanClone } from '../../support/clean-clone.ts'
import { ask, DOCUMENT } from '../../support/http-client.ts'
import { versionsAt } from '../../support/versions-at.ts'
import { createStarter, STARTERS } from './starters.ts'

const BIN = join(process.cwd(), 'node_modules/.bin')
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund']
/** Packages come from the registry, with up to 500 MB for one project. */
const WALK_TIMEOUT_MS = 600_000
const PACK_TIMEOUT_MS = 240_000
const PREVIEW_TIMEOUT_MS = 240_000
const COMMAND_TIMEOUT_MS = 60_000
const END_TIMEOUT_MS = 20_000
const PATIENCE = { timeout: 60_000, interval: 500 }
const PAGE = /<html/i

let home: string
let tarball: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'holo-starters-'))
  await expectRegistry()
  // The checkout's own `dist` belongs to whoever else packs at the same time.
  const clone = join(home, 'holo')
  await makeCleanClone(clone)
  await runTool('npm', ['pack', '--silent', '--pack-destination', home], clone)
  await rm(clone, { recursive: true })
  tarball = join(home, (await readdir(home)).find((name) => name.endsWith('.tgz')) ?? '')
}, PACK_TIMEOUT_MS)
afterAll(() => rm(home, { recursive: true, force: true }))

/** One sentence instead of six walks that wait for it in vain. */
async function expectRegistry(): Promise<void> {
  const view = ['view', STARTERS[0]?.create[0] ?? '', 'version', '--fetch-retries=1']
  await runTool('npm', [...view, '--fetch-timeout=30000'], home).catch((cause) => {
    throw new Error("npm's registry does not answer, from which the starters come", { cause })
  })
}

function start(args: readonly string[], cwd: string, more: Record<string, string> = {}) {
  const PATH = `${BIN}:${process.env.PATH}`
  return spawn('npx', ['--no-install', 'holo', ...args], {
    cwd,
    env: { ...toBuildEnvironment(process.env), XDG_CONFIG_HOME: home, PATH, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
}

/** To it and to all that it has started. */
function signal({ pid, exitCode, signalCode }: ChildProcess, name: NodeJS.Signals): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, name)
}

async function holo(args: readonly string[], cwd: string, env: Record<string, string>) {
  const child = start(args, cwd, env)
  const timer = setTimeout(() => signal(child, 'SIGKILL'), COMMAND_TIMEOUT_MS)
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  clearTimeout(timer)
  expect(code, `holo ${args.join(' ')}: ${said}`).toBe(0)
}

type Preview = { url: string; versions: [string, string]; tokenFile: string }

/** `holo init`, until both versions are served. */
async function startInit(folder: string) {
  const port = String(await findFreePort('127.0.0.1'))
  const child = start(['init', '--yes', '--preview', '--json', '--port', port], folder)
  let [printed, said] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    said += part
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const timer = setTimeout(() => signal(child, 'SIGKILL'), PREVIEW_TIMEOUT_MS)
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
  const preview = await ready.finally(() => clearTimeout(timer))
  const end = async () => {
    signal(child, 'SIGINT')
    const late = setTimeout(() => signal(child, 'SIGKILL'), END_TIMEOUT_MS)
    await ended
    clearTimeout(late)
  }
  return { preview, end }
}

/** What the home page loads from the site itself is there. */
async function expectWhole(url: string): Promise<void> {
  const headers = { ...DOCUMENT, 'accept-encoding': 'identity' }
  const { body } = await ask(new URL(url), '/', { headers })
  const links = body.matchAll(/<(?:script|link)\b[^>]*?\s(?:src|href)="?([^"\s>]+)/g)
  const loaded = [...links]
    .map(([, link = '']) => new URL(link.replaceAll('&amp;', '&'), url))
    .filter(({ origin }) => origin === new URL(url).origin)
  expect(loaded).not.toEqual([])
  for (const { pathname, search } of loaded) {
    const { status } = await ask(new URL(url), pathname + search)
    expect([pathname, status]).toEqual([pathname, 200])
  }
}

describe.each(STARTERS)('a project of $name', (starter) => {
  it(
    'is known, and ends with its own build in two versions, and a rollback',
    async () => {
      const empty = join(home, starter.name.replaceAll(/\W+/g, '-'))
      await mkdir(empty)
      const folder = await createStarter(starter, empty)
      const { detected } = await findProject(folder, undefined, () => Promise.reject())
      expect(detected).toMatchObject({
        build: 'npm run build',
        isCertain: true,
        ...starter.expected,
      })
      if (starter.advice !== undefined) expect(detected.notes.join()).toContain(starter.advice)

      await starter.prepare?.(folder)
      await runTool('npm', [...INSTALL, `--before=${PACKAGES_OF}`], folder)
      await runTool('npm', [...INSTALL, '--save-dev', tarball], folder)
      const { preview, end } = await startInit(folder)
      try {
        const { url, versions, tokenFile } = preview
        const served = () => versionsAt(url, PAGE)
        await expect.poll(served, PATIENCE).toEqual(new Set(versions))
        await expectWhole(url)
        const token = await readFile(tokenFile, 'utf8')
        const env = { HOLO_URL: url, HOLO_TOKEN: token.trim() }
        await holo(['shift', 'canary=100', '--yes'], folder, env)
        await expect.poll(served, PATIENCE).toEqual(new Set([versions[1]]))
        await holo(['rollback', '--yes'], folder, env)
        await expect.poll(served, PATIENCE).toEqual(new Set(versions))
      } finally {
        await end()
      }
      await rm(empty, { recursive: true, force: true })
    },
    WALK_TIMEOUT_MS,
  )
})
