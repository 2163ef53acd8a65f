// Reads the lists that builds write of their own files, by the names these lists are known under, and
// finds the files in them whose names carry a hash. A list that is missing or is something else is no
// error: names are then judged by themselves. Vite's own list, which says more, is for vite-manifest.ts.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { carriesListedHash } from './hashed.ts'
import type { FoundFile } from './walk.ts'

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
export async function loadListedNames(
  folder: string,
  files: readonly FoundFile[],
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
