// Chooses which Holo a command talks to, and with which token: --url, then --target, then HOLO_URL, then the
// default of holo.json. Without a variable or a file, the token is the one that `holo deploy` has kept for the
// address (kept-tokens.ts). A token is never sent over unencrypted HTTP, except to this machine, and never to a
// host that only a holo.json names, because that may have come with a stranger's repository.

import { homedir } from 'node:os'
import { join, relative } from 'node:path'
import { getOwn } from '../core/own.ts'
import { FileRefusal, isBelow, readRegularFile } from '../publish/regular-file.ts'
import { type Config, type ConfigServices, type FoundConfig, loadConfig } from './config.ts'
import { misuse, refused } from './failure.ts'
import { findKeptToken } from './kept-tokens.ts'
import { toSuggestion } from './suggest.ts'
import { loadTrusted, toUserConfig, trust } from './trust.ts'

export type Target = {
  /** The name in holo.json; otherwise the host. */
  readonly name: string
  readonly url: URL
  readonly token: string | undefined
  /** A change has to be confirmed by typing the name. */
  readonly isProtected: boolean
  readonly services: ConfigServices
}

export type TargetOptions = {
  readonly url?: string | undefined
  readonly target?: string | undefined
  readonly config?: string | undefined
}

type Variables = Readonly<Record<string, string | undefined>>

const HOW = 'set HOLO_URL, or write a holo.json with: holo init --url https://…'
const DEFAULT_VARIABLE = 'HOLO_TOKEN'
/** A token has 65 characters. */
const MAX_TOKEN_FILE_BYTES = 4096
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

export type TargetSurroundings = {
  readonly cwd: string
  readonly env: Variables
  /** Asks the user whether the host may get the token; `undefined` without a terminal. */
  readonly askForTrust: ((question: string) => Promise<boolean>) | undefined
}

/** @throws CliFailure when no target is named, holo.json cannot be read, or the host is not trusted. */
export async function chooseTarget(
  { url, target, config: file }: TargetOptions,
  { cwd, env, askForTrust }: TargetSurroundings,
): Promise<Target> {
  if (url !== undefined && target !== undefined) {
    throw misuse('--url and --target exclude each other: leave one of them out')
  }
  if (url !== undefined) return await toUnnamed(url, '--url', env)
  const found = await loadConfig(cwd, file)
  if (target === undefined && env.HOLO_URL) return await toUnnamed(env.HOLO_URL, 'HOLO_URL', env)
  if (!found) {
    if (target === undefined) throw misuse('the address of Holo is missing', HOW)
    throw misuse(`there is no holo.json with the target "${target}"`, HOW)
  }
  const name = target ?? toDefault(found.config)
  const { targets } = found.config
  const chosen = getOwn(targets, name)
  if (!chosen) {
    const known = Object.keys(targets)
    throw misuse(
      `holo.json has no target "${name}"${toSuggestion(name, known)}; it has ${known.join(', ') || 'none'}`,
    )
  }
  const address = parseAddress(chosen.url, `targets.${name}.url`)
  const isStated = hasToken(chosen, env)
  const kept = isStated ? undefined : await findKeptToken(address.origin, env)
  const load = async () => (isStated ? readToken(chosen, found, env) : kept)
  return {
    name,
    url: address,
    // `holo login --forget` also ends the use of a kept token.
    token:
      isStated || kept !== undefined
        ? await giveToken(address, name, load, env, askForTrust)
        : undefined,
    isProtected: chosen.protected === true,
    services: chosen.services ?? {},
  }
}

async function toUnnamed(text: string, where: string, env: Variables): Promise<Target> {
  const url = parseAddress(text, where)
  const token = env[DEFAULT_VARIABLE] || (await findKeptToken(url.origin, env))
  return { name: url.host, url, token, isProtected: false, services: {} }
}

/** The named target, else the default one or the only one; `undefined` if there is none. */
export function chooseDefaultTarget(
  { target, targets }: Config,
  named: string | undefined,
): Config['targets'][string] | undefined {
  const names = Object.keys(targets)
  const name = named ?? target ?? (names.length === 1 ? names[0] : undefined)
  return name === undefined ? undefined : getOwn(targets, name)
}

function toDefault({ target, targets }: Config): string {
  const names = Object.keys(targets)
  const [only] = names
  if (target !== undefined) return target
  if (names.length === 1 && only !== undefined) return only
  if (only === undefined) throw misuse('holo.json has no target', HOW)
  throw misuse(`holo.json has several targets: ${names.join(', ')}`, 'add --target NAME')
}

export function parseAddress(text: string, where: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw misuse(`${where} takes an address such as https://shop.example.com, not "${text}"`)
  }
  if (url.username || url.password) {
    throw misuse(`${where} contains a user name or password: set the token in HOLO_TOKEN instead`)
  }
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    throw misuse(
      `${where} is ${text}: with http:// others in the network could read the token`,
      'use https://; http:// is allowed for this machine only',
    )
  }
  return url
}

/** Whether the target may have a token. Without one, its host does not have to be trusted. */
function hasToken({ tokenEnv = DEFAULT_VARIABLE, tokenFile }: Stated, env: Variables): boolean {
  return Boolean(env[tokenEnv]) || tokenFile !== undefined
}

/** The token, if the host is trusted or the user agrees now. @throws CliFailure otherwise. */
async function giveToken(
  { origin }: URL,
  name: string,
  load: () => Promise<string | undefined>,
  env: Variables,
  askForTrust: TargetSurroundings['askForTrust'],
): Promise<string | undefined> {
  // HOLO_URL was set by the user, who thereby trusts the host.
  const isNamed = env.HOLO_URL !== undefined && URL.parse(env.HOLO_URL)?.origin === origin
  if (isNamed || (await loadTrusted(env)).includes(origin)) return load()
  const who = `holo.json has the target "${name}" at ${origin}, which has never got a token of yours`
  if (!askForTrust) {
    throw refused('not_trusted', who, {
      hint: `if it is yours: holo login ${origin}; in a pipeline, set HOLO_URL=${origin} as well as HOLO_TOKEN`,
    })
  }
  if (!(await askForTrust(`${who}. Is it yours? [y/N] `))) {
    throw refused('not_trusted', `${origin} is not trusted: no token was sent`)
  }
  await trust(origin, env)
  return load()
}

type Stated = Pick<Config['targets'][string], 'tokenEnv' | 'tokenFile'>

async function readToken(
  { tokenEnv = DEFAULT_VARIABLE, tokenFile }: Stated,
  { folder }: FoundConfig,
  env: Variables,
): Promise<string | undefined> {
  const given = env[tokenEnv]
  if (given) return given
  if (tokenFile === undefined) return undefined
  const own = toUserConfig(env)
  const named = tokenFile.startsWith('~/') ? join(homedir(), tokenFile.slice(2)) : tokenFile
  const isOwn = isBelow(own, named)
  const [base, name] = isOwn ? [own, relative(own, named)] : [folder, named]
  try {
    const bytes = await readRegularFile(base, name, MAX_TOKEN_FILE_BYTES)
    if (bytes) return bytes.toString('utf8').trim() || undefined
  } catch (cause) {
    if (!(cause instanceof FileRefusal)) throw cause
    throw misuse(
      `the token cannot be read: ${tokenFile} ${cause.message}`,
      `a token file must be below the folder of holo.json, or in ${own}`,
    )
  }
  throw misuse(`the token cannot be read: there is no file ${join(base, name)}`)
}
