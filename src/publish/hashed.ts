// Decides which file names change whenever the content does (hashed names), so that browsers may keep the file
// for a year (`immutable`). A name that is wrongly taken for hashed shows visitors stale files for that year; a
// hashed name that is missed only costs a revalidation. So certainty is needed. The sources, in this order:
// the publisher (globs), the build (manifests), folders and names that are typical of a tool, folders from
// which the pages load hashed files, and finally the name itself.

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

/** What is known from the build, besides the names themselves. */
export type BuildEvidence = {
  /** For each manifest path that a list of the build names, whether its name contains a hash. */
  readonly listed: ReadonlyMap<string, boolean>
  readonly pages: readonly PageMarkup[]
}

/**
 * Makes the test for manifest paths. Globs decide first; they match the whole path with its `/`, as in
 * core/glob.ts.
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
 * The first of `retained` that has other bytes under the same path, which shows that the name is not
 * hashed.
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

/** Pages never have a hash in their names, because they are linked by their address. */
const PAGE = /\.x?html?$/i

/**
 * How many bits of evidence (hash-pieces.ts) a piece needs. test/publish/hashed-names.test.ts checks the error
 * rates with these thresholds. A name that is wrongly taken for hashed costs more than one that is missed.
 */
const BITS = {
  /** Only the name is known. */
  alone: { hex: 4.5, base32: 6, base36: Number.POSITIVE_INFINITY, base64url: 8 },
  /** A tool, a list or a page makes a hash likely, but the piece must not look like a word. */
  expected: { hex: 0, base32: 0, base36: 0, base64url: -3 },
  /** The file is in a folder in which a framework only puts hashed files. */
  certain: { hex: -8, base32: -8, base36: -4, base64url: -6 },
} satisfies Record<string, Readonly<Record<Alphabet, number>>>

/** Folders whose files the frameworks' own servers send as immutable. They may be below a base path. */
const HASHED_FOLDERS = /\/(?:_app\/immutable|_next\/static|_nuxt\/builds\/meta)\//
/** Folders for hashed files, where a setting may remove the hashes from the names. */
const HASH_FOLDERS = /\/(?:_nuxt|_astro|_expo\/static)\//
/** Open pages poll this file to detect a new version. */
const POLLED = /\/_nuxt\/builds\/latest\.json$/

/** Default names of tools, matched against folder and stem. The group is the hash. */
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

/** From the smallest alphabet to the largest. */
const ALPHABETS: readonly Alphabet[] = ['hex', 'base32', 'base64url']

/**
 * Whether the name of a file that the build lists contains a hash. Being listed is not enough, because a
 * build can be configured to use names without hashes.
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

/** A folder with bundled files, and the form of their names. */
type BundleFolder = {
  readonly folder: string
  readonly before: Piece['before']
  readonly length: number
  readonly alphabet: Alphabet
}

/**
 * The folders from which pages load files with hashed names. Other files in them with names of the same form
 * come from the same bundler: chunks that no page mentions.
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
  // Below the top of the site are many files that no bundler has named, so there only the top itself counts.
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

/** A UUID names an upload and does not depend on its content. */
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i
/** A random UUID without its dashes. One of 64 MD5 hashes looks like this, so it is not used for code. */
const BARE_UUID = /(?<![0-9a-f])[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}(?![0-9a-f])/
const CODE = /\.(?:m?js|css|map|wasm)$/i
/** Data and documents are often named with an id, a commit or a date, and rarely by a bundler. */
const DATA =
  /(?<!\.LICENSE)\.(?:json|geojson|jsonl|txt|csv|tsv|xml|md|pdf|zip|gz|docx?|xlsx?|pptx?)$/i
/** A name that is only a hash. It must be long, because a short one may be a word or a number. */
const LONG_HEX = /^[0-9a-f]{16,64}$/

const ALL_KINDS = /^(?=.*[a-z])(?=.*[A-Z])/

/** Whether a name contains a hash, without further evidence. In doubt the answer is no. */
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

/**
 * Whether a hash has a default form of bundlers: base32 after `-`; base64 with 8 characters, small and
 * capital letters, and at most one of `-` and `_`.
 */
function isUsual(text: string, before: Piece['before'], alphabet: Alphabet): boolean {
  if (alphabet === 'hex') return true
  if (before === '') return false
  if (alphabet === 'base32') return before === '-'
  return text.length === 8 && ALL_KINDS.test(text) && (text.match(/[-_]/g) ?? []).length <= 1
}
