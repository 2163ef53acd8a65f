// Which Holo a command talks to, and with which token: --url, then --target, then HOLO_URL, then
// holo.json. A token is never sent where others could read it on the way.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Config, type ConfigServices, type FoundConfig, loadConfig } from './config.ts'
import { misuse } from './failure.ts'
import { toSuggestion } from './suggest.ts'

export type Target = {
  /** As holo.json has it; the host where it has none. */
  readonly name: string
  readonly url: URL
  readonly token: string | undefined
  /** A change is confirmed by typing the name. */
  readonly isProtected: boolean
  readonly services: ConfigServices
}

export type TargetOptions = {
  readonly url?: string | undefined
  readonly target?: string | undefined
  readonly config?: string | undefined
}

type Variables = Readonly<Record<string, string | undefined>>

const HOW = 'set HOLO_URL, or make a holo.json with: holo init --url https://…'
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

/** @throws CliFailure when none is named, or it cannot be read. */
export async function chooseTarget(
  { url, target, config: file }: TargetOptions,
  { cwd, env }: { readonly cwd: string; readonly env: Variables },
): Promise<Target> {
  if (url !== undefined && target !== undefined) {
    throw misuse('--url and --target both say where: leave one of them out')
  }
  if (url !== undefined) return toUnnamed(url, '--url', env)
  const found = await loadConfig(cwd, file)
  if (target === undefined && env.HOLO_URL) return toUnnamed(env.HOLO_URL, 'HOLO_URL', env)
  if (!found) {
    if (target === undefined) throw misuse('which Holo? No address is known', HOW)
    throw misuse(`there is no holo.json that could have the target "${target}"`, HOW)
  }
  const name = target ?? toDefault(found.config)
  const { targets } = found.config
  const chosen = Object.hasOwn(targets, name) ? targets[name] : undefined
  if (!chosen) {
    const known = Object.keys(targets)
    throw misuse(
      `holo.json has no target "${name}"${toSuggestion(name, known)}; it has ${known.join(', ') || 'none'}`,
    )
  }
  return {
    name,
    url: parseAddress(chosen.url, `targets.${name}.url`),
    token: await readToken(chosen, found, env),
    isProtected: chosen.protected === true,
    services: chosen.services ?? {},
  }
}

function toUnnamed(text: string, where: string, env: Variables): Target {
  const url = parseAddress(text, where)
  const token = env.HOLO_TOKEN || undefined
  return { name: url.host, url, token, isProtected: false, services: {} }
}

function toDefault({ target, targets }: Config): string {
  const names = Object.keys(targets)
  const [only] = names
  if (target !== undefined) return target
  if (names.length === 1 && only !== undefined) return only
  if (only === undefined) throw misuse('which Holo? holo.json has no target', HOW)
  throw misuse(`which target? holo.json has ${names.join(', ')}`, 'add --target NAME')
}

function parseAddress(text: string, where: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw misuse(`${where} takes an address such as https://shop.example.com, not "${text}"`)
  }
  if (url.username || url.password) {
    throw misuse(`${where} has a user name or password in it: tokens go into HOLO_TOKEN`)
  }
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    throw misuse(
      `${where} is ${text}: over http:// everybody on the way could read the token`,
      'use https://; http:// is for this machine only',
    )
  }
  return url
}

async function readToken(
  { tokenEnv = 'HOLO_TOKEN', tokenFile }: Config['targets'][string],
  { folder }: FoundConfig,
  env: Variables,
): Promise<string | undefined> {
  const given = env[tokenEnv]
  if (given) return given
  if (tokenFile === undefined) return undefined
  const file = join(folder, tokenFile)
  try {
    return (await readFile(file, 'utf8')).trim() || undefined
  } catch (cause) {
    throw misuse(`the token cannot be read from ${file}: ${(cause as Error).message}`)
  }
}
