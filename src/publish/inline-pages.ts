// Chooses the pages whose bytes the manifest itself holds, so that the first request for one of them in
// a data centre reads the manifest and nothing else. The blobs are stored as well.

import { readFile } from 'node:fs/promises'
import { MAX_INLINE_BLOBS, MAX_INLINE_BYTES, type ManifestEntry } from '../core/site/manifest.ts'
import { toSha256 } from './content-hash.ts'
import { compress } from './encode-contents.ts'
import { compareVisited } from './pages.ts'
import { readSurveyed } from './precompressed.ts'
import type { SurveyedFile } from './survey.ts'

/** Each page has up to four forms. More pages would fit only if they were tiny. */
const MAX_INLINE_PAGES = MAX_INLINE_BLOBS / 4

const HTML_TYPE = /^text\/html\b/i

type PublishedFile = SurveyedFile & Pick<ManifestEntry, 'encodings'>

/**
 * All forms of the pages that visitors open first, by hash: those that fit into `MAX_INLINE_BYTES`
 * together.
 *
 * @param stored the files of encoded forms. A form that a retained version has is made again.
 * @throws PublishError when a page has changed since it was surveyed.
 */
export async function readInlinePages(
  files: readonly PublishedFile[],
  appPage: string | undefined,
  stored: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const inline = new Map<string, Uint8Array>()
  let unused = MAX_INLINE_BYTES
  const isPage = ({ type, size }: PublishedFile) => HTML_TYPE.test(type) && size <= MAX_INLINE_BYTES
  const pages = files.filter(isPage).sort(compareVisited(appPage)).slice(0, MAX_INLINE_PAGES)
  for (const page of pages) {
    const { size, encodings } = page
    const bytes = encodings.reduce((sum, form) => sum + form.size, size)
    if (bytes > unused) continue
    unused -= bytes
    for (const [blob, form] of await readForms(page, stored)) inline.set(blob, form)
  }
  return inline
}

async function readForms(
  page: PublishedFile,
  stored: ReadonlyMap<string, string>,
): Promise<readonly (readonly [blob: string, bytes: Uint8Array])[]> {
  const { content } = await readSurveyed(page)
  const forms = page.encodings.map(async ({ encoding, blob }) => {
    const file = stored.get(blob)
    if (file !== undefined) return [blob, await readFile(file)] as const
    const [made] = await compress(content, page.type, [encoding])
    // Another version of the compressor makes other bytes; the edge reads that form from the store.
    return made && toSha256(made.bytes) === blob ? ([blob, made.bytes] as const) : undefined
  })
  const read = await Promise.all(forms)
  return [[page.blob, content], ...read.filter((form) => form !== undefined)]
}
