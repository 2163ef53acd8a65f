// Chooses the blobs that the manifest itself holds: small pages in all their forms, and what they load in the
// form that browsers take. The first request for such a page in a data centre reads the manifest and nothing
// else. The blobs are stored as well, for everybody else.

import { readFile } from 'node:fs/promises'
import { encodeManifest } from '../core/site/encode-manifest.ts'
import type { ManifestConfig } from '../core/site/manifest-config.ts'
import type {
  Encoding,
  ManifestEntry,
  PlainForm,
  Representation,
} from '../core/site/manifest-entry.ts'
import {
  MAX_INLINE_BLOBS,
  MAX_INLINE_BYTES,
  MAX_MANIFEST_BYTES,
} from '../core/site/manifest-limits.ts'
import { toSha256 } from './content-hash.ts'
import { compress } from './encode-contents.ts'
import { compareVisited } from './pages.ts'
import { readSurveyed } from './precompressed.ts'
import type { RetainedManifest, SurveyedFile } from './survey.ts'

/** At most so many pages, those that visitors presumably open first: what they load needs room, too. */
const MAX_INLINE_PAGES = 4
const MAX_INLINE_PAGE_BYTES = 32 * 2 ** 10

const HTML_PAGE_TYPE = /^text\/html\b/i

type PublishedFile = SurveyedFile & { readonly encodings: readonly PlainForm[] }

/** A form of a file; without an encoding it is the file as it is. */
type Form = Representation & { readonly encoding?: Encoding }

/** Where forms can be found without compressing again. */
type Made = {
  /** The files of those that were made for this publication, by hash. */
  readonly stored: ReadonlyMap<string, string>
  readonly retained: readonly RetainedManifest[]
}

/**
 * The chosen blobs by hash, at most `MAX_INLINE_BYTES` and `MAX_INLINE_BLOBS`.
 *
 * @throws PublishError when a file has changed since it was surveyed.
 */
export async function readInlineBlobs(
  files: readonly PublishedFile[],
  { appPage, loads = {} }: ManifestConfig,
  { stored, retained }: Made,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const held = new Map(retained.flatMap(({ manifest }) => [...manifest.inlined()]))
  const byPath = new Map(files.map((file) => [file.path, file]))
  const pages = files
    .filter(({ type }) => HTML_PAGE_TYPE.test(type))
    .sort(compareVisited(appPage))
    .slice(0, MAX_INLINE_PAGES)
  const inline = new Map<string, Uint8Array>()
  let unused = MAX_INLINE_BYTES
  const add = async (file: PublishedFile, forms: readonly Form[], maxBytes: number) => {
    const missing = forms.filter(({ blob }) => !inline.has(blob))
    const bytes = missing.reduce((sum, { size }) => sum + size, 0)
    if (bytes > Math.min(unused, maxBytes) || inline.size + missing.length > MAX_INLINE_BLOBS)
      return
    for (const form of missing) {
      const known = held.get(form.blob)
      const isKnown = known !== undefined && toSha256(known) === form.blob
      const read = isKnown ? known : await readForm(file, form, stored)
      if (!read) continue
      inline.set(form.blob, read)
      unused -= read.length
    }
  }
  for (const page of pages) await add(page, [page, ...page.encodings], MAX_INLINE_PAGE_BYTES)
  for (const path of pages.flatMap((page) => loads[page.path] ?? [])) {
    const file = byPath.get(path)
    if (file) await add(file, [chooseForm(file)], MAX_INLINE_BYTES)
  }
  return inline
}

/** The manifest with the blobs, or without them if it would be too large: it is published all the same. */
export function encodeHolding(
  entries: readonly ManifestEntry[],
  config: ManifestConfig,
  inline: ReadonlyMap<string, Uint8Array>,
): Uint8Array {
  const holding = encodeManifest(entries, config, inline)
  return holding.length > MAX_MANIFEST_BYTES ? encodeManifest(entries, config) : holding
}

/** What nearly all browsers take. */
function chooseForm(file: PublishedFile): Form {
  return file.encodings.find(({ encoding }) => encoding === 'br') ?? file.encodings[0] ?? file
}

/** `undefined` if another version of the compressor makes other bytes: they are read from the store then. */
async function readForm(
  file: PublishedFile,
  { blob, encoding }: Form,
  stored: ReadonlyMap<string, string>,
): Promise<Uint8Array | undefined> {
  const encoded = encoding && stored.get(blob)
  if (encoded !== undefined) return readFile(encoded)
  const { content } = await readSurveyed(file)
  if (encoding === undefined) return content
  const [made] = await compress(content, file.type, [encoding])
  return made && toSha256(made.bytes) === blob ? made.bytes : undefined
}
