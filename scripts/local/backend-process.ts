// Runs a backend in its own process on a given port. The process ends with this one.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A server that does not listen after this time has failed. */
const START_TIMEOUT_MS = 15_000
/** The time from SIGTERM to SIGKILL. */
const STOP_TIMEOUT_MS = 3_000

export type Backend = {
  readonly origin: string
  /** Resolves with the exit code when the process ends. */
  readonly ended: Promise<number | null>
  readonly stop: () => Promise<void>
}

/**
 * Runs `script --port N`, with further arguments, and waits for its line `listening on http://…`.
 *
 * @throws Error with the output of the process when it ends or does not listen.
 */
export async function startBackend(
  script: string,
  port: number,
  args: readonly string[] = [],
): Promise<Backend> {
  const child = spawn(process.execPath, [script, '--port', String(port), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => written.push(text))
  const endWithUs = () => child.kill()
  process.once('exit', endWithUs)
  const ended = once(child, 'exit').then(([code]) => {
    process.off('exit', endWithUs)
    return code as number | null
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const origin = /listening on (http:\S+)/.exec(line)?.[1]
      if (origin) {
        child.stdout.resume()
        return { origin, ended, stop: () => stop(child, ended) }
      }
      written.push(line)
    }
  } finally {
    clearTimeout(timer)
  }
  throw new Error(`the backend ${script} did not start:\n${written.join('\n').trim()}`)
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await ended
  clearTimeout(timer)
}
