// `npm start` as a process of its own, in a process group of its own as a terminal would give it.
// What it printed and how it ended is kept; what of that is right is for the tests to say.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const NODE = join(ROOT, 'node_modules/.bin/node')
const SCRIPT = join(ROOT, 'scripts/start.ts')

export type StartProcess = {
  /** All of standard output so far. */
  readonly printed: () => string
  /** All of standard error so far. */
  readonly logged: () => string
  /** The address it says it runs at; rejects with what it wrote when it ends before. */
  readonly url: () => Promise<URL>
  /** Settles with the exit code, `null` after a signal. */
  readonly ended: Promise<number | null>
  /** What Ctrl-C does: the signal goes to it and to all it has started. */
  readonly interrupt: () => void
  /** Asks it alone to end, as a process manager does. */
  readonly terminate: () => void
  /** `kill -9` of it alone. */
  readonly kill: () => void
  /** Ends what is left of it and of all it has started, at once. */
  readonly destroy: () => Promise<void>
}

/** Runs `npm start -- …args` in `folder`. Whoever calls it destroys it. */
export function spawnStart(folder: string, args: readonly string[]): StartProcess {
  const child = spawn(NODE, [SCRIPT, ...args], {
    cwd: folder,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let printed = ''
  let logged = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    logged += text
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const url = new Promise<URL>((resolve, reject) => {
    child.stdout.on('data', () => {
      const found = /running at (\S+)/.exec(printed)?.[1]
      if (found) resolve(new URL(found))
    })
    ended.then((code) => reject(new Error(`ended with ${code}:\n${printed}${logged}`)), reject)
  })
  // Many a test is about a start that comes to nothing.
  url.catch(() => undefined)
  return {
    printed: () => printed,
    logged: () => logged,
    url: () => url,
    ended,
    interrupt: () => signalGroup(child.pid, 'SIGINT'),
    terminate: () => child.kill('SIGTERM'),
    kill: () => child.kill('SIGKILL'),
    destroy: async () => {
      signalGroup(child.pid, 'SIGKILL')
      await ended
    },
  }
}

/** The same, for a start that is to end by itself. */
export async function runStart(
  folder: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly printed: string; readonly logged: string }> {
  const started = spawnStart(folder, args)
  const code = await started.ended
  return { code, printed: started.printed(), logged: started.logged() }
}

/**
 * An empty folder in which commands for the checkout's root work as well: they find the packages
 * and wrangler.toml, and write their files here.
 */
export async function makeWorkFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'holo-start-'))
  await symlink(join(ROOT, 'node_modules'), join(path, 'node_modules'))
  // npx looks for a package's own command in package.json.
  for (const name of ['wrangler.toml', 'package.json', 'bin', 'src']) {
    await symlink(join(ROOT, name), join(path, name))
  }
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** What a person's terminal has: without the marks that a test runner leaves for its children. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_ENV: _, NODE_OPTIONS: __, VITEST: ___, ...rest } = process.env
  return { ...rest, WRANGLER_SEND_METRICS: 'false' }
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (cause) {
    // Nobody of the group is left.
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause
  }
}
