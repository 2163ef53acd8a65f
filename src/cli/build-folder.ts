// Finds the folder that a build has written, and detects a folder that is not one: the source of an
// app, a folder that the build copies from, or one above the site. Such a folder could be published
// without an error and would show nothing.

import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { readPage } from '../publish/pages.ts'
import { misuse } from './failure.ts'

/** More specific folders first: `.output` also holds server code, and only `.output/public` is published. */
export const BUILD_FOLDERS = [
  '.output/public',
  'dist/client',
  'dist/browser',
  'dist',
  'build/client',
  'build',
  'out',
  '_site',
  'storybook-static',
  'www',
  'public',
] as const

export type BuildFolder = {
  readonly path: string
  /** Other folders that might be meant. */
  readonly others: readonly string[]
}

/** The first of these folders that holds files; `undefined` if none does. */
export async function findBuildFolder(cwd: string): Promise<BuildFolder | undefined> {
  const found: string[] = []
  for (const path of BUILD_FOLDERS) {
    const isPart = found.some((known) => known.startsWith(`${path}/`))
    if (!isPart && (await holdsFiles(join(cwd, path)))) found.push(path)
  }
  const [path, ...others] = found
  return path === undefined ? undefined : { path, others }
}

/** Most bundlers copy files from `public`, so it does not count if there is another candidate. */
export async function chooseBuildFolder(cwd: string): Promise<string> {
  const found = await findBuildFolder(cwd)
  if (!found) {
    throw misuse(
      `there is nothing to publish: none of these folders exists: ${BUILD_FOLDERS.join(', ')}`,
      'build first, or name the folder: holo publish ./folder --version 1.4.0',
    )
  }
  const others = found.others.filter((path) => path !== 'public')
  if (others.length > 0) {
    throw misuse(
      `several folders could be meant: ${[found.path, ...others].join(', ')}`,
      'name one: holo publish ./folder --version 1.4.0',
    )
  }
  return found.path
}

async function holdsFiles(folder: string): Promise<boolean> {
  const status = await stat(folder).catch(() => undefined)
  return status?.isDirectory() === true && (await readdir(folder)).length > 0
}

type Mistake = { readonly message: string; readonly hint: string }

const OVERRIDE = 'If this is the right folder, add --any-folder'
/** Source files that development servers translate and browsers cannot run. */
const UNBUILT = /\.(?:tsx?|jsx|vue|svelte|astro|mts)$|^\/src\//i
/** Placeholders that a build replaces. */
const TEMPLATE = /%PUBLIC_URL%|<%[=-]|%sveltekit\.|\{\{\s*content_for/
const SITE = 'index.html'
/** Next to `server`, where a build has code for a server as well. */
const CLIENT_FOLDERS = ['client', 'browser', 'public']
/** Folders to look for below the named one, likely ones first: Angular writes `dist/NAME/browser`. */
const INSIDE = ['browser', 'client', ...BUILD_FOLDERS]

type Asked = {
  /** Absolute. */
  readonly path: string
  /** As it was named or found. */
  readonly named: string
  /** Prefixes of the version's services. */
  readonly prefixes: readonly string[]
}

/** What is wrong with the folder, and which one is probably meant; `undefined` if the folder is fine. */
export async function findMistake({ path, named, prefixes }: Asked): Promise<Mistake | undefined> {
  const names = await readdir(path)
  const page = names.includes(SITE) ? await readOptional(join(path, SITE)) : undefined
  const source = await findSource(path, names, page)
  if (source !== undefined) {
    return {
      message: `${named} is not a finished site: ${source}`,
      hint: toHint(named, await findLikely(path, named), await hasBuild(path)),
    }
  }
  const client = page === undefined ? findClient(names) : undefined
  if (client !== undefined && prefixes.includes('/')) {
    return {
      message: `${named} holds server code beside ${client}, the folder for browsers`,
      hint: toHint(named, join(named, client), false),
    }
  }
  const isAnswered =
    page !== undefined ||
    prefixes.includes('/') ||
    (names.length === 0 && prefixes.length > 0) ||
    (await redirectsHome(path))
  if (isAnswered) return undefined
  const parent = dirname(path)
  const isCopied = basename(path) === 'public' && (await hasBuild(parent))
  const why = isCopied ? ': it is the folder that the build copies from' : ''
  return {
    message: `${named} has no ${SITE} at its top, so the site would have no home page${why}`,
    hint: toHint(named, await findLikely(path, named), isCopied),
  }
}

/** The folder for browsers, if a build has written one beside the code of its server. */
function findClient(names: readonly string[]): string | undefined {
  return names.includes('server') ? CLIENT_FOLDERS.find((name) => names.includes(name)) : undefined
}

function toHint(named: string, likely: string | undefined, canBeBuilt: boolean): string {
  const first =
    likely !== undefined
      ? `did you mean ${likely}?`
      : canBeBuilt
        ? `run the build first, and publish its output instead of ${named}`
        : 'name the folder that the build writes'
  return `${first} ${OVERRIDE}`
}

async function findSource(
  path: string,
  names: readonly string[],
  page: string | undefined,
): Promise<string | undefined> {
  if (page !== undefined) {
    const unbuilt = readPage(`/${SITE}`, page).loads.find((file) => UNBUILT.test(file))
    if (unbuilt !== undefined) return `its ${SITE} loads ${unbuilt}, which is a source file`
    if (TEMPLATE.test(page)) return `its ${SITE} has placeholders that a build replaces`
  }
  if (names.includes('node_modules')) return 'it holds node_modules'
  return (await hasBuild(path)) ? 'its package.json has a build script' : undefined
}

async function hasBuild(folder: string): Promise<boolean> {
  const text = await readOptional(join(folder, 'package.json'))
  if (text === undefined) return false
  try {
    const { scripts } = Object(JSON.parse(text))
    return typeof Object(scripts).build === 'string'
  } catch {
    return false
  }
}

/** The first folder with a home page below the named one, or beside it if the named one is `public`. */
async function findLikely(path: string, named: string): Promise<string | undefined> {
  const inside = await listFolders(path)
  const candidates = [
    ...INSIDE,
    ...inside.flatMap((name) => [`${name}/browser`, `${name}/client`]),
    ...(await listFolders(join(path, 'dist'))).map((name) => `dist/${name}/browser`),
    ...inside.filter((name) => name !== 'public' && name !== 'src'),
  ]
  for (const candidate of candidates) {
    if (await isFile(join(path, candidate, SITE))) return join(named, candidate)
  }
  for (const candidate of basename(path) === 'public' ? BUILD_FOLDERS : []) {
    const beside = join(dirname(path), candidate)
    if (beside !== path && (await isFile(join(beside, SITE)))) return join(named, '..', candidate)
  }
  return undefined
}

async function listFolders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory() && !/^(?:\.|node_modules$)/.test(entry.name))
    .map(({ name }) => name)
    .sort()
}

/** Whether `_redirects` answers `/`: a site in several languages may have only a redirect there. */
async function redirectsHome(path: string): Promise<boolean> {
  const rules = await readOptional(join(path, '_redirects'))
  return rules !== undefined && /^\s*\/\*?\s+\S/m.test(rules)
}

async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() === true
}

async function readOptional(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined)
}
