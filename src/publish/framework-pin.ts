// Finds the pin that the framework of a build sends by itself: in the files of Next.js, Nuxt and SvelteKit, and
// in the skew file of Netlify, which Astro's adapter and others write. docs/tabs.md says what each sends.

import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { HeaderRule } from '../core/site/rules.ts'
import {
  type FrameworkPin,
  frameworkPin,
  frameworkPinHeader,
  frameworkPinId,
  frameworkPinQuery,
  MAX_FRAMEWORK_PIN_NAMES,
} from '../document/framework-pin.ts'
import { toSample } from './messages.ts'
import { MAX_SETTINGS_FILE_BYTES, readRegularFile } from './regular-file.ts'
import type { FolderFile } from './walk.ts'

/** The frameworks whose names are known. Those of Netlify are in its file. */
export const FRAMEWORKS = {
  next: { title: 'Next.js', headers: ['x-deployment-id'], queries: ['dpl'] },
  nuxt: { title: 'Nuxt', headers: [], queries: ['_b', ''] },
  sveltekit: { title: 'SvelteKit', headers: ['x-sveltekit-version'], queries: [] },
  netlify: { title: "Netlify's skew file", headers: [], queries: [] },
} as const

export type Framework = keyof typeof FRAMEWORKS

export type FoundFrameworkPin = { readonly by: Framework; readonly pin: FrameworkPin }

export type FrameworkPinSearch = {
  readonly found: FoundFrameworkPin | undefined
  /** Warnings for the publisher, one sentence each. */
  readonly warnings: readonly string[]
}

/** Files that are searched for the id under the names of Netlify's file, and how much of each. */
const SEARCHED = /\.(?:html?|m?js)$/i
const MAX_SKEW_FILES = 2000
const MAX_SKEW_FILE_BYTES = 4 * 1024 * 1024

const SKEW_FILE = '.netlify/v1/skew-protection.json'
/** The first tag of a page, with its attributes. */
const PAGE_HEAD_CHARACTERS = 4096
const NEXT_ID = /<html\b[^>]*\bdata-dpl-id="([^"]*)"/i
/** What an id may consist of, in the text of a script or a page. */
const ID_TEXT = '[A-Za-z0-9._~+/=-]+'

/**
 * The first that is found, in the order of the frameworks: a version has one id.
 *
 * @param nextIds what `readNextId` has found in the pages.
 */
export async function detectFrameworkPin(
  folder: string,
  files: readonly FolderFile[],
  nextIds: readonly string[],
): Promise<FrameworkPinSearch> {
  const finders = [
    () => toFinding('next', nextIds),
    () => findNuxt(folder, files),
    () => findSvelteKit(folder, files),
    () => findNetlify(folder, files),
  ]
  const warnings: string[] = []
  for (const find of finders) {
    const result = await find()
    if (typeof result === 'string') warnings.push(result)
    else if (result) return { found: result, warnings }
  }
  return { found: undefined, warnings }
}

/**
 * What Next's own server says with each reply and a folder cannot: the id, by which its router knows that what a
 * link leads to is of the same build. Without it the router of such a build opens every page anew.
 */
export function toReplyRules(
  pin: FrameworkPin | undefined,
  files: readonly FolderFile[],
): readonly HeaderRule[] {
  const isNext = files.some(({ path }) => path.includes('/_next/'))
  if (!pin?.headers?.includes('x-deployment-id') || !isNext) return []
  return [{ for: '/*', set: [['x-nextjs-deployment-id', pin.id]], unset: [] }]
}

/** What was found, a warning, or nothing. */
type Finding = FoundFrameworkPin | string | undefined

/** The `deploymentId` that Next.js writes into the first tag of each page. */
export function readNextId(html: string): string | undefined {
  const id = NEXT_ID.exec(html.slice(0, PAGE_HEAD_CHARACTERS))?.[1]
  // A copy, because a part of a string keeps the whole page in memory.
  return id === undefined ? undefined : Buffer.from(id).toString()
}

async function findNuxt(folder: string, files: readonly FolderFile[]): Promise<Finding> {
  const latest = files.find(({ path }) => path.endsWith('/builds/latest.json'))
  if (!latest) return undefined
  const { id: build } = await readJson(folder, latest.path)
  const meta = latest.path.replace('latest.json', `meta/${build}.json`)
  const isNuxt = typeof build === 'string' && files.some(({ path }) => path === meta)
  return isNuxt ? toFinding('nuxt', [build]) : undefined
}

