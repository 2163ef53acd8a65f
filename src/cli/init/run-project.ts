// Runs a project's own commands: its build, if the user agrees, and for a local preview the server that makes its
// pages. Also copies what a framework leaves outside of the folder that is published.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePort } from '../../local/ports.ts'
import type { Context } from '../command.ts'
import { refused } from '../failure.ts'
import { PREPARED_FOLDER } from './frameworks.ts'
import type { FoundProject } from './workspace.ts'

const HOST = '127.0.0.1'
/** Large sites are built for minutes. */
const BUILD_TIMEOUT_MS = 30 * 60_000
/** Servers that compile when they start need most of it. */
const SERVER_START_TIMEOUT_MS = 120_000
const SERVER_POLL_MS = 250
/** What ignores SIGTERM for as long is killed. */
export const STOP_TIMEOUT_MS = 10_000
/** As shells have it: 128 and the number of SIGHUP. */
const HANG_UP_EXIT_CODE = 129

/** Whether the build has written what is published. */
export async function isBuilt(
  { folder, detected }: FoundProject,
  output: string,
): Promise<boolean> {
  const { copies, proof } = detected
  const written = copies?.map(({ from }) => from) ?? [output]
  const needed = proof === undefined ? written : [...written, proof]
  for (const path of needed) {
    if (!(await stat(join(folder, path)).catch(() => undefined))) return false
  }
  return true
}

/** @throws CliFailure when the build fails; its output is on standard error by then. */
export async function runBuild(
  context: Context,
  { folder }: FoundProject,
  build: string,
): Promise<void> {
  context.signal.throwIfAborted()
  const child = start(context, build, folder, {})
  const timeout = AbortSignal.timeout(BUILD_TIMEOUT_MS)
  const signal = AbortSignal.any([context.signal, timeout])
  signal.addEventListener('abort', () => stop(child), { once: true })
  const [code] = await once(child, 'close')
  context.signal.throwIfAborted()
  if (code === 0) return
  const why = timeout.aborted ? 'took longer than 30 minutes' : `ended with exit code ${code}`
  throw refused('not_built', `${build} ${why}`, { hint: 'mend the build, and run holo init again' })
}

/** Makes the folder of a framework that writes none for browsers. */
export async function prepareFiles(project: FoundProject, output: string): Promise<void> {
  const { folder, detected } = project
  if (detected.copies === undefined || output !== PREPARED_FOLDER) return
  const target = join(folder, output)
  await rm(target, { recursive: true, force: true })
  await mkdir(target, { recursive: true })
  // git must not see what is stored beside it, such as the token of a local run.
  await writeFile(join(dirname(target), '.gitignore'), '*\n')
  for (const { from, to } of detected.copies) {
    await cp(join(folder, from), join(target, to), { recursive: true })
  }
}

export type RunningServer = { readonly origin: string; readonly stop: () => void }

/** @throws CliFailure when the server does not listen in time. */
export async function startServer(
  context: Context,
  { folder }: FoundProject,
  command: string,
): Promise<RunningServer> {
  const port = await findFreePort(HOST)
  // What frameworks read: the port, and the address to listen at.
  const child = start(context, command, folder, { PORT: `${port}`, HOST, HOSTNAME: HOST })
  const until = Date.now() + SERVER_START_TIMEOUT_MS
  while (!(await isListening(port))) {
    const why = hasEnded(child)
      ? `ended with ${child.exitCode === null ? child.signalCode : `exit code ${child.exitCode}`}`
      : 'does not listen at PORT'
    if (hasEnded(child) || Date.now() > until || context.signal.aborted) {
      stop(child)
      context.signal.throwIfAborted()
      throw refused('not_started', `${command} ${why}`, {
        hint: 'start the server yourself, and name it: --service /=http://localhost:3000',
      })
    }
    await sleep(SERVER_POLL_MS)
  }
  return { origin: `http://${HOST}:${port}`, stop: () => stop(child) }
}

/** In a group of its own, so that what the command starts ends with it. Its output goes to standard error. */
function start(
  { env, streams }: Context,
  command: string,
  cwd: string,
  more: Readonly<Record<string, string>>,
): ChildProcess {
  const child = spawn(command, {
    cwd,
    env: { ...env, ...more },
    shell: true,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => streams.stderr.write(text))
  }
  endWithUs(child)
  return child
}

/** What has a group of its own outlives a second Ctrl-C, and the terminal, unless it is stopped. */
function endWithUs(child: ChildProcess): void {
  running.set(child, 'running')
  const end = () => signalGroup(child, running.get(child) === 'stopping' ? 'SIGKILL' : 'SIGTERM')
  const hangUp = () => process.exit(HANG_UP_EXIT_CODE)
  process.once('exit', end).once('SIGHUP', hangUp)
  child.once('close', () => {
    running.delete(child)
    process.off('exit', end).off('SIGHUP', hangUp)
  })
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

/** Until all of their group have closed the output: the first of a group may end before the others. */
const running = new Map<ChildProcess, 'running' | 'stopping'>()

/** Asks the command to end, and kills it if it does not. What has left its group is no longer waited for then. */
function stop(child: ChildProcess): void {
  if (running.get(child) !== 'running') return
  running.set(child, 'stopping')
  signalGroup(child, 'SIGTERM')
  const timer = setTimeout(() => {
    signalGroup(child, 'SIGKILL')
    child.stdout?.destroy()
    child.stderr?.destroy()
  }, STOP_TIMEOUT_MS)
  child.once('close', () => clearTimeout(timer))
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch (cause) {
    // It has ended meanwhile.
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port })
    const settle = (isThere: boolean) => () => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', settle(true)).once('error', settle(false))
  })
}
