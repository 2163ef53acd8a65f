// `holo dev`: runs the edge on this machine, with its storage in a folder and the dashboard, and publishes the build
// folder as the first version when nothing is published yet. It runs until Ctrl-C.

import { once } from 'node:events'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { VERSION_ID } from '../../core/names.ts'
import { type Edge, startEdgeOf } from '../../local/edge.ts'
import { keepSignals } from '../../local/ending.ts'
import { FIRST_TOKEN_FILE, readFirstToken } from '../../local/first-token.ts'
import { isPortFree } from '../../local/ports.ts'
import { describeDashboard, makeSignInLink } from '../../local/sign-in.ts'
import { documentAsRead } from '../../wire/history.ts'
import { devOutput } from '../../wire/output.ts'
import { type Api, createApi } from '../api.ts'
import { findBuildFolder } from '../build-folder.ts'
import { type CommandOutcome, type Context, command, type SharedOptions } from '../command.ts'
import { loadConfig } from '../config.ts'
import { CliFailure, misuse, refused } from '../failure.ts'
import { requireOptional } from '../optional-package.ts'
import { collect, parseSeconds, parseWhole, toVersionId } from '../options.ts'
import type { Target } from '../target.ts'
import { toStyle } from '../terminal.ts'
import { toCount, toShellWord } from '../words.ts'
import { PUBLISH } from './publish.ts'

const HOST = '127.0.0.1'
const DEFAULT_PORT = 8787
/** How many ports are tried if none is named. */
const TRIED_PORTS = 20
const DEFAULT_DATA = '.holo'
const DEFAULT_VERSION = '0.0.1'
const ENVIRONMENT = 'main'

const VARIABLES = {
  // A document edited by hand should take effect on the next reload, not half a minute later.
  KV_REFRESH_MS: '1000',
  // Backends of a project under development are at http://localhost.
  ALLOW_INSECURE_ORIGINS: 'true',
}

type DevOptions = SharedOptions & {
  readonly port?: number
  readonly data?: string
  readonly publishAs?: string
  readonly service?: readonly string[]
  readonly anyFolder?: boolean
  readonly for?: number
}

export const DEV = command({
  name: 'dev',
  about:
    'Runs Holo on this machine, with storage and dashboard, until Ctrl-C. If it is empty, the build folder is published first.',
  scope: 'none',
  arguments: [
    {
      name: '[folder]',
      about: 'if left out, the one in holo.json, or dist, build, out, .output/public …',
    },
  ],
  options: [
    {
      flags: '--port <n>',
      about: `${DEFAULT_PORT} if left out, or the next free one`,
      parse: parseWhole('a port is a number from 1 to 65535'),
    },
    {
      flags: '--data <folder>',
      about: `where everything is stored; if left out, ${DEFAULT_DATA} beside holo.json`,
    },
    {
      flags: '--publish-as <id>',
      about: `the id of the first version; if left out, that of package.json, or ${DEFAULT_VERSION}`,
    },
    {
      flags: '--service <prefix=origin>',
      about:
        'a backend of the first version: /api/=http://localhost:3000; may be given several times',
      parse: collect,
    },
    {
      flags: '--any-folder',
      about: 'publishes the folder although it does not look like a finished site',
    },
    {
      flags: '--for <seconds>',
      about: 'ends by itself after this time, as in a test',
      parse: parseSeconds(),
    },
  ],
  examples: [
    { command: 'holo dev', about: 'the build folder, which is detected' },
    {
      command: 'holo dev dist --service /api/=http://localhost:3000',
      about: 'with a backend that runs already',
    },
  ],
  shape: devOutput,
  run: async (context, [named]: [string | undefined], options: DevOptions) => {
    const { cwd, installation, signal } = context
    const version = options.publishAs === undefined ? undefined : toVersionId(options.publishAs)
    if (named !== undefined) await requireFolder(cwd, named)
    await requireOptional(installation.root, 'miniflare')
    const config = await loadConfig(cwd, undefined)
    const home = config?.folder ?? cwd
    const data = options.data === undefined ? join(home, DEFAULT_DATA) : resolve(cwd, options.data)
    const port = await choosePort(options.port)
    const token = await prepareData(data)
    const parts = await installation.loadParts()
    const start = { host: HOST, port, dataDir: data }
    const edge = await keepSignals(() =>
      startEdgeOf(parts, {
        ...start,
        // The host name of a deployment does not lead to this machine.
        variables: { ...VARIABLES, HOLO_ADMIN_TOKEN: token, DASHBOARD_HOST: '' },
      }),
    )
    try {
      const folder = named ?? config?.config.publish?.folder ?? (await findBuildFolder(cwd))?.path
      const local = toLocal(context, edge.url, token)
      const first =
        (await hasDocument(await local.api())) || folder === undefined
          ? undefined
          : await publishFirst(context, local, named, {
              ...options,
              version: version ?? (await readPackageVersion(home)),
            })
      context.show(await describe(context, edge, { data, token, folder, first }))
      await waitForTheEnd(signal, options.for)
    } finally {
      await edge.dispose()
    }
    return { json: {} as never, lines: [], isShown: true }
  },
})

