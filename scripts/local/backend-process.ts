// A backend of an example as a process of its own: started on its port, ended with us.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A server that has not said where it listens by then will not. */
const START_TIMEOUT_MS = 15_000
/** From the polite signal to the one that cannot be refused. */
const STOP_TIMEOUT_MS = 3_000

export type Backend = {
  readonly origin: string
  /** Settles with the exit code when the process ends by itself. */
  readonly ended: Promise<number | null>
  readonly stop: () => Promise<void>
}

/**
 * Runs `script --port N` and waits for its line `listening on http://…`.
 *
 * @throws Error with what the process wrote, when it ends or stays silent instead.
 */
export async function startBackend(script: string, port: number): Promise<Backend> {
  const child = spawn(process.execPath, [script, '--port', String(port)], {
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
