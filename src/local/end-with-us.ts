// Ends the workerd of this process when this process ends without being able to, as after `kill -9`. Otherwise it
// would keep the port and the data folder. Windows has no such shell: there, workerd has to be ended by hand.

import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'

/** Its standard input closes when this process ends. It outlives the Ctrl-C of its terminal. */
const GUARD = 'trap "" INT TERM HUP; read -r _; kill -9 "$@" 2>/dev/null'

/** Call it when workerd runs. */
export async function endWorkerdWithUs(): Promise<void> {
  if (process.platform === 'win32') return
  const pids = await findWorkerds()
  if (pids.length === 0) return
  const guard = spawn('sh', ['-c', GUARD, 'sh', ...pids], { stdio: ['pipe', 'ignore', 'ignore'] })
  guard.on('error', () => undefined)
  guard.unref()
  ;(guard.stdin as unknown as { unref: () => void }).unref()
}

/** The ids of the workerd processes that this process has started. */
async function findWorkerds(): Promise<readonly string[]> {
  // Without ps, workerd is left running as before.
  const listed = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,comm=']).catch(() => ({
    stdout: '',
  }))
  return listed.stdout.split('\n').flatMap((line) => {
    const [pid, parent, name] = line.trim().split(/\s+/)
    return pid && parent === String(process.pid) && name?.endsWith('workerd') ? [pid] : []
  })
}
