// The first token of a local run, which is created once and stored in the data folder. A deployed Holo has the
// secret HOLO_ADMIN_TOKEN instead.

import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export const FIRST_TOKEN_FILE = 'admin-token'

/** Reads or creates the token in the existing folder `dataDir`. Only the owner may read the file. */
export async function readFirstToken(dataDir: string): Promise<string> {
  const file = join(dataDir, FIRST_TOKEN_FILE)
  const kept = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined
    throw cause
  })
  if (kept?.trim()) return kept.trim()
  const token = randomBytes(32).toString('hex')
  await writeFile(file, `${token}\n`, { mode: 0o600 })
  return token
}
