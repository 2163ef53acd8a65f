// Keeps two local edges off one data folder. Two would each run a control over the same files, and both would
// write documents. The locks are those of SQLite, which the system releases when a process ends, however it ends.

import { globSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Mistake } from './mistake.ts'

const LOCK_FILE = 'lock.sqlite'

/** An edge that is just ending, or a command of wrangler, is waited for. */
const LOCK_WAIT_MS = 3000

/** SQLITE_BUSY: another process has the lock. */
const BUSY = 5

/**
 * Takes the folder for this process until `release`.
 *
 * @throws Mistake when another edge uses it, or a workerd that an edge has left running.
 */
export async function lockData(dataDir: string): Promise<{ readonly release: () => void }> {
  await mkdir(dataDir, { recursive: true })
  const lock = await openAlone(join(dataDir, LOCK_FILE))
  if (!lock) {
    throw new Mistake(
      `another local edge uses the folder ${dataDir}: end it, or start with another --data`,
    )
  }
  for (const file of globSync('v3/*/*/metadata.sqlite', { cwd: dataDir })) {
    const data = await openAlone(join(dataDir, file))
    data?.close()
    if (data) continue
    lock.close()
    throw new Mistake(
      `another process, such as a workerd that an earlier edge has left running, uses the folder ${dataDir}: end it, or start with another --data`,
    )
  }
  return {
    release: () => {
      if (lock.isOpen) lock.close()
    },
  }
}

/** A connection that no other process has beside it; `undefined` when another one uses the file. */
async function openAlone(file: string): Promise<DatabaseSync | undefined> {
  // Only here, because Node 22 warns of it whenever it is loaded, and most commands need no lock.
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(file, { timeout: LOCK_WAIT_MS })
  try {
    // With this mode, SQLite keeps the lock after the end of the transaction.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT')
    return database
  } catch (cause) {
    database.close()
    if ((cause as { errcode?: number }).errcode === BUSY) return undefined
    throw cause
  }
}
