// docs/flags.md from its beginning to its end: each file is saved and each command is run as it stands there, in
// its order, against one edge; pages are drawn by React in Chromium.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { holo } from '../support/cli.ts'
import { ask } from '../support/http-client.ts'
import { cleanEnvironment, makeWorkFolder } from '../support/start-process.ts'
import { startTwoVersions, type TwoVersions } from '../support/two-versions.ts'

const TOKEN = randomBytes(32).toString('hex')
const WAIT = { timeout: 30_000, interval: 100 }

type Block = { readonly language: string; readonly file: string; readonly body: string }

/** The blocks of code, each with the name of the file that the words before it give. */
function readBlocks(markdown: string): Block[] {
  const blocks: Block[] = []
  let end = 0
  for (const match of markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
    const [whole, language = '', body = ''] = match
    const before = markdown.slice(end, match.index)
    end = match.index + whole.length
    const file = [...before.matchAll(/`([\w.-]+\.(?:json|jsx|mjs))`/g)].at(-1)?.[1] ?? ''
    blocks.push({ language, file, body })
  }
  return blocks
}

const blocks = readBlocks(readFileSync(new URL('../../docs/flags.md', import.meta.url), 'utf8'))
/** The commands that begin with this one. */
function findCommands(first: string): string {
  const found = blocks.filter(({ language, body }) => language === 'sh' && body.startsWith(first))
  if (found.length !== 1) throw new Error(`one block begins with "${first}", not ${found.length}`)
  return found[0]?.body ?? ''
}

let folder: Awaited<ReturnType<typeof makeWorkFolder>>
let site: TwoVersions
let browser: Browser
let environment: NodeJS.ProcessEnv
const ran: string[] = []

beforeAll(async () => {
  folder = await makeWorkFolder()
  site = await startTwoVersions(
    { CONTROL_REFRESH_MS: '200', HOLO_ADMIN_TOKEN: TOKEN },
    { measure: { goals: { order: 'POST /api/orders' } } },
  )
  const bin = join(folder.path, 'commands')
  await mkdir(bin)
  const node = resolve('node_modules/.bin/node')
  const shim = `#!/bin/sh\nexec "${node}" "${resolve('bin/holo.js')}" "$@"\n`
  await writeFile(join(bin, 'holo'), shim, { mode: 0o755 })
  await symlink(resolve('node_modules'), join(folder.path, 'node_modules')).catch(() => undefined)
  for (const { file, body } of blocks.filter((block) => block.file !== '')) {
    await writeFile(join(folder.path, file), body)
  }
  const own = cleanEnvironment()
  environment = {
    ...own,
    PATH: `${bin}:${resolve('node_modules/.bin')}:${own.PATH}`,
    HOLO_URL: site.url.origin,
    HOLO_TOKEN: TOKEN,
  }
  browser = await launchBrowser()
  // The control adopts the document of the test when an isolate tells of it.
  const authorization = `Bearer ${TOKEN}`
  await vi.waitFor(async () => {
    await ask(site.url, '/')
    const { status } = await ask(site.url, '/.holo/api/flags', { headers: { authorization } })
    expect(status).toBe(200)
  }, WAIT)
})
afterAll(async () => {
  await browser?.close()
  await site?.stop()
  await folder?.remove()
})