async function findSvelteKit(folder: string, files: readonly FolderFile[]): Promise<Finding> {
  const found = files.find(({ path }) => {
    const base = path.slice(0, -'version.json'.length)
    return (
      path.endsWith('/version.json') &&
      files.some((file) => file.path.startsWith(`${base}immutable/`))
    )
  })
  if (!found) return undefined
  const { version } = await readJson(folder, found.path)
  return typeof version === 'string' ? toFinding('sveltekit', [version]) : undefined
}

/**
 * The file is in the project, or in the published folder. It has names and no id, so the id is looked for where
 * the build uses the names.
 */
async function findNetlify(folder: string, files: readonly FolderFile[]): Promise<Finding> {
  const names = await loadSkewNames(folder)
  if (!names) return undefined
  const ids = await searchIds(files, names)
  if (ids.length > 0) return toFinding('netlify', ids, names)
  const shown = toSample([...names.headers, ...names.queries])
  return `${SKEW_FILE} names ${shown}, and no page or script has an id under these names: if a server sends it, add --framework-pin netlify,id=ID`
}

export type FrameworkNames = {
  readonly headers: readonly string[]
  readonly queries: readonly string[]
}

/**
 * The names of Netlify's skew file, in the published folder or beside it. Its cookies are left out, because
 * all tabs share them, as they do Holo's own; so are its `patterns`: a pin counts for all that a tab asks.
 */
export async function loadSkewNames(folder: string): Promise<FrameworkNames | undefined> {
  for (const place of [folder, dirname(folder)]) {
    const { sources } = await readJson(place, SKEW_FILE)
    if (!Array.isArray(sources)) continue
    const named = (type: string) =>
      sources.flatMap((source) =>
        source?.type === type && typeof source.name === 'string' ? [source.name as string] : [],
      )
    const headers = named('header')
      .map((name) => name.toLowerCase())
      .filter((name) => frameworkPinHeader.safeParse(name).success)
    const queries = named('query').filter(
      (name) => name !== '' && frameworkPinQuery.safeParse(name).success,
    )
    if (headers.length + queries.length === 0) return undefined
    return {
      headers: headers.slice(0, MAX_FRAMEWORK_PIN_NAMES),
      queries: queries.slice(0, MAX_FRAMEWORK_PIN_NAMES),
    }
  }
  return undefined
}

/** The values that pages and scripts have under the names: `?dpl=ID`, `"X-Netlify-Deploy-ID": "ID"`. */
async function searchIds(files: readonly FolderFile[], names: FrameworkNames): Promise<string[]> {
  const toPattern = (name: string) => name.replaceAll(/[.~-]/g, '\\$&')
  const patterns = [
    ...names.queries.map((name) => new RegExp(`[?&;]${toPattern(name)}=(${ID_TEXT})`, 'g')),
    ...names.headers.map(
      (name) =>
        new RegExp(`["'\`]${toPattern(name)}["'\`]\\s*[:,]\\s*["'\`](${ID_TEXT})["'\`]`, 'gi'),
    ),
  ]
  const found = new Set<string>()
  const searched = files.filter(
    ({ path, size }) => SEARCHED.test(path) && size <= MAX_SKEW_FILE_BYTES,
  )
  for (const { file } of searched.slice(0, MAX_SKEW_FILES)) {
    const text = await readFile(file, 'utf8')
    for (const pattern of patterns) {
      for (const [, id = ''] of text.matchAll(pattern)) found.add(id)
    }
  }
  return [...found]
}

function toFinding(
  by: Framework,
  ids: readonly string[],
  { headers, queries }: FrameworkNames = FRAMEWORKS[by],
): Finding {
  const [id, ...others] = new Set(ids)
  if (id === undefined || id === '') return undefined
  const { title } = FRAMEWORKS[by]
  if (others.length > 0) {
    return `the pages have several ids of ${title} (${toSample([id, ...others])}), so none counts as a pin: publish the result of one build`
  }
  const pin = toFrameworkPin(id, { headers, queries })
  if (pin) return { by, pin }
  return `the id of ${title} does not count as a pin, because an id is up to 128 letters, digits and "._~+/=-"`
}

/** `undefined` if it is not a valid one. */
export function toFrameworkPin(
  id: string,
  { headers, queries }: FrameworkNames,
): FrameworkPin | undefined {
  if (!frameworkPinId.safeParse(id).success) return undefined
  const pin = {
    id,
    ...(headers.length > 0 && { headers: [...headers] }),
    ...(queries.length > 0 && { queries: [...queries] }),
  }
  return frameworkPin.safeParse(pin).success ? pin : undefined
}

/** The fields of a JSON object in a folder; none if there is no such file. */
async function readJson(folder: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const name = path.replace(/^\//, '')
    const bytes = await readRegularFile(folder, name, MAX_SETTINGS_FILE_BYTES)
    const value: unknown = JSON.parse(bytes?.toString('utf8') ?? 'null')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
