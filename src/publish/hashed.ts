// Which names change whenever the content does, so that a browser may keep the file for a year
// (`immutable`). Wrongly said, it shows visitors stale files for that year; not said, it costs a
// revalidation. So it needs certainty, and is asked in this order: what the publisher says (globs), what
// the build says (manifests), folders and names by which a tool is known, the folders that the pages
// load hashed files from, and last the name by itself.

import { compileGlob } from '../core/glob.ts'
import type { Manifest } from '../core/site/manifest.ts'
import {
  type Alphabet,
  fits,
  isHash,
  type NamedFile,
  type Piece,
  toNamedFile,
} from './hash-pieces.ts'
import type { PageMarkup } from './pages.ts'

/** What a build says about its names, beside the names themselves. */
export type BuildEvidence = {
  /** By manifest path, whether a list that the build wrote says that its name carries a hash. */
  readonly listed: ReadonlyMap<string, boolean>
  readonly pages: readonly PageMarkup[]
}

/**
 * A test for manifest paths. A glob decides first (`**` and `*` as in core/glob.ts, over the whole
 * path with its `/`).
 *
 * @throws TypeError when a glob is too long.
 */
export function compileHashedTest(
  globs: readonly string[],
  { listed, pages }: BuildEvidence,
): (path: string) => boolean {
  const tests = globs.map(compileGlob)
  const folders = findBundleFolders(pages, listed)
  return (path) => {
    if (tests.some((test) => test(path))) return true
    if (PAGE.test(path)) return false
    const told = listed.get(path)
    if (told !== undefined) return told
    const file = toNamedFile(path)
    return (
      isOfTool(path, file) ||
      folders.some((folder) => isOfFolder(file, folder)) ||
      looksHashed(path, file)
    )
  }
}

/**
 * The first of `retained` that has the same path with other bytes: the name does not change with
 * the content after all.
 */
export function findContradiction<T extends { readonly manifest: Manifest }>(
  path: string,
  blob: string,
  retained: readonly T[],
): T | undefined {
  return retained.find(({ manifest }) => {
    const other = manifest.find(path)
    return other !== undefined && other.blob !== blob
  })
}

/** Files that carry a hash in their name are never pages: those are linked to by their address. */
const PAGE = /\.x?html?$/i

/**
 * How many bits of evidence (hash-pieces.ts) a piece needs. The figures that these give are held by
 * test/publish/hashed-names.test.ts, and a name that is taken wrongly costs more than one that is missed.
 */
const BITS = {
  /** Nothing is known but the name. */
  alone: { hex: 4.5, base32: 6, base36: Number.POSITIVE_INFINITY, base64url: 8 },
  /** A tool, a list or a page says that hashes are to be expected; a word still is none. */
  expected: { hex: 0, base32: 0, base36: 0, base64url: -3 },
  /** In a folder that a framework keeps for hashed files alone. */
  certain: { hex: -8, base32: -8, base36: -4, base64url: -6 },
} satisfies Record<string, Readonly<Record<Alphabet, number>>>

/** Their own servers send everything below them as immutable. They may lie below a base path. */
const HASHED_FOLDERS = /\/(?:_app\/immutable|_next\/static|_nuxt\/builds\/meta)\//
/** Kept for hashed files too, but a setting may take the hash out of the names. */
const HASH_FOLDERS = /\/(?:_nuxt|_astro|_expo\/static)\//
/** Asked for again and again to learn of a new version. */
const POLLED = /\/_nuxt\/builds\/latest\.json$/

/** Default names by which a tool is known, over folder and stem. The group is the hash. */
const TOOL_NAMES: readonly (readonly [RegExp, Alphabet])[] = [
  // Create React App
  [/\/static\/(?:js|css|media)\/[^/]+\.([0-9a-f]{8})$/, 'hex'],
  // Angular, and esbuild's shared chunks
  [/\/(?:main|polyfills|scripts|styles|chunk|worker)-([A-Z2-7]{8})$/, 'base32'],
  // webpack: a chunk by its number
  [/\/[0-9]{1,5}\.([0-9a-f]{8,20})$/, 'hex'],
  // Docusaurus
  [/\/assets\/js\/[0-9a-f]{8}\.([0-9a-f]{8})$/, 'hex'],
  // Stencil, Ionic
  [/\/p-([0-9a-f]{8})$/, 'hex'],
  // Qwik
  [/\/build\/q-([A-Za-z0-9_-]{8})$/, 'base64url'],
  // Blazor
  [/\/_framework\/[^/]+\.([a-z0-9]{10})$/, 'base36'],
]

function isOfTool(path: string, file: NamedFile): boolean {
  if (POLLED.test(path)) return false
  if (HASHED_FOLDERS.test(file.folder)) return true
  const inFolder =
    HASH_FOLDERS.test(file.folder) &&
    file.pieces.some(({ text }) =>
      ALPHABETS.some((alphabet) => isHash(text, alphabet, BITS.certain[alphabet], true)),
    )
  return (
    inFolder ||
    TOOL_NAMES.some(([pattern, alphabet]) => {
      const piece = pattern.exec(file.folder + file.stem)?.[1]
      return piece !== undefined && isHash(piece, alphabet, BITS.expected[alphabet], true)
    })
  )
}

