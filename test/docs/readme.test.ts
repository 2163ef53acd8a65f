// README.md, followed literally from a clean clone on a terminal: what it says to type for one's own build is typed, in
// its order, with another port. Whoever is asked presses Enter. Packages of the clone are linked and not installed; the
// other blocks of README.md are typed in test/docs/commands.test.ts, or are `npm start` and `npm test` themselves.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findFreePort } from '../../src/local/ports.ts'
import { makeCleanClone } from '../support/clean-clone.ts'
import { cleanEnvironment } from '../support/start-process.ts'
import { versionsAt } from '../support/versions-at.ts'

const PACKAGES = join(process.cwd(), 'node_modules')
const PORT_OF_PAGE = '8787'
/** Packages of some 200 MB come from the registry. */
const INSTALL_TIMEOUT_MS = 400_000
const CTRL_C = '\u0003'
const END_TIMEOUT_MS = 20_000
const PATIENCE = { timeout: 60_000, interval: 500 }

/** `npm ci` has been done: a link stands for what it brings. */
const LINKED = 'npm() { [ "$1" = ci ] || command npm "$@"; }'

let home: string
let env: NodeJS.ProcessEnv
let port: string
let blocks: string[]
let terminal: ChildProcessWithoutNullStreams | undefined

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'holo-readme-'))
  await makeCleanClone(join(home, 'holo'))
  const project = join(home, 'my-project')
  await mkdir(project)
  const { devDependencies } = JSON.parse(await readFile('package.json', 'utf8'))
  const manifest = {
    ...{ name: 'my-project', version: '1.4.0', private: true },
    scripts: { build: 'vite build' },
    devDependencies: { vite: devDependencies.vite },
  }
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest))
  await writeFile(join(project, 'index.html'), '<!doctype html><h1>my own page</h1>')
  const { PATH, ...own } = cleanEnvironment()
  env = {
    ...own,
    PATH: `${PACKAGES}/.bin:${PATH}`,
    XDG_CONFIG_HOME: join(home, 'config'),
    npm_config_update_notifier: 'false',
  }
  port = String(await findFreePort('127.0.0.1'))
  const page = await readFile(join(home, 'holo/README.md'), 'utf8')
  blocks = [...page.matchAll(/^```sh project\n([\s\S]*?)^```$/gm)].map(([, block = '']) =>
    block.replaceAll(PORT_OF_PAGE, port).replaceAll(/holo init$/gm, `holo init --port ${port}`),
  )
})
afterAll(async () => {
  await end()
  await rm(home, { recursive: true, force: true })
})

/** What Ctrl-C does, and closing the terminal if that is not enough. */
async function end(): Promise<void> {
  if (!terminal || terminal.exitCode !== null || terminal.signalCode !== null) return
  const closed = once(terminal, 'close')
  terminal.stdin.write(CTRL_C)
  const timer = setTimeout(() => terminal?.kill('SIGKILL'), END_TIMEOUT_MS)
  await closed
  clearTimeout(timer)
}

/** @returns what stands on the terminal once both versions are served. */
function openTerminal(commands: string): Promise<string> {
  const script = `set -e\n${LINKED}\n${commands}`
  const typed = ['--quiet', '--return', '--flush', '--command', script, '/dev/null']
  const child = spawn('script', typed, {
    cwd: join(home, 'holo'),
    env: { ...env, SHELL: '/bin/bash' },
  })
  terminal = child
  let printed = ''
  return new Promise((found, failed) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (part: string) => {
        printed += part
        if (/\] $/.test(printed)) child.stdin.write('\n')
        if (printed.includes('# and back')) found(printed)
      })
    }
    child.once('error', failed)
    child.once('close', (code) => failed(new Error(`ended with ${code}:\n${printed}`)))
  })
}

async function type(commands: string): Promise<void> {
  const child = spawn('bash', ['-c', `set -e\n${commands}`], { cwd: join(home, 'my-project'), env })
  const [out, said, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  expect(code, `${commands}\n${out}${said}`).toBe(0)
}

it(
  'README.md ends with the own build in two versions, and one rollback',
  async () => {
    const [first = '', second = ''] = blocks
    const printed = await openTerminal(first)
    const url = `http://127.0.0.1:${port}`
    const [exported = '', shift = '', rollback = ''] = second.split('\n')
    // Whoever copies the line from the terminal types the same as whoever copies it from the page.
    expect(printed).toContain(exported)

    const served = () => versionsAt(url, /my own page/)
    const both = new Set(['1.4.0', '1.4.1'])
    await expect.poll(served, PATIENCE).toEqual(both)
    await type(`${exported}\n${shift}`)
    await expect.poll(served, PATIENCE).toEqual(new Set(['1.4.1']))
    await type(`${exported}\n${rollback}`)
    await expect.poll(served, PATIENCE).toEqual(both)
  },
  INSTALL_TIMEOUT_MS,
)
