// Every command of README.md and docs/operations.md that can run on this machine, as it stands there and in the order
// it stands there, against a Holo that starts empty. recipes.test.ts has those of the recipes.

import { spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findFreePort } from '../../src/local/ports.ts'
import { readLinesToType } from '../support/docs-files.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'
import {
  cleanEnvironment,
  makeWorkFolder,
  type StartProcess,
  spawnStart,
} from '../support/start-process.ts'

/** What needs Cloudflare's account, or is what this test stands on. Each is tried elsewhere or cannot be. */
const ELSEWHERE = [
  /^npm ci && npm (start|test)$/,
  /^npm run (deploy|bench)/,
  /^npx wrangler (login|secret put HOLO_ADMIN_TOKEN)$/,
]

let folder: Awaited<ReturnType<typeof makeWorkFolder>>
let holo: StartProcess
let url: URL
let environment: NodeJS.ProcessEnv

beforeAll(async () => {
  folder = await makeWorkFolder()
  const port = await findFreePort('127.0.0.1')
  holo = spawnStart(folder.path, ['--port', String(port), '--data', 'data', '--no-example'])
  url = await holo.url()
  await makeSite('dist', 'first')
  await makeSite('dist-next', 'second')
  const bin = join(folder.path, 'commands')
  await mkdir(bin)
  const node = resolve('node_modules/.bin/node')
  const shim = `#!/bin/sh\nexec "${node}" "${resolve('bin/holo.js')}" "$@"\n`
  await writeFile(join(bin, 'holo'), shim, { mode: 0o755 })
  const token = await readFile(join(folder.path, 'data/admin-token'), 'utf8')
  const own = cleanEnvironment()
  environment = {
    ...own,
    PATH: `${bin}:${own.PATH}`,
    HOLO_URL: url.origin,
    HOLO_TOKEN: token.trim(),
  }
})
afterAll(async () => {
  await holo?.destroy()
  await folder?.remove()
})

async function makeSite(name: string, words: string): Promise<void> {
  const site = join(folder.path, name)
  await mkdir(join(site, 'assets'), { recursive: true })
  await writeFile(join(site, 'index.html'), `<script src="/assets/app-${words}1a2b3c.js"></script>`)
  await writeFile(join(site, `assets/app-${words}1a2b3c.js`), `document.title = '${words}'`)
}

const run = (command: string) =>
  spawnSync(command, { cwd: folder.path, env: environment, shell: true, encoding: 'utf8' })

describe.each(['docs/operations.md', 'README.md'])('the commands of %s', (file) => {
  it('work as they stand', async () => {
    const commands = readLinesToType(await readFile(file, 'utf8'))
    const local = commands.filter((command) => !ELSEWHERE.some((pattern) => pattern.test(command)))
    expect(commands.length).toBeGreaterThan(local.length)
    for (const command of local) {
      const { status, stdout, stderr } = run(command)
      expect(status, `${command}\n${stdout}${stderr}`).toBe(0)
    }
  })
})

it('leave the site as docs/operations.md says', async () => {
  const { stdout } = run('holo log --json')
  const { rows } = JSON.parse(stdout) as { rows: { action: string }[] }
  expect(rows.map(({ action }) => action)).toContain('rollback')
  const page = await ask(url, '/', { headers: DOCUMENT })
  expect(page.status).toBe(200)
})
