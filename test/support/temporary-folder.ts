// Where a test run keeps its temporary files. workerd waits for the disk after every write to KV, R2 or a
// Durable Object, tens of thousands of times in a run. None of it has to outlive the run, so the files lie
// in memory, if the system has a folder there that is large enough.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'

/** Linux has it. In a container it may be small, or refuse to run programs. */
const IN_MEMORY = '/dev/shm'
/** Several times what a run keeps at once. */
const NEEDED_BYTES = 4 * 2 ** 30

/** For this process and all that it starts. The folder is removed when this process ends. */
export function useMemoryForTemporaryFiles(): void {
  if (!isLargeEnough()) return
  removeLeftBehind()
  const folder = mkdtempSync(join(IN_MEMORY, `holo-tests-${process.pid}-`))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  if (canRunPrograms(folder)) process.env.TMPDIR = folder
}

/** What a run that was killed could not remove. */
function removeLeftBehind(): void {
  for (const name of readdirSync(IN_MEMORY)) {
    const pid = /^holo-tests-(\d+)-/.exec(name)?.[1]
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue
    rmSync(join(IN_MEMORY, name), { recursive: true, force: true })
  }
}

function isLargeEnough(): boolean {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY)
    return Math.min(bavail * bsize, freemem()) >= NEEDED_BYTES
  } catch {
    return false
  }
}

function canRunPrograms(folder: string): boolean {
  const program = join(folder, 'program')
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 })
  return spawnSync(program).status === 0
}
