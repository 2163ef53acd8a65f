// The entry of the `holo` command: the process as surroundings, Ctrl-C as a signal, and the exit code.

import { runCli } from './run.ts'

/** @param version of the package. */
export async function main(version: string): Promise<void> {
  const interruption = new AbortController()
  process.on('SIGINT', () => {
    // Whoever presses it twice does not want to wait.
    if (interruption.signal.aborted) process.exit(130)
    interruption.abort()
  })
  process.on('SIGTERM', () => interruption.abort())
  // A reader that has gone, such as `head`, wants no more: that is no failure.
  process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EPIPE') process.exit(0)
    throw cause
  })
  const exitCode = await runCli({
    args: process.argv.slice(2),
    cwd: process.cwd(),
    env: process.env,
    streams: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
    signal: interruption.signal,
    version,
  })
  // What is written to a pipe is not lost, because the process ends by itself.
  process.exitCode = exitCode
  process.stdin.unref?.()
}
