// Reads Vite's own list of what it built, `.vite/manifest.json`, and finds the files in it whose
// names change with their content. A list that is missing or broken is no error: names are then
// judged by themselves.

import { FileRefusal, readRegularFile } from './regular-file.ts'

const LIST = '.vite/manifest.json'
/** A build of 100,000 files has some 30 MB. */
const MAX_LIST_BYTES = 64 * 1024 * 1024

/** Before the extension: a longer run, or the default of 8 characters, which may hold a `-` itself. */
const SUFFIXES = [/[-.]([A-Za-z0-9_]{8,})$/, /[-.]([A-Za-z0-9_-]{8})$/]
/** A word or a number: what the default naming gives once in a thousand files. */
const PLAIN = /^(?:[A-Z]?[a-z]+|[A-Z]+|[0-9]+)$/

export type BundledNames = {
  /** By manifest path, whether its name carries a hash. */
  readonly hashed: ReadonlyMap<string, boolean>
  readonly warnings: readonly string[]
}

/** The list of the build that lies in `folder`; empty without one. */
export async function loadViteManifest(folder: string): Promise<BundledNames> {
  let bytes: Buffer | undefined
  try {
    bytes = await readRegularFile(folder, LIST, MAX_LIST_BYTES)
  } catch (cause) {
    if (!(cause instanceof FileRefusal)) throw cause
    return none([`${LIST} ${cause.message}, so hashed names are guessed`])
  }
  if (!bytes) return none([])
  try {
    return { hashed: parseViteManifest(JSON.parse(bytes.toString('utf8'))), warnings: [] }
  } catch {
    // What JSON.parse says quotes the text.
    return none([`${LIST} is not what Vite writes, so hashed names are guessed`])
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

function none(warnings: readonly string[]): BundledNames {
  return { hashed: new Map(), warnings }
}
