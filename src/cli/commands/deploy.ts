// `holo deploy`: uploads the Worker of the package with wrangler. At the first deployment it makes the first token,
// sets it as the Worker's secret, and keeps it for this user.

import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { requirePart } from '../../local/package-parts.ts'
import { deployOutput } from '../../wire/output.ts'
import { type Context, command, type SharedOptions } from '../command.ts'
import { loadConfig } from '../config.ts'
import { CliFailure, misuse, refused } from '../failure.ts'
import { findKeptToken, KEEPERS, type Keeper, keepToken } from '../kept-tokens.ts'
import { requireOptional } from '../optional-package.ts'
import { chooseDefaultTarget, parseAddress } from '../target.ts'
import { loadTrusted, trust } from '../trust.ts'
import { createWrangler, type Wrangler } from '../wrangler.ts'
import { checkConfig, DEFAULT_WORKER_NAME, renderConfig, WORKER_NAME } from '../wrangler-config.ts'

const DEFAULT_FILE = 'wrangler.toml'
const SECRET = 'HOLO_ADMIN_TOKEN'
const TOKEN_BYTES = 32

type DeployOptions = SharedOptions & {
  readonly wrangler?: string
  readonly name?: string
  readonly dryRun?: boolean
  readonly outdir?: string
  readonly keep?: string
}

export const DEPLOY = command({
  name: 'deploy',
  about:
    'Deploys the Worker of this package with wrangler. The first time it writes wrangler.toml, and makes and keeps the first token.',
  scope: 'none',
  options: [
    {
      flags: '--wrangler <file>',
      about: `the configuration of the Worker; ${DEFAULT_FILE} if left out`,
    },
    {
      flags: '--name <worker>',
      about: `the Worker's name in a new file; ${DEFAULT_WORKER_NAME} if left out`,
    },
    {
      flags: '--url <address>',
      about:
        'the address of the site, to keep the token for; that of holo.json if left out, else what wrangler says',
    },
    {
      flags: '--target <name>',
      about: 'the target of holo.json that is deployed, instead of --url',
    },
    {
      flags: '--keep <where>',
      about: `where the first token is kept: ${KEEPERS.join(', ')}; if left out, a file where there is no keychain`,
    },
    { flags: '--dry-run', about: 'builds what would be uploaded, and sends nothing' },
    { flags: '--outdir <folder>', about: 'with --dry-run: where that is written' },
  ],
  examples: [
    { command: 'holo deploy', about: 'once "npx wrangler login" has signed in' },
    { command: 'holo deploy --dry-run --outdir build', about: 'to look at' },
  ],
  shape: deployOutput,
  run: async (context, _: [], options: DeployOptions) => {
    const { cwd, env, installation } = context
    const keep = toKeeper(options.keep)
    const { name = DEFAULT_WORKER_NAME, dryRun = false } = options
    if (!WORKER_NAME.test(name)) {
      throw misuse(
        `"${name}" cannot be the name of a Worker: use lower-case letters, digits and "-"`,
      )
    }
    if (options.outdir !== undefined && !dryRun) throw misuse('--outdir goes with --dry-run')
    if (options.url !== undefined && options.target !== undefined) {
      throw misuse('--url and --target exclude each other: leave one of them out')
    }
    const stated = await findStatedAddress(context, options)
    const packageFolder = await requireOptional(installation.root, 'wrangler')
    await requirePart(installation.root, 'worker')
    await requirePart(installation.root, 'dashboard')
    const config = await prepareConfig(context, options.wrangler ?? DEFAULT_FILE, name, dryRun)
    const wrangler = createWrangler(packageFolder, config.path, context)
    const said = { file: config.file, isNew: config.isNew, worker: config.worker, dryRun }
    const written = config.isNew ? [`${config.file} was written: what you change there stays`] : []
    if (dryRun) {
      const outdir = options.outdir && resolve(cwd, options.outdir)
      await runDry(wrangler, config, outdir)
      const kept = options.outdir ? ` The Worker is in ${options.outdir}` : ''
      const lines = [`Dry run: ${config.worker} can be deployed; nothing was sent.${kept}`]
      return { json: { ...said, ...(outdir && { outdir }) }, lines }
    }
    const targets = await wrangler.deploy()
    const url = stated?.origin ?? targets[0]
    if ((await wrangler.listSecrets()).includes(SECRET)) {
      const lines = [...written, `Deployed ${config.worker}${url ? ` at ${url}` : ''}`]
      return { json: { ...said, ...(url && { url }), token: 'unchanged' as const }, lines }
    }
    if (url === undefined) {
      throw refused('no_address', 'the Worker is deployed, but nobody can say at which address', {
        hint: 'for its first token: holo deploy --url https://…',
      })
    }
    if (!stated?.isTyped && !targets.includes(url)) await requireTrust(url, env)
    const keptIn = await makeToken(wrangler, url, env, keep)
    const lines = [
      ...written,
      `Deployed ${config.worker} at ${url}`,
      `Its first token was made, and is kept in ${keptIn}. This command finds it there`,
      `Next: ${(await isTargetOf(context, url)) ? '' : `holo init --url ${url}, then `}holo publish dist --version 1.0.0 --first main`,
    ]
    return { json: { ...said, url, token: 'made' as const, keptIn }, lines }
  },
})