async function requireFolder(cwd: string, named: string): Promise<void> {
  const status = await stat(resolve(cwd, named)).catch(() => undefined)
  if (status?.isDirectory()) return
  throw misuse(`there is no folder ${named}`, 'run the build first, or name another folder')
}

async function choosePort(asked: number | undefined): Promise<number> {
  if (asked !== undefined) {
    if (asked > 65_535) throw misuse(`--port takes a number from 1 to 65535, not "${asked}"`)
    if (await isPortFree(HOST, asked)) return asked
    throw refused('not_started', `port ${asked} is in use`, {
      hint: 'end what listens there, or name another port',
    })
  }
  for (let port = DEFAULT_PORT; port < DEFAULT_PORT + TRIED_PORTS; port++) {
    if (await isPortFree(HOST, port)) return port
  }
  const last = DEFAULT_PORT + TRIED_PORTS - 1
  throw refused('not_started', `the ports ${DEFAULT_PORT} to ${last} are all in use`, {
    hint: 'name another one with --port',
  })
}

/** Makes the folder, which git ignores, and the first token in it. */
async function prepareData(data: string): Promise<string> {
  try {
    const isNew = (await mkdir(data, { recursive: true })) !== undefined
    if (isNew) await writeFile(join(data, '.gitignore'), '*\n')
    return await readFirstToken(data)
  } catch (cause) {
    throw refused('not_started', `nothing can be stored in ${data}: ${(cause as Error).message}`, {
      hint: 'name another folder with --data',
    })
  }
}

/** The context of commands for the local edge, whose notes are not shown. */
export function toLocal(context: Context, url: URL, token: string): Context {
  const target: Target = { name: 'local', url, token, isProtected: false, services: {} }
  const note = context.shared.verbose ? context.say : () => {}
  const api = createApi(target, { signal: context.signal, note })
  return { ...context, target: async () => target, api: async () => api, say: () => {} }
}

async function hasDocument(api: Api): Promise<boolean> {
  try {
    await api.ask(documentAsRead, 'GET', '/assignments')
    return true
  } catch (cause) {
    if (cause instanceof CliFailure && cause.code === 'no_document') return false
    throw cause
  }
}

/** The version of the project, where it can be that of a release. */
async function readPackageVersion(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}')
  try {
    const { version } = Object(JSON.parse(text)) as { version?: unknown }
    const isId = typeof version === 'string' && VERSION_ID.test(version)
    return isId && version !== '0.0.0' ? version : DEFAULT_VERSION
  } catch {
    return DEFAULT_VERSION
  }
}

type First = { readonly version: string; readonly folder: string; readonly files: number }

async function publishFirst(
  context: Context,
  local: Context,
  named: string | undefined,
  { version, service, anyFolder }: Pick<DevOptions, 'service' | 'anyFolder'> & { version: string },
): Promise<First> {
  const options = { version, service, anyFolder, first: ENVIRONMENT, yes: true, json: true }
  const { json } = await PUBLISH.run(local, [named] as never, options as never)
  const { folder, files, warnings } = json as First & { readonly warnings: readonly string[] }
  const style = toStyle(context.streams.stderr, context.env)
  for (const warning of context.shared.json ? [] : warnings) {
    context.say(`${style.yellow('warning:')} ${warning}`)
  }
  return { version, folder, files }
}

type Running = {
  readonly data: string
  readonly token: string
  /** What would be published. */
  readonly folder: string | undefined
  /** What has just been published. */
  readonly first: First | undefined
}

async function describe(
  { cwd }: Context,
  { url }: Edge,
  { data, token, folder, first }: Running,
): Promise<CommandOutcome> {
  const signIn = await makeSignInLink(url, token)
  const kept = relative(cwd, join(data, FIRST_TOKEN_FILE))
  const tokenFile = kept.startsWith('..') ? join(data, FIRST_TOKEN_FILE) : kept
  const site = toShellWord(folder ?? 'FOLDER')
  const lines = [
    `Holo is running at ${url.origin} (Ctrl-C ends it)`,
    describeSite(first, folder),
    '',
    ...`Dashboard: ${describeDashboard(url, signIn)}`.split('\n'),
    '',
    'In another terminal, a second version for 10 % of the visitors',
    `  export HOLO_URL=${url.origin} HOLO_TOKEN=$(cat ${toShellWord(tokenFile)})`,
    `  npx holo publish ${site} --version NEXT`,
    '  npx holo env add canary NEXT --yes',
    '  npx holo shift canary=10 --yes',
  ]
  const json = { url: url.origin, data, tokenFile, ...(signIn && { signIn }), ...first }
  return { json, lines }
}

function describeSite(first: First | undefined, folder: string | undefined): string {
  if (first) {
    const { version, files } = first
    return `  everybody gets ${version}: ${first.folder}, published just now (${toCount(files, 'file')})`
  }
  return folder === undefined
    ? '  nothing was found to publish: build first, or name the folder'
    : '  with what was published before (npx holo status)'
}

/** Until Ctrl-C, which is how it is meant to end and no failure. */
async function waitForTheEnd(signal: AbortSignal, seconds: number | undefined): Promise<void> {
  if (signal.aborted) return
  if (seconds === undefined) await once(signal, 'abort')
  else await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined)
}
