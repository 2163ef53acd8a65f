// The first token of a local run: made once for a data folder and kept there, where a deployed Holo
// has the secret HOLO_ADMIN_TOKEN.

import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export const FIRST_TOKEN_FILE = 'admin-token'

/** The token in `dataDir`, which exists. Only its owner may read the file. */
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
