// Which files of a folder are published, and under which paths. Only names and sizes are looked at;
// what is in the files, and what they are served as, is decided elsewhere.

import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { MAX_PATH_BYTES } from '../core/manifest-paths.ts'
import { FOREIGN_FILES } from './foreign-settings.ts'
import { PublishError, toList } from './refusal.ts'

export type FoundFile = {
  /** Decoded, absolute in the site: `/img/a b.png`. */
  readonly path: string
  /** Where it lies on disk. */
  readonly file: string
  /** In bytes. */
  readonly size: number
}

export type Walk = {
  /** In the order of their paths, the same on every machine. */
  readonly files: readonly FoundFile[]
  /** What was left out though somebody may have meant it to be served. */
  readonly warnings: readonly string[]
}

/** Left behind by tools; nobody means them to be served. */
const LEFTOVERS: ReadonlySet<string> = new Set(['.DS_Store', '.git', '.vite'])
/** At the top of a folder these are settings, of Holo and of other hosts. They may hold secrets. */
const SETTINGS: ReadonlySet<string> = new Set([
  '/_headers',
  '/_redirects',
  ...FOREIGN_FILES.map((name) => `/${name}`),
])
/** RFC 8615. */
const WELL_KNOWN = '/.well-known'
const NOT_UTF8 = '\ufffd'

/**
 * Finds everything below `folder`. A symbolic link is followed when it leads to something that is
 * published itself.
 *
 * @throws PublishError that lists every name that cannot be published.
 */
export async function walkFolder(folder: string): Promise<Walk> {
  const root = await realpath(folder).catch((cause: Error) => {
    throw new PublishError(`${folder} cannot be read: ${cause.message}`, { cause })
  })
  if (!(await stat(root)).isDirectory()) throw new PublishError(`${folder} is not a folder`)

  const files: FoundFile[] = []
  const warnings: string[] = []
  const problems: string[] = []

  const visit = async (path: string, file: string, entry: Dirent, above: readonly string[]) => {
    const skipped = toSkipped(path, entry.name)
    if (skipped !== undefined) {
      if (skipped) warnings.push(`${path} is not served: ${skipped}`)
      return
    }
    const wrong = toProblem(path)
    if (wrong) return problems.push(`${path} ${wrong}`)
    let target = file
    if (entry.isSymbolicLink()) {
      const found = await realpath(file).catch(() => undefined)
      if (!found) return problems.push(`${path} is a link that leads nowhere`)
      const bad = toLinkProblem(root, found, above)
      if (bad) return problems.push(`${path} is a link that ${bad}`)
      target = found
    }
    const status = await stat(target)
    if (status.isDirectory()) return list(path, target, [...above, target])
    if (!status.isFile()) return problems.push(`${path} is neither a file nor a folder`)
    files.push({ path, file: target, size: status.size })
  }
  const list = async (path: string, directory: string, above: readonly string[]): Promise<void> => {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      await visit(`${path}/${entry.name}`, join(directory, entry.name), entry, above)
    }
  }

  await list('', root, [root])
  if (problems.length > 0) {
    throw new PublishError(`${folder} cannot be published:\n${toList(problems.sort())}`)
  }
  return { files: files.sort(byPath), warnings: warnings.sort() }
}

/** Why a name is left out; empty where nobody needs to be told. */
function toSkipped(path: string, name: string): string | undefined {
  if (LEFTOVERS.has(name) || SETTINGS.has(path)) return ''
  if (name.startsWith('.') && path !== WELL_KNOWN) {
    return 'names that begin with a dot are private, but for /.well-known'
  }
  return undefined
}

function toProblem(path: string): string | undefined {
  if (path.includes('\\')) return 'has a backslash in its name, which no URL can say'
  if (path.includes('\0')) return 'has a NUL in its name'
  if (path.includes(NOT_UTF8)) return 'has a name that is not UTF-8'
  const bytes = Buffer.byteLength(path)
  return bytes > MAX_PATH_BYTES
    ? `is ${bytes} bytes long; ${MAX_PATH_BYTES} are allowed`
    : undefined
}

function toLinkProblem(root: string, target: string, above: readonly string[]): string | undefined {
  const inside = relative(root, target)
  if (inside === '..' || inside.startsWith(`..${sep}`)) return 'leads out of the folder'
  if (above.includes(target)) return 'leads back to a folder it lies in'
  let path = ''
  for (const name of inside.split(sep)) {
    path += `/${name}`
    if (toSkipped(path, name) !== undefined) return `leads to ${path}, which is not served`
  }
  return undefined
}

function byPath(a: FoundFile, b: FoundFile): number {
  return a.path < b.path ? -1 : 1
}
