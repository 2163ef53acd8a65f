// Which hosts may get this user's tokens: those that the user has named once. They are stored in
// the user's own configuration folder, because a holo.json may come with a stranger's repository
// and then names the stranger's host.

import { mkdir, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { FileRefusal, readRegularFile } from '../publish/regular-file.ts'
import { misuse, refused } from './failure.ts'

type Variables = Readonly<Record<string, string | undefined>>

const FILE = 'trusted-hosts.json'
/** Enough for some thousand hosts. */
const MAX_FILE_BYTES = 256 * 1024

const shape = z.strictObject({
  /** Scheme, host and port, as in `https://shop.example.com`. */
  origins: z.array(z.string()),
})

/** The trusted origins, in the order in which they were added. */
export async function loadTrusted(env: Variables): Promise<readonly string[]> {
  const folder = toUserConfig(env)
  const bytes = await readRegularFile(folder, FILE, MAX_FILE_BYTES).catch((cause) => {
    if (cause instanceof FileRefusal) throw misuse(`${join(folder, FILE)} ${cause.message}`)
    throw cause
  })
  if (!bytes) return []
  const parsed = shape.safeParse(parseJson(bytes.toString('utf8')))
  if (parsed.success) return parsed.data.origins
  throw misuse(
    `${join(folder, FILE)} is damaged`,
    'delete it, and trust your hosts again: holo login https://…',
  )
}

export async function trust(origin: string, env: Variables): Promise<void> {
  const known = await loadTrusted(env)
  if (!known.includes(origin)) await save([...known, origin], env)
}

/** @returns whether it was trusted before. */
export async function forget(origin: string, env: Variables): Promise<boolean> {
  const known = await loadTrusted(env)
  if (!known.includes(origin)) return false
  await save(
    known.filter((one) => one !== origin),
    env,
  )
  return true
}

/** Writes a new file, which only this user may read, and then replaces the old one with it. */
async function save(origins: readonly string[], env: Variables): Promise<void> {
  const folder = toUserConfig(env)
  const file = join(folder, FILE)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const fresh = `${file}.${process.pid}.new`
    await writeFile(fresh, `${JSON.stringify({ origins }, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    await rename(fresh, file)
  } catch (cause) {
    throw refused('not_written', `${file} was not written: ${(cause as Error).message}`)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * The folder of this user's settings by the XDG base directory specification, and on Windows. A cloned
 * repository cannot put anything there.
 */
export function toUserConfig({ XDG_CONFIG_HOME, APPDATA }: Variables): string {
  return join(XDG_CONFIG_HOME || APPDATA || join(homedir(), '.config'), 'holo')
}
