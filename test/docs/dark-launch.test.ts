// docs/dark-launch.md, followed literally: every command in its order, with other ports and in another folder. The
// lines of a `text` block are parts of what the command before it prints.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findFreePort } from '../../src/local/ports.ts'
import { installPostgres } from '../support/install-postgres.ts'
import { cleanEnvironment } from '../support/start-process.ts'

const ROOT = process.cwd()
const INSTALL_TIMEOUT_MS = 600_000
const COMMAND_TIMEOUT_MS = 60_000
const PATIENCE = { timeout: 60_000, interval: 500 }
const PORTS = ['8787', '4011', '4012', '4013', '5544']
const FOLDERS = ['node_modules', 'package.json', 'bin', 'src', 'scripts', 'examples']
/** What a process prints when it is ready. */
const READY = /running at|listening on|equal at change|visitors read/

/** `npx` without npm, which takes a second each time. */
const NPX = `npx() { if [ "$1" = holo ]; then shift; node bin/holo.js "$@"; else "$@"; fi; }\n`

type Block = { readonly kind: string; readonly text: string }
type Terminal = {
  readonly command: string
  readonly child: ChildProcess
  /** What it has printed so far. */
  printed: string
}

let folder: string
let blocks: Block[]
/** Where commands find PostgreSQL's programs, and those of the packages. */
let path: string
/** Free ports, by those of the page. */
const ports = new Map<string, string>()
/** Variables that earlier blocks have exported. */
let exported = ''
const terminals: Terminal[] = []

beforeAll(async () => {
  path = [join(ROOT, 'node_modules/.bin'), process.env.PATH, installPostgres()].join(':')
  folder = await mkdtemp(join(tmpdir(), 'holo-dark-launch-'))
  for (const name of FOLDERS) await symlink(join(ROOT, name), join(folder, name))
  let page = await readFile('docs/dark-launch.md', 'utf8')
  for (const port of PORTS) {
    ports.set(port, String(await findFreePort('127.0.0.1')))
    page = page.replaceAll(port, toPort(port))
  }
  page = page.replaceAll('npm start -- ', `npm start -- --port ${toPort('8787')} `)
  blocks = [...page.matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)].map(([, kind = '', text = '']) => ({
    kind,
    text,
  }))
}, INSTALL_TIMEOUT_MS)

afterAll(async () => {
  for (const { child } of terminals.reverse()) await end(child)
  if (folder) await rm(folder, { recursive: true, force: true })
})

function toPort(ofPage: string): string {
  return ports.get(ofPage) ?? ofPage
}

/** All orders, as the backend at that port of the page has them. */
async function readOrders(ofPage: string): Promise<unknown[]> {
  const response = await fetch(`http://127.0.0.1:${toPort(ofPage)}/api/orders`)
  const { orders } = (await response.json()) as { orders: unknown[] }
  return orders
}

function run(text: string): ChildProcess {
  const child = spawn('bash', ['-c', `${NPX}${text}`], {
    cwd: folder,
    env: {
      ...cleanEnvironment(),
      PATH: path,
      XDG_CONFIG_HOME: join(folder, 'config'),
      // The command is compiled once and not each time.
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  child.stdout?.setEncoding('utf8')
  child.stderr?.setEncoding('utf8')
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const closed = once(child, 'close')
  process.kill(-child.pid, 'SIGTERM')
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), 10_000)
  await closed
  clearTimeout(timer)
}

async function openTerminal(command: string): Promise<void> {
  const child = run(command)
  const terminal = { command, child, printed: '' }
  terminals.push(terminal)
  await new Promise<void>((resolve, reject) => {
    const read = (text: string) => {
      terminal.printed += text
      if (READY.test(terminal.printed)) resolve()
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('close', (code) => {
      reject(new Error(`${command}ended with ${code}:\n${terminal.printed}`))
    })
  })
}

async function runCommands(commands: string): Promise<string> {
  const child = run(`set -e -o pipefail\n${exported}${commands}`)
  let printed = ''
  const read = (text: string) => {
    printed += text
  }
  child.stdout?.on('data', read)
  child.stderr?.on('data', read)
  const timer = setTimeout(() => void end(child), COMMAND_TIMEOUT_MS)
  const [code] = await once(child, 'close')
  clearTimeout(timer)
  if (code !== 0) throw new Error(`${commands}ended with ${code}:\n${printed}`)
  return printed
}

function expectShown(printed: string, expected: string): void {
  for (const line of expected.trim().split('\n')) expect(printed).toContain(line)
}

describe('docs/dark-launch.md', () => {
  it('moves a database to another one and back, as it says', async () => {
    for (const [i, { kind, text }] of blocks.entries()) {
      if (kind === 'sh terminal') await openTerminal(text)
      if (kind !== 'sh') continue
      const next = blocks[i + 1]
      const expected = next?.kind === 'text' ? next.text : ''
      // Counts arrive after a while, and a busy machine may be too slow for a soak, or for the control to answer a page
      // in time: all three are asked for again.
      if (/^(npx holo shadow|curl -sf -c)/.test(text)) {
        await vi.waitFor(async () => expectShown(await runCommands(text), expected), PATIENCE)
      } else expectShown(await runCommands(text), expected)
      exported += (text.match(/^export .*\n/gm) ?? []).join('')
    }
    expect(terminals).toHaveLength(7)
    const visitors = terminals.find(({ command }) => command.includes('visitors.ts'))
    if (visitors) await end(visitors.child)
    expect(visitors?.printed).toMatch(/^visitors read .*\n\d+ requests, 0 failed\n$/)
    // Nothing was lost on the way there and back: SQLite and PostgreSQL hold the same orders.
    await vi.waitFor(async () => {
      const [old, mended] = await Promise.all([readOrders('4011'), readOrders('4013')])
      expect(old).toHaveLength(8)
      expect(mended).toEqual(old)
    }, PATIENCE)
  }, 300_000)
})
