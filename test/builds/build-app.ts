// Builds an app's release with the framework's own command, and keeps packages and builds in the
// user's cache, so that a second run builds nothing. The only network is npm's registry, and none
// for an app that needs no other packages than this repository has.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { App } from './apps.ts'
import { within } from './within.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SOURCES = fileURLToPath(new URL('./apps/', import.meta.url))
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'holo-builds')

/** Packages that are named by a range are taken as they were then, so that a build stays the same. */
export const PACKAGES_OF = '2026-11-25'

/** How long an app may take until it stands, packages included: most of it is the registry's. */
export const BUILD_TIMEOUT_MS = 900_000

/** How long npm or a build tool may take for one thing. */
const RUN_LIMIT_MS = 420_000

/** A release's texts, and how wide its pictures are: a browser tells pictures apart by that. */
export const WIDTHS = { '1.0.0': 100, '2.0.0': 200 } as const
export type Release = keyof typeof WIDTHS

/** No build tool counts its users here, or colours its output. */
const QUIET = {
  NEXT_TELEMETRY_DISABLED: '1',
  ASTRO_TELEMETRY_DISABLED: '1',
  NUXT_TELEMETRY_DISABLED: '1',
  NG_CLI_ANALYTICS: 'false',
  NO_COLOR: '1',
  CI: '1',
}

/** What the test runner leaves for its children beside what begins with its name. */
const MARKS_OF_VITEST = ['TEST', 'DEV', 'PROD', 'MODE', 'SSR', 'BASE_URL']

/** The content of the app's source files by path. */
type Sources = ReadonlyMap<string, string>

/**
 * The folder of the app's build.
 * @throws Error with the output of npm or the build tool when it fails.
 */
export async function buildApp(app: App, release: Release): Promise<string> {
  const sources = await readSources(app)
  const key = hash([release, process.version, PACKAGES_OF, app.buildArguments, ...sources].flat())
  const built = join(CACHE, `${app.sources.at(-1)}-${release}-${key}`)
  if (existsSync(built)) return built

  const work = await makeWorkFolder(sources)
  try {
    for (const [path, content] of sources) {
      await mkdir(dirname(join(work, path)), { recursive: true })
      await writeFile(join(work, path), fillIn(content, release))
    }
    const given = app.buildArguments ? ['--', ...app.buildArguments] : []
    await runTool('npm', ['run', 'build', ...given], work)
    await keep(join(work, app.output), built)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return built
}

async function readSources({ sources }: App): Promise<Sources> {
  const files = new Map<string, string>()
  for (const name of sources) {
    const folder = join(SOURCES, name)
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      files.set(path.slice(folder.length + 1), await readFile(path, 'utf8'))
    }
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function fillIn(content: string, release: Release): string {
  return content.replaceAll('__RELEASE__', release).replaceAll('__WIDTH__', `${WIDTHS[release]}`)
}

/** An empty folder with the app's packages in it. */
async function makeWorkFolder(sources: Sources): Promise<string> {
  const manifest = sources.get('package.json') ?? '{}'
  if (await isAllOurs(manifest)) {
    const work = await mkdtemp(join(tmpdir(), 'holo-build-'))
    await symlink(join(ROOT, 'node_modules'), join(work, 'node_modules'))
    return work
  }
  const installed = join(CACHE, `packages-${hash([manifest, process.version, PACKAGES_OF])}`)
  if (!existsSync(installed)) await install(manifest, installed)
  // Some tools refuse packages behind a link that leads out of the app's folder.
  const work = await mkdtemp(join(CACHE, 'work-'))
  await runTool('cp', ['-RPl', join(installed, 'node_modules'), work], CACHE)
  return work
}

/** Whether `npm ci` in this repository has brought all that the app needs, in the same versions. */
async function isAllOurs(manifest: string): Promise<boolean> {
  const ours = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')).devDependencies
  return [...packagesOf(manifest)].every(([name, version]) => ours[name] === version)
}

function packagesOf(manifest: string): [name: string, version: string][] {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(manifest)
  return Object.entries({ ...dependencies, ...devDependencies })
}

async function install(manifest: string, target: string): Promise<void> {
  await mkdir(CACHE, { recursive: true })
  const work = await mkdtemp(join(CACHE, 'install-'))
  try {
    await writeFile(join(work, 'package.json'), manifest)
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock']
    await runTool('npm', ['install', `--before=${PACKAGES_OF}`, ...quiet], work)
    await keep(work, target)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Puts a finished folder in its place in one step; another run may have been quicker. */
async function keep(folder: string, target: string): Promise<void> {
  await mkdir(CACHE, { recursive: true })
  const beside = await mkdtemp(join(CACHE, 'kept-'))
  await cp(folder, beside, { recursive: true, verbatimSymlinks: true })
  try {
    await rename(beside, target)
  } catch (cause) {
    await rm(beside, { recursive: true, force: true })
    if (!existsSync(target)) throw cause
  }
}

export async function runTool(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<void> {
  const path = `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`
  const child = spawn(command, args, {
    cwd,
    env: { ...toBuildEnvironment(process.env), PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const line = `${command} ${args.join(' ')}`
  const ending = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  try {
    const [out, said, [code]] = await within(RUN_LIMIT_MS, line, ending)
    if (code !== 0) throw new Error(`${line} ended with ${code}:\n${out}${said}`)
  } finally {
    child.kill()
  }
}

/** As on a terminal. Nuxt, for one, gives every build the id `test` where a test runner's marks are. */
export function toBuildEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isMark = (name: string) =>
    name.startsWith('VITEST') || MARKS_OF_VITEST.includes(name) || name.startsWith('NODE_')
  // Where a network has certificates of its own, npm needs them.
  const isKept = (name: string) => name === 'NODE_EXTRA_CA_CERTS' || !isMark(name)
  const kept = Object.entries(environment).filter(([name]) => isKept(name))
  return { ...Object.fromEntries(kept), ...QUIET }
}

function hash(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}
