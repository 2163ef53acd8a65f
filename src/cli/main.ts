// The entry of the `holo` command: passes the process's arguments, streams and signals to runCli, and sets the
// exit code.

import type { WorkerParts } from '../local/edge.ts'
import { readPackageParts } from '../local/package-parts.ts'
import { runCli } from './run.ts'

/**
 * @param version the version of the package.
 * @param root the folder of the package.
 * @param loadParts builds the Worker of a checkout; an installed package brings it along.
 */
export async function main(
  version: string,
  root: string,
  loadParts: () => Promise<WorkerParts> = () => readPackageParts(root),
): Promise<void> {
  const interruption = new AbortController()
  process.on('SIGINT', () => {
    // The second Ctrl-C ends the process at once.
    if (interruption.signal.aborted) process.exit(130)
    interruption.abort()
  })
  process.on('SIGTERM', () => interruption.abort())
  // The reader of a pipe has closed it, as `head` does. That is not a failure.
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
    installation: { version, root, loadParts },
  })
  // `process.exit` could lose output that is still being written to a pipe, so the process ends by itself.
  process.exitCode = exitCode
  process.stdin.unref?.()
}
