// docs/getting-started.md, followed literally in a project with a build of its own: what it says to type is typed,
// in its order. Only the package is linked instead of installed, and nobody is there to answer questions.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findFreePort } from '../../src/local/ports.ts'
import { cleanEnvironment } from '../support/start-process.ts'
import { versionsAt } from '../support/versions-at.ts'

const INIT = 'npx --no-install holo init'

let folder: string
let env: NodeJS.ProcessEnv
let end: (() => Promise<unknown>) | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holo-getting-started-'))
  const node = resolve('node_modules/.bin/node')
  const own = cleanEnvironment()
  env = {
    ...own,
    PATH: `${dirname(node)}:${own.PATH}`,
    XDG_CONFIG_HOME: join(folder, 'config'),
  }
  const scripts = { build: 'mkdir -p dist && cp index.html dist/' }
  const manifest = { version: '0.0.1', scripts, devDependencies: { vite: '8', 'holo-edge': '0' } }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await writeFile(join(folder, 'index.html'), '<!doctype html><h1>my own page</h1>')
  await mkdir(join(folder, 'node_modules/.bin'), { recursive: true })
  await symlink(resolve('.'), join(folder, 'node_modules/holo-edge'))
  await symlink(resolve('bin/holo.js'), join(folder, 'node_modules/.bin/holo'))
})
afterAll(async () => {
  await end?.()
  await rm(folder, { recursive: true, force: true })
})

/** @returns what stands on the terminal once both versions are served. */
async function startInit(port: string): Promise<string> {
  const args = ['init', '--yes', '--preview', '--port', port]
  const holo = resolve('bin/holo.js')
  const child = spawn(resolve('node_modules/.bin/node'), [holo, ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  end = () => {
    child.kill('SIGINT')
    return closed
  }
  let printed = ''
  return new Promise((found, failed) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text
        if (printed.includes('# and back')) found(printed)
      })
    }
    closed.then(([code]) => failed(new Error(`ended with ${code}: ${printed}`)))
  })
}

const versions = (url: string) => versionsAt(url, /my own page/)

it('ends with the own build in two versions, and has gone from one to the other and back', async () => {
  const text = await readFile('docs/getting-started.md', 'utf8')
  const blocks = [...text.matchAll(/```sh\n(.*?)```/gs)]
  const typed = blocks.flatMap(([, block = '']) => block.trimEnd().split('\n'))
  expect(typed[0]).toMatch(/^npm install --save-dev \.\/holo-edge-/)
  expect(typed[1]).toBe(INIT)

  const printed = await startInit(String(await findFreePort('127.0.0.1')))
  const [, url = '', tokenFile = ''] =
    /HOLO_URL=(\S+) HOLO_TOKEN=\$\(cat (\S+)\)/.exec(printed) ?? []
  const token = (await readFile(join(folder, tokenFile), 'utf8')).trim()
  const served = [await versions(url)]
  for (const command of typed.slice(2)) {
    const { status, stdout, stderr } = spawnSync(command, {
      cwd: folder,
      env: { ...env, HOLO_URL: url, HOLO_TOKEN: token },
      shell: true,
      encoding: 'utf8',
    })
    expect(status, `${command}\n${stdout}${stderr}`).toBe(0)
    if (/shift|rollback|point/.test(command)) {
      await expect.poll(() => versions(url), { timeout: 30_000 }).not.toEqual(served.at(-1))
      served.push(await versions(url))
    }
  }
  expect(served).toEqual([
    new Set(['0.0.1', '0.0.2']),
    new Set(['0.0.2']),
    new Set(['0.0.1', '0.0.2']),
    new Set(['0.0.1', '0.0.3']),
  ])
})
