// Reads the lists of files that build tools write (manifests), and finds out which of the listed names contain
// a hash. If a list is missing or damaged, that is not an error: hashed.ts then judges the names themselves.
// Vite's own manifest says more than the other lists and has precedence.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { carriesListedHash } from './hashed.ts'
import { FileRefusal, readRegularFile } from './regular-file.ts'
import type { FolderFile } from './walk.ts'

export type BuildLists = {
  /** For each listed manifest path, whether its name contains a hash. */
  readonly hashed: ReadonlyMap<string, boolean>
  readonly warnings: readonly string[]
}

/** What the lists in `folder` say about the files in it. */
export async function loadBuildLists(
  folder: string,
  files: readonly FolderFile[],
): Promise<BuildLists> {
  const { hashed, warnings } = await loadViteManifest(folder)
  const all = new Map(hashed)
  for (const name of await loadListedNames(folder, files)) if (!all.has(name)) all.set(name, true)
  return { hashed: all, warnings }
}

const VITE_LIST = '.vite/manifest.json'
/** The manifest of a build of 100,000 files has about 30 MB. */
const MAX_VITE_LIST_BYTES = 64 * 1024 * 1024

/**
 * The part before the extension that may be a hash: 8 or more characters, or exactly 8 that may include
 * `-`.
 */
const SUFFIXES = [/[-.]([A-Za-z0-9_]{8,})$/, /[-.]([A-Za-z0-9_-]{8})$/]
/** A word or a number. One of a thousand hashes looks like this. */
const PLAIN = /^(?:[A-Z]?[a-z]+|[A-Z]+|[0-9]+)$/

/** Vite's manifest of the build in `folder`; empty if there is none. */
async function loadViteManifest(folder: string): Promise<BuildLists> {
  let bytes: Buffer | undefined
  try {
    bytes = await readRegularFile(folder, VITE_LIST, MAX_VITE_LIST_BYTES)
  } catch (cause) {
    if (!(cause instanceof FileRefusal)) throw cause
    return none([
      `${VITE_LIST} ${cause.message}, so hashed names are detected from the names alone`,
    ])
  }
  if (!bytes) return none([])
  try {
    return { hashed: parseViteManifest(JSON.parse(bytes.toString('utf8'))), warnings: [] }
  } catch {
    // The message of JSON.parse is left out, because it quotes the file.
    return none([`${VITE_LIST} is not valid, so hashed names are detected from the names alone`])
  }
}

/**
 * For each file that Vite's manifest lists, whether its name contains a hash. Vite can be configured to use
 * names without hashes, so being listed is not enough.
 *
 * @throws TypeError when `list` is not what Vite writes.
 */
export function parseViteManifest(list: unknown): ReadonlyMap<string, boolean> {
  if (!isObject(list)) throw new TypeError('not an object')
  const hashed = new Map<string, boolean>()
  const sources = new Set<string>()
  for (const chunk of Object.values(list)) {
    if (!isObject(chunk) || typeof chunk.file !== 'string')
      throw new TypeError('chunk without file')
    for (const name of [chunk.name, chunk.src, ...toStrings(chunk.names)]) {
      if (typeof name === 'string') sources.add(toStem(name))
    }
  }
  for (const chunk of Object.values(list)) {
    const { file, css, assets } = chunk as Record<string, unknown>
    for (const name of [...toStrings([file]), ...toStrings(css), ...toStrings(assets)]) {
      hashed.set(`/${name}`, carriesHash(toStem(name), sources))
    }
  }
  return hashed
}

function carriesHash(stem: string, sources: ReadonlySet<string>): boolean {
  if (sources.has(stem)) return false
  return SUFFIXES.some((pattern) => {
    const suffix = pattern.exec(stem)?.[1]
    return suffix !== undefined && !suffix.split(/[-_]/).every((part) => PLAIN.test(part))
  })
}

/** The file name of a path, without its extension. */
function toStem(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.[A-Za-z0-9]+$/, '')
}

function toStrings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function none(warnings: readonly string[]): BuildLists {
  return { hashed: new Map(), warnings }
}

/**
 * Import maps (Vite's and Rolldown's `chunkImportMap`, single-spa), Create React App and the webpack
 * manifest plugin, Django's ManifestStaticFilesStorage, Phoenix, Blazor.
 */
const LIST =
  /(?:^|\/)(?:import-?map|asset-manifest|manifest|staticfiles|cache_manifest|blazor\.boot)\.json$/
/**
 * Propshaft and Sprockets write lists whose names begin with a dot, so they are not among the published
 * files.
 */
const HIDDEN_LIST = /^\.(?:manifest|sprockets-manifest-[0-9a-f]+)\.json$/
const FOLDERS_OF_HIDDEN_LISTS = ['', '/assets']
/** Enough for a list of 100,000 files. */
const MAX_LIST_BYTES = 16 * 2 ** 20
/** These lists are never nested deeper. */
const MAX_DEPTH = 5
const SITE = 'https://site.invalid'

/** The manifest paths that a list in `folder` names and whose names contain a hash. */
async function loadListedNames(
  folder: string,
  files: readonly FolderFile[],
): Promise<ReadonlySet<string>> {
  const lists = files
    .filter(({ path, size }) => LIST.test(path) && size <= MAX_LIST_BYTES)
    .map(({ path, file }) => ({ path, file }))
  for (const inside of FOLDERS_OF_HIDDEN_LISTS) {
    const names = await readdir(join(folder, inside)).catch(() => [])
    for (const name of names.filter((one) => HIDDEN_LIST.test(one))) {
      lists.push({ path: `${inside}/${name}`, file: join(folder, inside, name) })
    }
  }
  const known = new Set(files.map(({ path }) => path))
  const found = new Set<string>()
  for (const { path, file } of lists) {
    const text = await readFile(file, 'utf8').catch(() => '')
    for (const name of parseAssetList(text, path)) if (known.has(name)) found.add(name)
  }
  return found
}

/** The manifest paths with a hash in their names that the list at `path` names. */
export function parseAssetList(text: string, path: string): ReadonlySet<string> {
  const names = new Set<string>()
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    return names
  }
  // A web app manifest has the same name, but its icons are named by people.
  if (!Array.isArray(Object(list).icons)) collect(list, path, names, 0)
  return names
}

/**
 * Collects values and keys: Blazor and Phoenix have the file name as the key and the logical name as
 * the value.
 */
function collect(value: unknown, list: string, names: Set<string>, depth: number): void {
  if (depth > MAX_DEPTH) return
  if (typeof value === 'string') note(value, list, names)
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) note(key, list, names)
    collect(inner, list, names, depth + 1)
  }
}

function note(name: string, list: string, names: Set<string>): void {
  if (!name.includes('.')) return
  const url = URL.parse(name, new URL(list, SITE))
  if (url?.origin !== SITE || !carriesListedHash(url.pathname)) return
  names.add(decodePath(url.pathname))
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
