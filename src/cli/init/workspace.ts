// Finds the project that is meant: the folder where one stands, or in a monorepo one of its packages. Also the top
// of the repository, where lockfile and workflows are.

import { readdir, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { compileGlob } from '../../core/glob.ts'
import { misuse } from '../failure.ts'
import { type Detected, detectProject } from './detect.ts'
import { choosePackageManager, hasLockfile, type PackageManager } from './package-manager.ts'
import { parseObject } from './project.ts'
import { loadProjectFiles, type ProjectFiles } from './project-files.ts'

export type FoundProject = {
  /** Absolute. */
  readonly folder: string
  /** The top of the repository; the project's folder if there is none. */
  readonly root: string
  /** The folder from `root`, with slashes; empty if they are the same. */
  readonly inside: string
  /** Where its packages are installed, from `root`: beside the lockfile. */
  readonly installFolder: string
  readonly manager: PackageManager
  readonly detected: Detected
  readonly files: ProjectFiles
}

/** The choice among the packages of a monorepo that can be published; asked on a terminal. */
export type ChoosePackage = (packages: readonly FoundProject[]) => Promise<FoundProject>

/** More folders above a project are not looked at. */
const MAX_LEVELS = 12
/** Packages of a monorepo that are looked at. */
const MAX_PACKAGES = 200
/** How deep `**` of a workspace is followed. */
const MAX_DEPTH = 4

/** @param named the package's folder, as `--package` says. @throws CliFailure if the folder does not exist. */
export async function findProject(
  cwd: string,
  named: string | undefined,
  choose: ChoosePackage,
): Promise<FoundProject> {
  const folder = named === undefined ? cwd : join(cwd, named)
  if (!(await isFolder(folder))) throw misuse(`there is no folder ${named}`)
  const above = await loadAbove(folder)
  const own = toFound(folder, above)
  refuseUnreadable(own)
  const [files] = above
  const patterns = files ? toPatterns(files.files) : []
  if (named !== undefined || patterns.length === 0 || own.detected.framework !== 'unknown')
    return own
  const folders = await listPackages(folder, patterns)
  const packages = await Promise.all(
    folders.map(async (path) => {
      const own = { folder: join(folder, path), files: await loadProjectFiles(join(folder, path)) }
      return toFound(own.folder, [own, ...above])
    }),
  )
  const isOnlyServer = ({ detected }: FoundProject) => detected.framework === 'a server'
  // What Enter means is the app for visitors, and not the API beside it.
  const sites = packages
    .filter(({ detected }) => detected.framework !== 'unknown')
    .toSorted((a, b) => Number(isOnlyServer(a)) - Number(isOnlyServer(b)))
  const [only] = sites
  if (only === undefined) return own
  return sites.length === 1 ? only : choose(sites)
}

/** Without its package.json a project would be taken for another one. */
function refuseUnreadable({ files }: FoundProject): void {
  const text = files.texts['package.json']
  if (!text) return
  try {
    JSON.parse(text)
  } catch (cause) {
    throw misuse(
      `package.json is not JSON, and npm cannot read it either: ${(cause as Error).message}`,
      'mend it (JSON has no comments and no commas at the end), and run holo init again',
    )
  }
}

type Level = { readonly folder: string; readonly files: ProjectFiles }

/** The folder and those above it, nearest first, up to the top of the repository. */
async function loadAbove(folder: string): Promise<Level[]> {
  const levels: Level[] = []
  for (let at = folder; levels.length < MAX_LEVELS; at = dirname(at)) {
    const files = await loadProjectFiles(at)
    levels.push({ folder: at, files })
    if (files.names.includes('.git') || dirname(at) === at) break
  }
  return levels
}

function toFound(folder: string, above: readonly Level[]): FoundProject {
  const top = above.findLast(
    ({ files }) => files.names.includes('.git') || toPatterns(files).length > 0,
  )
  const root = top?.folder ?? folder
  // Folders above the repository are somebody else's.
  const levels = above.slice(0, above.findIndex(({ folder: one }) => one === root) + 1)
  const [own] = above
  const files = own?.files ?? { names: [], texts: {}, homes: [] }
  const stated = levels
    .map((level) => parseObject(level.files.texts['package.json']).packageManager)
    .find((one) => typeof one === 'string')
  const manager = choosePackageManager(
    levels.map((level) => level.files.names),
    stated,
  )
  const install =
    levels.find((level) => hasLockfile(level.files.names)) ??
    levels.findLast((level) => toPatterns(level.files).length > 0)
  const toInside = (path: string) => relative(root, path).split(sep).join('/')
  return {
    folder,
    root,
    inside: toInside(folder),
    installFolder: toInside(install?.folder ?? folder),
    manager,
    detected: detectProject(files, manager),
    files,
  }
}

/** The globs of a monorepo's packages; none if it is not one. */
export function toPatterns({ texts }: ProjectFiles): string[] {
  const { workspaces } = parseObject(texts['package.json'])
  const stated: unknown = Array.isArray(workspaces) ? workspaces : Object(workspaces).packages
  const globs = Array.isArray(stated) ? stated.filter((one) => typeof one === 'string') : []
  return [...globs, ...readPnpmPackages(texts['pnpm-workspace.yaml'] ?? '')]
    .map((glob) => glob.replace(/^\.\//, '').replace(/\/+$/, ''))
    .filter((glob) => glob !== '' && glob !== '.')
}

/** The list `packages` of pnpm-workspace.yaml, in either of the forms in which people write it. */
function readPnpmPackages(yaml: string): string[] {
  const [, inline, block = ''] =
    /^packages:[ \t]*(?:\[([^\]]*)\]|((?:\r?\n[ \t]*(?:-.*|#.*)?)*))/m.exec(yaml) ?? []
  const items =
    inline === undefined
      ? [...block.matchAll(/^[ \t]*-[ \t]*(.+?)[ \t]*(?:#.*)?$/gm)].map(([, item = '']) => item)
      : inline.split(',').map((item) => item.trim())
  return items.map((item) => item.replace(/^(["'])(.*)\1$/, '$2'))
}

async function listPackages(root: string, patterns: readonly string[]): Promise<string[]> {
  const [wanted, unwanted] = [
    patterns.filter((glob) => !glob.startsWith('!')).map(compileGlob),
    patterns.filter((glob) => glob.startsWith('!')).map((glob) => compileGlob(glob.slice(1))),
  ]
  const found: string[] = []
  const visit = async (path: string, depth: number): Promise<void> => {
    const entries = await readdir(join(root, path), { withFileTypes: true }).catch(() => [])
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (!entry.isDirectory() || /^(?:\.|node_modules$)/.test(entry.name)) continue
      const inside = path === '' ? entry.name : `${path}/${entry.name}`
      const isPackage = wanted.some((is) => is(inside)) && !unwanted.some((is) => is(inside))
      const manifest = isPackage && (await isFile(join(root, inside, 'package.json')))
      if (manifest && found.length < MAX_PACKAGES) found.push(inside)
      if (depth < MAX_DEPTH && found.length < MAX_PACKAGES) await visit(inside, depth + 1)
    }
  }
  await visit('', 1)
  return found
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true
}
