// Reads the lists that builds write of their own files, by the names that these lists are known under, and
// finds out which of the listed names carry a hash. A list that is missing or broken is no error: names are
// then judged by themselves. Vite's own list says more than the others, and decides before them.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { carriesListedHash } from './hashed.ts'
import { FileRefusal, readRegularFile } from './regular-file.ts'
import type { FolderFile } from './walk.ts'

export type BuildLists = {
  /** By manifest path, whether its name carries a hash. */
  readonly hashed: ReadonlyMap<string, boolean>
  readonly warnings: readonly string[]
}

/** What the lists in `folder` say of the files in it. */
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
/** A build of 100,000 files has some 30 MB. */
const MAX_VITE_LIST_BYTES = 64 * 1024 * 1024

/** Before the extension: a longer run, or the default of 8 characters, which may hold a `-` itself. */
const SUFFIXES = [/[-.]([A-Za-z0-9_]{8,})$/, /[-.]([A-Za-z0-9_-]{8})$/]
/** A word or a number: what the default naming gives once in a thousand files. */
const PLAIN = /^(?:[A-Z]?[a-z]+|[A-Z]+|[0-9]+)$/

/** The list of the build that lies in `folder`; empty without one. */
async function loadViteManifest(folder: string): Promise<BuildLists> {
  let bytes: Buffer | undefined
  try {
    bytes = await readRegularFile(folder, VITE_LIST, MAX_VITE_LIST_BYTES)
  } catch (cause) {
    if (!(cause instanceof FileRefusal)) throw cause
    return none([`${VITE_LIST} ${cause.message}, so hashed names are guessed`])
  }
  if (!bytes) return none([])
  try {
    return { hashed: parseViteManifest(JSON.parse(bytes.toString('utf8'))), warnings: [] }
  } catch {
    // What JSON.parse says quotes the text.
    return none([`${VITE_LIST} is not what Vite writes, so hashed names are guessed`])
  }
}

/**
 * Whether each listed file has a hash in its name. Vite lists a file also where its naming was
 * configured to have none, so that being listed is not enough.
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

/** The last name of a path without its extension. */
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
/** Propshaft and Sprockets hide theirs, so that they are not among the files that are published. */
const HIDDEN_LIST = /^\.(?:manifest|sprockets-manifest-[0-9a-f]+)\.json$/
const FOLDERS_OF_HIDDEN_LISTS = ['', '/assets']
/** A list of 100,000 files. */
const MAX_LIST_BYTES = 16 * 2 ** 20
/** Deeper than any of them is. */
const MAX_DEPTH = 5
const SITE = 'https://site.invalid'

/** Manifest paths that a list in `folder` names and whose names carry a hash. */
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

/** The manifest paths of the files with a hash in their names that the list at `path` names. */
export function parseAssetList(text: string, path: string): ReadonlySet<string> {
  const names = new Set<string>()
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    return names
  }
  // A web app manifest has the same name; its icons were named by people.
  if (!Array.isArray(Object(list).icons)) collect(list, path, names, 0)
  return names
}

/** A file is named by a value, or by a key: Blazor and Phoenix have the logical name as the value. */
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
