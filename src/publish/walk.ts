// Lists the files of a folder that are published, with their paths. It looks only at names and sizes; survey.ts
// reads the files.

import { type Dirent, existsSync } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { mapConcurrently } from '../core/concurrently.ts'
import { compileGlob } from '../core/glob.ts'
import { MAX_PATH_BYTES } from '../core/site/manifest-paths.ts'
import { FOREIGN_FILES } from './foreign-rules.ts'
import { PublishError, toList } from './messages.ts'
import { type FileVerdict, judgeName } from './private-files.ts'

export type FolderFile = {
  /** Decoded, absolute in the site: `/img/a b.png`. */
  readonly path: string
  /** The path on the disk. */
  readonly file: string
  /** In bytes. */
  readonly size: number
}

export type Walk = {
  /** Sorted by path, in the same order on every machine. */
  readonly files: readonly FolderFile[]
  /** Files and folders that must not be public by their names, unless the publisher allows them. */
  readonly refused: readonly RefusedFile[]
  /** Files that were left out and may have been meant, and published files that may not have been. */
  readonly warnings: readonly string[]
}

/** A file or a whole folder that must not be published, and why. */
export type RefusedFile = { readonly path: string; readonly what: string }

/** Globs over manifest paths, as in core/glob.ts. */
export type WalkOptions = {
  /** Files that are left out. */
  readonly exclude?: readonly string[]
  /** Files that are published although their names look private. */
  readonly allow?: readonly string[]
}

/** Most of the time is spent waiting for the disk. */
export const FILES_AT_ONCE = 16

/** Leftovers of tools, which are left out without a warning. */
const LEFTOVERS: ReadonlySet<string> = new Set(['.DS_Store', '.git', '.vite'])
/** Settings of Holo and of other hosts at the top of the folder. They may contain secrets. */
const SETTINGS: ReadonlySet<string> = new Set([
  '/_headers',
  '/_redirects',
  ...FOREIGN_FILES.map((name) => `/${name}`),
])
/** RFC 8615. */
const WELL_KNOWN = '/.well-known'
/** Settings of Apache are private in every folder, also in /.well-known. */
const SETTINGS_OF_SERVERS = /^\.ht/
const DOT_NAME = 'names that begin with a dot are private, except in /.well-known'
const NOT_UTF8 = '\ufffd'

/**
 * Lists everything below `folder`. A symbolic link is followed if its target is below the folder and is
 * published itself.
 *
 * @throws PublishError that lists every name that cannot be published.
 * @throws TypeError when a glob is too long.
 */
export async function walkFolder(folder: string, options: WalkOptions = {}): Promise<Walk> {
  const root = await realpath(folder).catch((cause: Error) => {
    throw new PublishError(`${folder} cannot be read: ${cause.message}`, { cause })
  })
  if (!(await stat(root)).isDirectory()) throw new PublishError(`${folder} is not a folder`)

  const judge = compileJudge(root, options)
  const files: FolderFile[] = []
  const refused: RefusedFile[] = []
  const warnings: string[] = []
  const problems: string[] = []

  const visit = async (path: string, file: string, entry: Dirent, above: readonly string[]) => {
    const isFolder = entry.isSymbolicLink() ? await leadsToFolder(file) : entry.isDirectory()
    const verdict = judge(path, entry.name, isFolder)
    if (verdict.kind === 'left-out') {
      if (verdict.what) warnings.push(`${path} is not served: ${verdict.what}`)
      return
    }
    if (verdict.kind === 'refused') return refused.push({ path, what: verdict.what })
    const wrong = toProblem(path)
    if (wrong) return problems.push(`${path} ${wrong}`)
    let target = file
    if (entry.isSymbolicLink()) {
      const found = await realpath(file).catch(() => undefined)
      if (!found) return problems.push(`${path} is a link that leads nowhere`)
      const bad = toLinkProblem(root, found, above, (path, name) =>
        judge(path, name, isFolder || join(root, path) !== found),
      )
      if (bad) return problems.push(`${path} is a link that ${bad}`)
      target = found
    }
    const status = await stat(target)
    if (status.isDirectory()) return list(path, target, [...above, target])
    if (!status.isFile()) return problems.push(`${path} is neither a file nor a folder`)
    files.push({ path, file: target, size: status.size })
    if (verdict.kind === 'noticed') warnings.push(`${path} is published: ${verdict.what}`)
  }
  const list = async (path: string, directory: string, above: readonly string[]): Promise<void> => {
    const entries = await readdir(directory, { withFileTypes: true })
    await mapConcurrently(entries, FILES_AT_ONCE, async (entry) => {
      await visit(`${path}/${entry.name}`, join(directory, entry.name), entry, above)
    })
  }

  await list('', root, [root])
  if (problems.length > 0) {
    throw new PublishError(`${folder} cannot be published:\n${toList(problems.sort())}`)
  }
  return {
    files: files.sort(byPath),
    refused: refused.sort(byPath),
    warnings: warnings.sort(),
  }
}

type Judge = (
  path: string,
  name: string,
  isFolder: boolean,
) => FileVerdict | { readonly kind: 'published' }

function compileJudge(root: string, { exclude = [], allow = [] }: WalkOptions): Judge {
  const isExcluded = compileGlobs(exclude)
  const isAllowed = compileGlobs(allow)
  return (path, name, isFolder) => {
    if (LEFTOVERS.has(name) || SETTINGS.has(path) || isExcluded(path)) {
      return { kind: 'left-out', what: '' }
    }
    if (isAllowed(path)) return { kind: 'published' }
    const verdict = judgeName(path, isFolder, (other) => existsSync(join(root, other)))
    if (verdict) return verdict
    const isPrivate = name.startsWith('.') && (!isWellKnown(path) || SETTINGS_OF_SERVERS.test(name))
    return isPrivate ? { kind: 'left-out', what: DOT_NAME } : { kind: 'published' }
  }
}

/** A test whether one of `globs` matches a file or a folder; `/private/**` also matches the folder itself. */
export function compileGlobs(globs: readonly string[]): (path: string) => boolean {
  const tests = globs.map(compileGlob)
  return (path) => tests.some((test) => test(path) || test(`${path}/`))
}

/** Whether the path is in /.well-known, whose files are published even if their names begin with a dot. */
function isWellKnown(path: string): boolean {
  return path === WELL_KNOWN || path.startsWith(`${WELL_KNOWN}/`)
}

function toProblem(path: string): string | undefined {
  if (path.includes('\\')) return 'has a backslash in its name, which a URL cannot contain'
  if (path.includes('\0')) return 'has a NUL in its name'
  if (path.includes(NOT_UTF8)) return 'has a name that is not UTF-8'
  const bytes = Buffer.byteLength(path)
  return bytes > MAX_PATH_BYTES
    ? `is ${bytes} bytes long; ${MAX_PATH_BYTES} are allowed`
    : undefined
}

function toLinkProblem(
  root: string,
  target: string,
  above: readonly string[],
  judge: (path: string, name: string) => ReturnType<Judge>,
): string | undefined {
  const inside = relative(root, target)
  if (inside === '..' || inside.startsWith(`..${sep}`)) return 'leads out of the folder'
  if (above.includes(target)) return 'leads to a folder that contains the link'
  let path = ''
  for (const name of inside.split(sep)) {
    path += `/${name}`
    const { kind } = judge(path, name)
    if (kind === 'left-out' || kind === 'refused') return `leads to ${path}, which is not served`
  }
  return undefined
}

async function leadsToFolder(link: string): Promise<boolean> {
  return stat(link).then(
    (status) => status.isDirectory(),
    () => false,
  )
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : 1
}
