// Reads Vite's own list of what it built, `.vite/manifest.json`, and finds the files in it whose
// names change with their content. A list that is missing or broken is no error: names are then
// judged by themselves.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const LIST = '.vite/manifest.json'

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
  let text: string
  try {
    text = await readFile(join(folder, LIST), 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return none([])
    return none([`${LIST} cannot be read, so hashed names are guessed: ${String(cause)}`])
  }
  try {
    return { hashed: parseViteManifest(JSON.parse(text)), warnings: [] }
  } catch (cause) {
    return none([`${LIST} is not what Vite writes, so hashed names are guessed: ${String(cause)}`])
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
