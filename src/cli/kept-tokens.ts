// Keeps the first token of a Holo that this user has deployed, by the address of the site: in the system's keychain,
// else in a file that only the user may read. A kept token is only ever sent to the address it was kept for.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import * as z from 'zod'
import { FileRefusal, readRegularFile } from '../publish/regular-file.ts'
import { misuse, refused } from './failure.ts'
import { toUserConfig } from './trust.ts'

type Variables = Readonly<Record<string, string | undefined>>

export const KEEPERS = ['keychain', 'file'] as const
export type Keeper = (typeof KEEPERS)[number]

const FOLDER = 'tokens'
const SERVICE = 'holo-edge'
const MAX_FILE_BYTES = 4096
/** The keychain may ask the user to unlock it. */
const KEYCHAIN_TIMEOUT_MS = 60_000

/** A token that the keychain holds is not in the file, which says so. */
const shape = z.strictObject({ origin: z.string(), token: z.string().optional() })

/** @returns what keeps it: the path of the file, or `undefined` for the keychain. */
export async function keepToken(
  origin: string,
  token: string,
  env: Variables,
  keeper: Keeper | undefined,
): Promise<string | undefined> {
  const isInKeychain = keeper !== 'file' && (await putIntoKeychain(origin, token, env))
  if (keeper === 'keychain' && !isInKeychain) {
    throw refused('not_written', 'this machine has no keychain that takes the token', {
      hint: 'keep it in a file: --keep file',
    })
  }
  const file = toFile(origin, env)
  try {
    await mkdir(join(file, '..'), { recursive: true, mode: 0o700 })
    const fresh = `${file}.${process.pid}.new`
    const kept = isInKeychain ? { origin } : { origin, token }
    await writeFile(fresh, `${JSON.stringify(kept)}\n`, { mode: 0o600, flag: 'wx' })
    await rename(fresh, file)
  } catch (cause) {
    throw refused('not_written', `${file} was not written: ${(cause as Error).message}`)
  }
  return isInKeychain ? undefined : file
}

/** The token that was kept for this address. @throws CliFailure when it cannot be read. */
export async function findKeptToken(origin: string, env: Variables): Promise<string | undefined> {
  const file = toFile(origin, env)
  const bytes = await readRegularFile(join(file, '..'), toName(origin), MAX_FILE_BYTES).catch(
    (cause) => {
      if (cause instanceof FileRefusal) throw misuse(`${file} ${cause.message}`)
      throw cause
    },
  )
  if (!bytes) return undefined
  const parsed = shape.safeParse(parseJson(bytes.toString('utf8')))
  if (!parsed.success || parsed.data.origin !== origin) {
    throw misuse(`${file} is damaged`, 'delete it, and set HOLO_TOKEN instead')
  }
  return parsed.data.token ?? (await readFromKeychain(origin, env))
}

function toFile(origin: string, env: Variables): string {
  return join(toUserConfig(env), FOLDER, toName(origin))
}

/** The host is for people; the hash tells apart what differs in scheme and port. */
function toName(origin: string): string {
  const hash = createHash('sha256').update(origin).digest('hex').slice(0, 16)
  return `${new URL(origin).hostname.replace(/[^a-z0-9.-]/g, '_')}-${hash}.json`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The token goes through standard input, because others can see the arguments of a process. */
async function putIntoKeychain(origin: string, token: string, env: Variables): Promise<boolean> {
  if (process.platform === 'darwin') {
    const command = `add-generic-password -U -s ${SERVICE} -a "${origin}" -w "${token}"\n`
    await run('security', ['-i'], env, command)
  } else if (process.platform === 'linux') {
    const label = `--label=Holo at ${origin}`
    await run('secret-tool', ['store', label, ...toAttributes(origin)], env, token)
  }
  // These programs do not always say when they have failed.
  return (await readFromKeychain(origin, env)) === token
}

async function readFromKeychain(origin: string, env: Variables): Promise<string | undefined> {
  switch (process.platform) {
    case 'darwin':
      return run('security', ['find-generic-password', '-s', SERVICE, '-a', origin, '-w'], env)
    case 'linux':
      return run('secret-tool', ['lookup', ...toAttributes(origin)], env)
    default:
      return undefined
  }
}

function toAttributes(origin: string): readonly string[] {
  return ['service', SERVICE, 'account', origin]
}

/** What the program prints; `undefined` if there is no such program, or it fails. */
async function run(
  program: string,
  args: readonly string[],
  env: Variables,
  input = '',
): Promise<string | undefined> {
  const child = spawn(program, args, {
    env: { ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
    signal: AbortSignal.timeout(KEYCHAIN_TIMEOUT_MS),
  })
  const ended = new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null))
    child.on('close', resolve)
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [printed, code] = await Promise.all([readAll(child.stdout).catch(() => ''), ended])
  return code === 0 ? printed.trim() || undefined : undefined
}
