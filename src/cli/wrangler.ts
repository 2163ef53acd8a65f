// Runs wrangler, which uploads the Worker and its secrets. What it prints goes to standard error, so that standard
// output stays with the result of this command.

import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import * as z from 'zod'
import type { Context } from './command.ts'
import { CliFailure, EXIT, refused } from './failure.ts'

/** Somebody may have to sign in and to choose an account. */
const DEPLOY_TIMEOUT_MS = 15 * 60_000
const SECRET_TIMEOUT_MS = 2 * 60_000

export type Wrangler = {
  /** Uploads the Worker. @returns the addresses at which it answers. */
  readonly deploy: () => Promise<readonly string[]>
  /** Builds what would be uploaded into a folder. */
  readonly dryRun: (folder: string) => Promise<void>
  /** The names of the Worker's secrets. */
  readonly listSecrets: () => Promise<readonly string[]>
  readonly putSecret: (name: string, value: string) => Promise<void>
}

type Surroundings = Pick<Context, 'env' | 'signal' | 'streams'>

/**
 * @param folder of the package wrangler.
 * @param config the path of wrangler.toml.
 */
export function createWrangler(
  folder: string,
  config: string,
  { env, signal, streams }: Surroundings,
): Wrangler {
  const run = async (
    args: readonly string[],
    { input, output, timeoutMs = SECRET_TIMEOUT_MS }: RunOptions = {},
  ): Promise<string> => {
    const timeout = AbortSignal.timeout(timeoutMs)
    const script = join(folder, 'bin/wrangler.js')
    const child = spawn(process.execPath, [script, ...args, '--config', config], {
      env: {
        ...env,
        ...(output === undefined ? {} : { WRANGLER_OUTPUT_FILE_PATH: output }),
      },
      stdio: [input === undefined && streams.stdin.isTTY ? 0 : 'pipe', output ? 2 : 'pipe', 2],
      signal: AbortSignal.any([signal, timeout]),
    })
    const ended = new Promise<number | null>((resolve) => {
      child.on('error', () => resolve(null))
      child.on('close', resolve)
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input ?? '')
    const [printed, code] = await Promise.all([child.stdout ? readAll(child.stdout) : '', ended])
    if (code === 0) return printed
    if (signal.aborted) throw new CliFailure('interrupted', EXIT.interrupted, 'stopped')
    const why = timeout.aborted ? 'did not end' : `failed with exit code ${code}`
    throw refused('wrangler_failed', `wrangler ${toCommand(args)} ${why}`, {
      hint: 'what it says stands above; "npx wrangler login" signs in',
    })
  }
  return {
    deploy: () =>
      withOutput(async (output) => {
        await run(['deploy'], { output, timeoutMs: DEPLOY_TIMEOUT_MS })
        return readTargets(output)
      }),
    dryRun: (into) =>
      withOutput(async (output) => {
        const args = ['deploy', '--dry-run', '--outdir', into]
        await run(args, { output, timeoutMs: DEPLOY_TIMEOUT_MS })
      }),
    listSecrets: async () => {
      const listed = z
        .array(z.looseObject({ name: z.string() }))
        .safeParse(parseJson(await run(['secret', 'list', '--format', 'json'])))
      if (listed.success) return listed.data.map(({ name }) => name)
      throw refused('wrangler_failed', 'wrangler lists the secrets in a form that is not known')
    },
    putSecret: async (name, value) => {
      await run(['secret', 'put', name], { input: value })
    },
  }
}

/** The command without its options. */
function toCommand(args: readonly string[]): string {
  const end = args.findIndex((arg) => arg.startsWith('-'))
  return args.slice(0, end === -1 ? args.length : end).join(' ')
}

type RunOptions = {
  /** For standard input, which is the terminal if this is left out. */
  readonly input?: string
  /** The file in which wrangler notes what it did. Without it, what it prints is returned. */
  readonly output?: string
  readonly timeoutMs?: number
}

async function withOutput<T>(work: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'holo-wrangler-'))
  try {
    return await work(join(folder, 'output.jsonl'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const deployed = z.looseObject({ type: z.literal('deploy'), targets: z.array(z.string()) })

/** The addresses, of which wrangler writes some as `shop.example.com (custom domain)`. */
async function readTargets(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    const entry = deployed.safeParse(parseJson(line))
    return entry.success ? entry.data.targets.flatMap(toOrigin) : []
  })
}

function toOrigin(target: string): readonly string[] {
  const [word = ''] = target.split(' ')
  const isHost = /^(?:https:\/\/)?[\w-]+(?:\.[\w-]+)+\/?$/.test(word)
  return isHost ? [`https://${word.replace(/^https:\/\//, '').replace(/\/$/, '')}`] : []
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
