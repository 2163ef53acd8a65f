// The main story, as a person types it beside a running `npm start`: publish a third version, give it
// 1, 10 and 100 per cent, swap, and go back; while clients use the shop, and no page of theirs breaks.
// The README shows what was typed and printed.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { bucketOf } from '../../src/core/traffic.ts'
import { compileAssignments } from '../../src/document/compile.ts'
import { parseAssignments } from '../../src/document/parse.ts'
import { findFreePort } from '../../src/local/ports.ts'
import { HOLO, NODE } from '../support/cli.ts'
import { type PageLoad, startLoad, versionsOf } from '../support/page-load.ts'
import { expectShownInDocs } from '../support/shown-in-docs.ts'
import {
  cleanEnvironment,
  makeWorkFolder,
  type StartProcess,
  spawnStart,
} from '../support/start-process.ts'

const WAIT = { timeout: 30_000, interval: 200 }
/** As Holo makes them: 22 signs of base64url. */
const VISITORS = Array.from({ length: 400 }, (_, n) => String(n).padStart(22, 'v'))

let folder: Awaited<ReturnType<typeof makeWorkFolder>>
let start: StartProcess
let url: URL
let load: PageLoad
/** What the terminal would show. */
const terminal: string[] = []

beforeAll(async () => {
  folder = await makeWorkFolder()
  start = spawnStart(folder.path, [
    '--port',
    String(await findFreePort('127.0.0.1')),
    '--no-visitors',
  ])
  url = await start.url()
  load = startLoad(url, VISITORS.slice(0, 6))
})
afterAll(async () => {
  await load?.stop()
  await start?.destroy()
  await folder.remove()
})

const printed = (pattern: RegExp) => pattern.exec(start.printed())?.[0] ?? 'false'

/** What `npx holo` comes to here. That npx itself finds the command is tested beside `npm start`. */
const NPX = `npx() { shift; "${NODE}" "${HOLO}" "$@"; }`

/** As it stands, in a shell that has typed what `npm start` says to type first. */
async function type(command: string): Promise<string> {
  const line = `${NPX}; ${printed(/export HOLO_URL.*/)}; ${command}`
  const env = { ...cleanEnvironment(), XDG_CACHE_HOME: `${folder.path}/cache` }
  const child = spawn(line, {
    cwd: folder.path,
    env,
    shell: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, said, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  expect(code, said).toBe(0)
  const plan = said.split('\n').filter((told) => !/^npm |reading|compressing|uploading/.test(told))
  terminal.push(`$ ${command}`, ...plan.filter(Boolean), ...out.trimEnd().split('\n'), '')
  return out
}

/** Every one of the visitors gets what the newest document says about its bucket. */
async function expectInForce(): Promise<void> {
  const child = spawn(`${printed(/export HOLO_URL.*/)}; "${NODE}" "${HOLO}" export`, {
    cwd: folder.path,
    env: cleanEnvironment(),
    shell: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const { document } = JSON.parse(await text(child.stdout))
  const parsed = parseAssignments(JSON.stringify(document), { allowInsecure: true })
  if (!parsed.ok) throw new Error('the document cannot be read')
  const { buckets, salt } = compileAssignments(parsed.value)
  const expected = VISITORS.map((visitor) => buckets[bucketOf(salt, visitor)]?.version.id)
  await vi.waitFor(async () => expect(await versionsOf(url, VISITORS)).toEqual(expected), WAIT)
}

describe('a release beside npm start', () => {
  it('publishes the third version as the printed command says', async () => {
    const out = await type(printed(/npx holo publish .*/))
    expect(out).toContain('Published 0.0.6 at')
  })

  it.each([
    ['npx holo env add next 0.0.6 --yes', 'nobody yet'],
    ['npx holo shift next=1 --yes', 'one per cent'],
    ['npx holo shift next=10 --yes --wait', 'ten per cent'],
    ['npx holo shift next=100 canary=0 --yes --reason "looks good"', 'everybody'],
    ['npx holo swap main next --yes', 'back to 0.0.3, in one revision'],
    ['npx holo rollback --yes', 'forth again'],
    ['npx holo rollback --to 1 --yes --reason "as before"', 'to the first revision'],
    ['npx holo status', 'and how it stands'],
  ])('%s: %s', async (command) => {
    await type(command)
    await expectInForce()
  })

  it('went on while clients used the shop, and broke none of their pages', async () => {
    const before = load.pages()
    await vi.waitFor(() => expect(load.pages()).toBeGreaterThan(before), WAIT)
    expect(load.faults).toEqual([])
    await load.stop()
  })

  it('is what the README shows', () => {
    const shown = terminal
      .join('\n')
      .replaceAll(url.host, '127.0.0.1:8787')
      .replaceAll(/http:\/\/127\.0\.0\.1:(?!8787)\d+/g, 'http://127.0.0.1:4006')
      .replaceAll(/(, in|In KV after) \d+\.\d s/g, '$1 0.4 s')
      .replaceAll(/used for every page after \d+\.\d s/g, 'used for every page after 5.0 s')
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, '2026-11-23 12:00:00Z')
      // Figures are there only if a window was closed by then.
      .replace(/\n\nlast 5 minutes .*/s, '')
      .trimEnd()
    expectShownInDocs('README.md', 'release', `\`\`\`text\n${shown}\n\`\`\``)
  })
})
