// The `holo` command as a test calls it: in this process with streams of the test's own, a terminal
// with somebody at it if need be; or as a process, the way a person does.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { runCli } from '../../src/cli/run.ts'
import { cleanEnvironment } from './start-process.ts'

/** In the place of the user's own settings, so that no test trusts a host for another one. */
export const makeConfigHome = () => mkdtempSync(join(tmpdir(), 'holo-config-'))
const CONFIG_HOME = makeConfigHome()
process.on('exit', () => rmSync(CONFIG_HOME, { recursive: true, force: true }))

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Bundled from source, and only by the commands that need it. */
const loadParts = async () =>
  (await import('../../scripts/local/checkout-parts.ts')).loadCheckoutParts()
export const HOLO = fileURLToPath(new URL('../../bin/holo.js', import.meta.url))
export const NODE = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))

export type Ran = {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Standard output as one JSON value; `undefined` where it is none. */
  readonly json: Record<string, unknown> | undefined
}

/** As `typed`: somebody is at the terminal and types nothing. */
export const NOTHING_YET = Symbol('nothing yet')

export type RunOptions = {
  readonly cwd?: string
  /** The folder of the package, if it is not this checkout. */
  readonly root?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What is typed on a terminal, as a list one line for each question; without it there is none. */
  readonly typed?: string | readonly string[] | typeof NOTHING_YET
  /** What comes through a pipe. */
  readonly input?: string
  readonly columns?: number
  readonly signal?: AbortSignal
  /** Told of all of standard output whenever there is more. */
  readonly onOutput?: (stdout: string) => void
  /** The same for standard error. */
  readonly onNote?: (stderr: string) => void
  /** Told when a question stands on the terminal. */
  readonly onQuestion?: () => void
}

/** Runs the command here. */
export async function holo(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { cwd = process.cwd(), env = {}, typed, input = '', columns = 80 } = options
  const isTTY = typed !== undefined
  const written = { stdout: '', stderr: '' }
  const screen = (name: keyof typeof written) => ({
    isTTY,
    columns,
    write: (part: string) => {
      written[name] += part
      if (name === 'stdout') options.onOutput?.(written.stdout)
      else options.onNote?.(written.stderr)
      if (name === 'stderr' && /(?:\]|:) $/.test(part)) setImmediate(() => options.onQuestion?.())
    },
  })
  const code = await runCli({
    args,
    cwd,
    env: { XDG_CONFIG_HOME: CONFIG_HOME, ...env },
    streams: {
      stdin: Object.assign(toStream(typed ?? input), { isTTY }),
      stdout: screen('stdout'),
      stderr: screen('stderr'),
    },
    signal: options.signal ?? new AbortController().signal,
    installation: { version: '0.0.0-test', root: options.root ?? ROOT, loadParts },
  })
  return { code, ...written, json: parse(written.stdout) }
}

/** Runs the command as a process of its own, without a terminal. */
export async function spawnHolo(
  args: readonly string[],
  { cwd, env = {}, input = '' }: RunOptions = {},
): Promise<Ran> {
  const child = spawn(NODE, [HOLO, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...cleanEnvironment(), XDG_CONFIG_HOME: CONFIG_HOME, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end(input)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code, stdout, stderr, json: parse(stdout) }
}

function toStream(typed: string | readonly string[] | typeof NOTHING_YET): Readable {
  if (typed === NOTHING_YET) return new Readable({ read: () => {} })
  return Readable.from(typeof typed === 'string' ? [typed] : typed.map((line) => `${line}\n`))
}

function parse(stdout: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(stdout)
  } catch {
    return undefined
  }
}

/** What nobody should ever see for a mistake of their own. */
export const STACK_TRACE = /^\s+at .*[:(]\d+/m