/** Runs a block as a terminal would, with the variables that earlier ones have exported. */
async function run(commands: string): Promise<string> {
  ran.push(commands)
  const script = `[ -e exported.sh ] && . ./exported.sh\nset -e\n${commands}\nexport -p > exported.sh`
  const child = spawn('sh', ['-c', script], {
    cwd: folder.path,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const code = new Promise((settle) => child.on('close', settle))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  expect(await code, `${commands}\n${stdout}${stderr}`).toBe(0)
  return stdout
}

async function bundle(entry: string, more = ''): Promise<string> {
  const source = `${readFileSync(join(folder.path, entry), 'utf8')}\n${more}`
  const { outputFiles } = await build({
    stdin: { contents: source, loader: 'jsx', resolveDir: resolve('.') },
    jsx: 'automatic',
    bundle: true,
    write: false,
    format: 'esm',
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  return outputFiles[0]?.text ?? ''
}

/** Opens the site's page, and draws an app into it; `painted` has all that it has shown. */
async function draw(page: Page, content: string): Promise<void> {
  await page.goto(site.url.href)
  await page.evaluate(() => {
    const root = document.createElement('div')
    root.id = 'root'
    document.body.append(root)
    const painted: string[] = []
    new MutationObserver(() => painted.push(root.textContent ?? '')).observe(root, {
      childList: true,
      subtree: true,
      characterData: true,
    })
    Object.assign(window, { painted })
  })
  await page.addScriptTag({ content, type: 'module' })
}

const waitForWords = (page: Page, words: string) =>
  page.waitForFunction((wanted) => document.getElementById('root')?.textContent === wanted, words)

it('gets from zero to a flag in a React page and a backend, and switches it off within 5 seconds', async () => {
  const asked = await run(findCommands('holo flags import flags.json'))
  expect(JSON.parse(asked.slice(asked.indexOf('{"')))).toMatchObject({ value: true, variant: 'on' })
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await draw(page, await bundle('page.jsx'))
    await waitForWords(page, 'The new checkout')
    expect((await run(findCommands('export FLAGS_KEY'))).trim()).toMatch(/\btrue$/)
    const began = Date.now()
    const seen = page
      .waitForFunction(() => document.getElementById('root')?.textContent === 'Checkout')
      .then(() => Date.now())
    // The backend asks when the command has ended.
    expect((await run(findCommands('holo flags toggle new-checkout off'))).trim()).toMatch(
      /\bfalse$/,
    )
    const ended = Date.now()
    console.log(`a page shows a toggle ${(await seen) - began} ms after the command began`)
    expect((await seen) - ended).toBeLessThan(5000)
  } finally {
    await context.close()
  }
})

it('tries the other commands of the page', async () => {
  const told = await run(findCommands('holo flags get new-checkout'))
  expect(told).toContain('2 passed, 0 failed')
  await writeFile(
    join(folder.path, 'launchdarkly.json'),
    JSON.stringify({
      flags: {
        dark: {
          on: true,
          variations: [true, false],
          offVariation: 1,
          fallthrough: { variation: 0 },
        },
      },
    }),
  )
  expect(await run(findCommands('holo flags import launchdarkly.json'))).toContain('1 flag')
  await run(findCommands('holo rollout start --flag'))
  const ended = await run(findCommands('holo flags set new-checkout experiment.json'))
  expect(ended).toContain('no visitor was exposed yet')
})

it('shows a value in the first paint of React, without a request', async () => {
  const env = { HOLO_URL: site.url.origin, HOLO_TOKEN: TOKEN }
  const { json } = await holo(['export', '--json'], { env })
  const { document } = (json as { export: { document: object } }).export
  const on = { state: 'ENABLED', variants: { on: true }, defaultVariant: 'on', public: true }
  const changed = { ...document, flags: { 'new-checkout': on }, flagSettings: { inPages: true } }
  await writeFile(join(folder.path, 'in-pages.json'), JSON.stringify(changed))
  const imported = await holo(['import', join(folder.path, 'in-pages.json'), '--yes'], { env })
  expect(imported.code, imported.stderr).toBe(0)
  const app = await bundle(
    'first-paint.jsx',
    `import { OpenFeatureProvider, useFlag } from '@openfeature/react-sdk'
    import { createRoot } from 'react-dom/client'
    const Checkout = () => <h1>{useFlag('new-checkout', false).value ? 'new' : 'old'}</h1>
    const root = createRoot(document.getElementById('root'))
    root.render(<OpenFeatureProvider><Checkout /></OpenFeatureProvider>)`,
  )
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await vi.waitFor(async () => {
      await page.goto(site.url.href)
      expect(await page.content()).toContain('id="holo-flags">{"new-checkout":true}<')
    }, WAIT)
    const requests: string[] = []
    page.on('request', (request) => requests.push(new URL(request.url()).pathname))
    await draw(page, app)
    await waitForWords(page, 'new')
    expect(await page.evaluate(() => (window as unknown as Painted).painted)).toEqual(['new'])
    expect(requests.filter((path) => path !== '/favicon.ico')).toEqual(['/'])
  } finally {
    await context.close()
  }
})

it('has run every command and saved every file that the page shows', () => {
  const commands = blocks.flatMap(({ language, body }) => (language === 'sh' ? [body] : []))
  expect(ran.toSorted()).toEqual(commands.toSorted())
  const shown = blocks.filter(({ language }) => language !== 'sh')
  // The script that is put into pages, and what "holo flags list" says, are not files.
  const others = shown.filter(({ file }) => file === '').map(({ language }) => language)
  expect(others).toEqual(['html', 'text'])
})

type Painted = { painted: string[] }
