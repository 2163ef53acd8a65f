// How much memory the workerd of this test process holds, as Linux counts it.

import { readdir, readFile } from 'node:fs/promises'

const PAGE_BYTES = 4096
const SAMPLE_MS = 50

export type MemoryWatch = {
  /** Ends the watch: by how many bytes memory grew at most. */
  readonly stop: () => Promise<number>
}

/** Watches the one workerd that this process has started. */
export async function watchWorkerdMemory(): Promise<MemoryWatch> {
  const pid = await findWorkerd()
  const before = await readResidentBytes(pid)
  let peak = before
  const sample = async () => {
    peak = Math.max(peak, await readResidentBytes(pid))
  }
  const timer = setInterval(() => sample().catch(() => clearInterval(timer)), SAMPLE_MS)
  return {
    stop: async () => {
      clearInterval(timer)
      await sample()
      return peak - before
    },
  }
}

async function findWorkerd(): Promise<number> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    // A process may end while it is looked at.
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    const [, command, parent] = /^\d+ \((.*)\) \w (\d+)/s.exec(stat) ?? []
    if (command === 'workerd' && Number(parent) === process.pid) found.push(Number(name))
  }
  const [pid, ...others] = found
  if (pid === undefined || others.length > 0) throw new Error(`${found.length} workerd, not one`)
  return pid
}

async function readResidentBytes(pid: number): Promise<number> {
  const [, resident] = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')
  return Number(resident) * PAGE_BYTES
}