function toKeeper(text: string | undefined): Keeper | undefined {
  const keeper = KEEPERS.find((one) => one === text)
  if (text === undefined || keeper !== undefined) return keeper
  throw misuse(`--keep does not know "${text}": use one of ${KEEPERS.join(', ')}`)
}

type StatedAddress = {
  readonly origin: string
  /** `false` if only holo.json names it, which may have come with a stranger's repository. */
  readonly isTyped: boolean
}

/** The address of --url, else of the target in holo.json. */
async function findStatedAddress(
  { cwd }: Context,
  { url, target }: DeployOptions,
): Promise<StatedAddress | undefined> {
  if (url !== undefined) return { origin: parseAddress(url, '--url').origin, isTyped: true }
  const found = await loadConfig(cwd, undefined)
  const chosen = found && chooseDefaultTarget(found.config, target)
  if (target !== undefined && !chosen)
    throw misuse(`there is no holo.json with the target "${target}"`)
  return chosen && { origin: parseAddress(chosen.url, 'the target').origin, isTyped: false }
}

/** @throws CliFailure if the user has never trusted the host: the token of this Worker would be sent to it. */
async function requireTrust(origin: string, env: Context['env']): Promise<void> {
  if ((await loadTrusted(env)).includes(origin)) return
  throw refused(
    'not_trusted',
    `the Worker is deployed without a token: only holo.json says that it answers at ${origin}`,
    { hint: `if this is your site: holo deploy --url ${origin}` },
  )
}

async function isTargetOf({ cwd }: Context, origin: string): Promise<boolean> {
  const targets = Object.values((await loadConfig(cwd, undefined))?.config.targets ?? {})
  return targets.some(({ url }) => new URL(url).origin === origin)
}

type Prepared = {
  /** As it is shown. */
  readonly file: string
  readonly path: string
  readonly worker: string
  readonly isNew: boolean
  /** The folder that a dry run has made for the file, and removes. */
  readonly scratch?: string
}

/** Writes the file if there is none; a dry run writes it elsewhere. An existing one is only checked. */
async function prepareConfig(
  { cwd, installation: { root } }: Context,
  named: string,
  worker: string,
  dryRun: boolean,
): Promise<Prepared> {
  const path = resolve(cwd, named)
  const file = relative(cwd, path) || basename(path)
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined
    throw misuse(`${file} cannot be read: ${cause.message}`)
  })
  if (text !== undefined) {
    return { file, path, worker: await checkConfig(text, file, dirname(path), root), isNew: false }
  }
  const scratch = dryRun ? await mkdtemp(join(tmpdir(), 'holo-deploy-')) : undefined
  try {
    const folder = scratch ?? dirname(path)
    const target = scratch === undefined ? path : join(scratch, DEFAULT_FILE)
    const fresh = await renderConfig(root, folder, worker)
    await writeFile(target, fresh, { flag: 'wx' }).catch((cause: Error) => {
      throw refused('not_written', `${file} was not written: ${cause.message}`)
    })
    return { file, path: target, worker, isNew: !dryRun, ...(scratch && { scratch }) }
  } catch (cause) {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true })
    throw cause
  }
}

/** Removes nothing but what the dry run itself has made. */
async function runDry(
  wrangler: Wrangler,
  { scratch }: Prepared,
  outdir: string | undefined,
): Promise<void> {
  const built = outdir ?? (await mkdtemp(join(tmpdir(), 'holo-outdir-')))
  try {
    await wrangler.dryRun(built)
  } finally {
    if (outdir === undefined) await rm(built, { recursive: true, force: true })
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true })
  }
}

/**
 * Keeps the token before it is set, so that it is never lost: what was kept by a deployment that failed here is used.
 *
 * @returns where it is kept, in words.
 */
async function makeToken(
  wrangler: Wrangler,
  url: string,
  env: Context['env'],
  keep: Keeper | undefined,
): Promise<string> {
  const token = (await findKeptToken(url, env)) ?? randomBytes(TOKEN_BYTES).toString('hex')
  const file = await keepToken(url, token, env, keep)
  await wrangler.putSecret(SECRET, token).catch((cause) => {
    if (!(cause instanceof CliFailure)) throw cause
    throw new CliFailure(cause.code, cause.exitCode, cause.message, {
      hint: 'the Worker is deployed and has no token yet: repeat the command',
    })
  })
  // The user has deployed it, so it is theirs.
  await trust(url, env)
  return file ?? "the system's keychain"
}