/** From the fewest characters to the most. */
const ALPHABETS: readonly Alphabet[] = ['hex', 'base32', 'base64url']

/**
 * Whether a name that a build has listed carries a hash: being listed is not enough, as the names of a
 * build may be configured to have none.
 */
export function carriesListedHash(path: string): boolean {
  return toNamedFile(path).pieces.some(({ text, before }) =>
    ALPHABETS.some(
      (alphabet) =>
        (before !== '' || LONG_HEX.test(text)) &&
        isHash(text, alphabet, BITS.expected[alphabet], false),
    ),
  )
}

/** A folder that bundled files lie in, and how their names end. */
type BundleFolder = {
  readonly folder: string
  readonly before: Piece['before']
  readonly length: number
  readonly alphabet: Alphabet
}

/**
 * The folders from which pages load files with a hash in their names. What else lies in them, named
 * in the same way, was named by the same bundler: chunks that no page mentions.
 */
export function findBundleFolders(
  pages: readonly PageMarkup[],
  listed: ReadonlyMap<string, boolean>,
): readonly BundleFolder[] {
  const loaded = new Map<string, { folder: string; before: Piece['before']; texts: string[] }>()
  for (const page of pages) {
    const modules = new Set(page.modules)
    for (const path of page.loads) {
      const { folder, pieces } = toNamedFile(path)
      const isModule = modules.has(path)
      const found = pieces.find(
        ({ text, before }) =>
          before !== '' &&
          (listed.get(path) === true ||
            ALPHABETS.some((alphabet) =>
              isHash(text, alphabet, BITS[isModule ? 'expected' : 'alone'][alphabet], false),
            )),
      )
      if (!found) continue
      const key = [folder, found.before, found.text.length].join(' ')
      const group = loaded.get(key) ?? { folder, before: found.before, texts: [] }
      group.texts.push(found.text)
      loaded.set(key, group)
    }
  }
  return [...loaded.values()].flatMap(({ folder, before, texts }) => {
    const alphabet = ALPHABETS.find((one) => texts.every((text) => fits(text, one)))
    const length = texts[0]?.length ?? 0
    return alphabet ? [{ folder, before, length, alphabet }] : []
  })
}

function isOfFolder(file: NamedFile, bundle: BundleFolder): boolean {
  const { folder, before, length, alphabet } = bundle
  // At the top of a site lies much that no bundler has named: only the folder itself counts there.
  const isInside = folder === '/' ? file.folder === '/' : file.folder.startsWith(folder)
  return (
    isInside &&
    file.pieces.some(
      (piece) =>
        piece.before === before &&
        piece.text.length === length &&
        isHash(piece.text, alphabet, BITS.expected[alphabet], true),
    )
  )
}

/** A name that was given once to an upload says nothing about its content. */
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i
/** A random UUID without its dashes. One of 64 MD5 hashes looks like one, so code is not asked. */
const BARE_UUID = /(?<![0-9a-f])[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}(?![0-9a-f])/
const CODE = /\.(?:m?js|css|map|wasm)$/i
/** Data and documents are often called by an id, a commit or a date, which no bundler gave them. */
const DATA =
  /(?<!\.LICENSE)\.(?:json|geojson|jsonl|txt|csv|tsv|xml|md|pdf|zip|gz|docx?|xlsx?|pptx?)$/i
/** A name that is nothing but a hash: a short one may be a word or a number. */
const LONG_HEX = /^[0-9a-f]{16,64}$/

const ALL_KINDS = /^(?=.*[a-z])(?=.*[A-Z])/

/** Whether a name without further evidence carries a hash: rather one missed than a word taken for one. */
export function looksHashed(path: string, file: NamedFile = toNamedFile(path)): boolean {
  if (PAGE.test(path) || DATA.test(path) || UUID.test(file.stem)) return false
  if (BARE_UUID.test(file.stem) && !CODE.test(path)) return false
  return file.pieces.some(({ text, before }) => {
    if (before === '' && !LONG_HEX.test(text)) return false
    return ALPHABETS.some(
      (alphabet) =>
        isUsual(text, before, alphabet) && isHash(text, alphabet, BITS.alone[alphabet], false),
    )
  })
}

/** As bundlers write it by default: base32 behind `-`; base64 with 8 digits, of all kinds, and few signs. */
function isUsual(text: string, before: Piece['before'], alphabet: Alphabet): boolean {
  if (alphabet === 'hex') return true
  if (before === '') return false
  if (alphabet === 'base32') return before === '-'
  return text.length === 8 && ALL_KINDS.test(text) && (text.match(/[-_]/g) ?? []).length <= 1
}
