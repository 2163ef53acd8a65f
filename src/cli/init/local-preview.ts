// Shows a project's own build on this machine in two versions. `holo dev` runs the edge and publishes the first; the
// same folder is published again as the second, which half of the visitors get. A link shows both in one browser.

import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FIRST_TOKEN_FILE } from '../../local/first-token.ts'
import { environmentsAsRead } from '../../wire/environments.ts'
import { newPreviewAsRead } from '../../wire/previews.ts'
import { versionsAsRead } from '../../wire/versions.ts'
import type { CommandRow, Context } from '../command.ts'
import { DEV, toLocal } from '../commands/dev.ts'
import { ENV_COMMANDS } from '../commands/env.ts'
import { POINT_COMMANDS, SHIFT } from '../commands/point.ts'
import { PUBLISH } from '../commands/publish.ts'
import { toShellWord } from '../words.ts'
import { type RunningServer, startServer } from './run-project.ts'
import type { FoundProject } from './workspace.ts'

export type LocalPreview = {
  readonly url: string
  /** The first, and the one to compare it with. */
  readonly versions: readonly [string, string]
  /** Shows both versions in one browser. */
  readonly link: string
  readonly tokenFile: string
  /** Opens the dashboard, once. */
  readonly signIn?: string
}

export type PreviewOptions = {
  /** What is published, from the project's folder. */
  readonly folder: string
  /** As `--service` has them. */
  readonly services: readonly string[]
  readonly port: number | undefined
  /** Ends by itself after so many seconds. */
  readonly forSeconds: number | undefined
  /** Called once, when both versions are served. */
  readonly onReady: (preview: LocalPreview) => void
}

const CANARY = 'canary'
const CANARY_PERCENT = 50
const LONGEST_LINK_S = 7 * 86_400

/** Runs until Ctrl-C. @throws CliFailure when a version cannot be published, or the project's server not started. */
export async function runLocalPreview(
  context: Context,
  project: FoundProject,
  options: PreviewOptions,
): Promise<void> {
  const ending = new AbortController()
  const signal = AbortSignal.any([context.signal, ending.signal])
  const server = await startOwnServer(context, project, options.services)
  const services = server ? [`/=${server.origin}`] : options.services
  const shared = { anyFolder: true, json: true, service: services }
  const work: Promise<void>[] = []
  let failure: unknown
  const showSecond = async (json: Started) => {
    try {
      options.onReady(
        await publishSecond({ ...context, signal, cwd: project.folder }, json, options, shared),
      )
      if (options.forSeconds === undefined) return
      await sleep(options.forSeconds * 1000, undefined, { signal })
    } catch (cause) {
      if (!signal.aborted) failure = cause
    }
    ending.abort()
  }
  const show: Context['show'] = ({ json }) => work.push(showSecond(json as Started))
  try {
    const dev = {
      ...context,
      cwd: project.folder,
      signal,
      show,
      shared: { ...context.shared, json: true },
    }
    await run(DEV, dev, [options.folder], { ...shared, port: options.port })
    await Promise.all(work)
  } finally {
    server?.stop()
  }
  if (failure !== undefined) throw failure
}

/** A server that makes pages, unless the command line names one that runs. */
async function startOwnServer(
  context: Context,
  project: FoundProject,
  services: readonly string[],
): Promise<RunningServer | undefined> {
  const start = project.detected.server?.start
  if (start === undefined || services.some((text) => text.startsWith('/='))) return undefined
  context.say(`Starting ${start} …`)
  return startServer(context, project, start)
}

/** What `holo dev` says once it runs. */
type Started = {
  readonly url: string
  readonly data: string
  readonly signIn?: string
  /** Left out if something was published before. */
  readonly version?: string
}

async function publishSecond(
  context: Context,
  { url, data, signIn, version }: Started,
  { folder }: PreviewOptions,
  shared: object,
): Promise<LocalPreview> {
  const tokenFile = join(data, FIRST_TOKEN_FILE)
  const token = (await readFile(tokenFile, 'utf8')).trim()
  // Nothing of what is done here is shown but the outcome.
  const quiet = { ...context, shared: { ...context.shared, json: true } }
  const local = toLocal(quiet, new URL(url), token)
  const api = await local.api()
  const { versions } = await api.ask(versionsAsRead, 'GET', '/versions')
  const { environments } = await api.ask(environmentsAsRead, 'GET', '/environments')
  const first = version ?? environments[0]?.version ?? versions[0]?.id ?? ''
  const second = toNextId(
    first,
    versions.map(({ id }) => id),
  )
  const yes = { yes: true, json: true }
  await run(PUBLISH, local, [folder], { ...shared, version: second })
  const isKnown = environments.some(({ name }) => name === CANARY)
  const place = isKnown
    ? POINT_COMMANDS.find(({ name }) => name === 'point')
    : ENV_COMMANDS.find(({ name }) => name === 'env add')
  if (place) await run(place, local, [CANARY, second], yes)
  await run(SHIFT, local, [[`${CANARY}=${CANARY_PERCENT}`]], yes)
  const json = { versions: [first, second], forSeconds: LONGEST_LINK_S }
  const { link } = await api.ask(newPreviewAsRead, 'POST', '/previews', { json })
  const shown = signIn === undefined ? {} : { signIn }
  return { url, versions: [first, second], link, tokenFile, ...shown }
}

function run(row: CommandRow, context: Context, args: readonly unknown[], options: object) {
  return row.run(context, args as never, options as never)
}

/** The next patch of `1.4.0`, or another id that is not taken. */
function toNextId(first: string, taken: readonly string[]): string {
  const [, before, patch] = /^(\d+\.\d+\.)(\d{1,9})$/.exec(first) ?? []
  for (let n = 1; ; n++) {
    const id =
      before === undefined ? `${first.slice(0, 50)}-${n + 1}` : `${before}${Number(patch) + n}`
    if (!taken.includes(id)) return id
  }
}

/** For people. */
export function toPreviewLines(
  cwd: string,
  { url, versions, link, tokenFile, signIn }: LocalPreview,
) {
  const [first, second] = versions
  const near = relative(cwd, tokenFile)
  const file = near.startsWith('..') ? tokenFile : near
  return [
    '',
    `Your build runs in two versions at ${url} (Ctrl-C ends it)`,
    `  half of the visitors get ${first}, half ${second}; every private window is a new visitor`,
    `Both in one browser, with a bar that switches: ${link}`,
    ...(signIn === undefined ? [] : [`The dashboard (the link signs in, once): ${signIn}`]),
    '',
    'In another terminal',
    `  export HOLO_URL=${url} HOLO_TOKEN=$(cat ${toShellWord(file)})`,
    `  npx --no-install holo shift ${CANARY}=100 --yes    # within five seconds everybody gets ${second}`,
    '  npx --no-install holo rollback --yes         # and back',
  ]
}
