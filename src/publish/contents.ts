// Brings the contents of a version into the store: every distinct content once, in all its
// encodings, and of these only what is missing there.

import { availableParallelism } from 'node:os'
import { mapConcurrently } from '../core/concurrently.ts'
import type { ManifestEntry, Representation } from '../core/site/manifest.ts'
import { chooseEncodings, compress } from './compress.ts'
import { type GivenForm, readSurveyed } from './precompressed.ts'
import { type ReportProgress, startCount } from './progress-step.ts'
import { sha256 } from './sha256.ts'
import type { RetainedManifest, SurveyedFile } from './survey.ts'
import type { PublishTarget } from './target.ts'

type Encodings = ManifestEntry['encodings']

export type StoredContents = {
  /** By `toContentKey`. */
  readonly encodings: ReadonlyMap<string, Encodings>
  /** How many blobs were written. */
  readonly uploaded: number
  /** How many were there already. */
  readonly reused: number
}

/** Files of one key are stored once: the same bytes, encoded in the same way. */
export function toContentKey(
  file: Pick<ManifestEntry, 'path' | 'blob' | 'size' | 'type'> & { readonly given?: GivenForm },
): string {
  if (file.given) return [file.blob, file.type, 'given', file.given.blob].join(' ')
  return [file.blob, file.type, ...chooseEncodings(file.path, file.type, file.size)].join(' ')
}

/**
 * Stores what is missing. What a retained version has of the same content is taken over, and
 * not compressed again.
 *
 * @throws PublishError when a file is no longer what it was when it was surveyed.
 */
export async function storeContents(
  target: PublishTarget,
  files: readonly SurveyedFile[],
  retained: readonly RetainedManifest[],
  report: ReportProgress,
): Promise<StoredContents> {
  const contents = new Map(files.map((file) => [toContentKey(file), file]))
  const known = findKnownEncodings(contents, retained)
  const wanted = [...contents].flatMap(([key, { blob }]) => [
    blob,
    ...(known.get(key) ?? []).map((form) => form.blob),
  ])
  const missing = await target.findMissingBlobs([...new Set(wanted)])
  const stored = new Set(wanted.filter((hash) => !missing.has(hash)))
  const encodings = new Map<string, Encodings>()
  const work: [key: string, file: SurveyedFile][] = []
  for (const [key, file] of contents) {
    const forms = known.get(key)
    const isWhole = [file, ...(forms ?? [])].every((form) => stored.has(form.blob))
    if (forms && isWhole) encodings.set(key, forms)
    else work.push([key, file])
  }

  // The largest first, so that none of them is left alone at the end.
  work.sort(([, a], [, b]) => b.size - a.size)

  const uploaded = new Set<string>()
  const put = async (hash: string, bytes: Uint8Array) => {
    if (stored.has(hash) || uploaded.has(hash)) return
    uploaded.add(hash)
    await target.putBlob(hash, bytes)
  }
  const count = startCount(
    'storing',
    work.map(([, file]) => file),
    report,
  )
  await mapConcurrently(work, availableParallelism(), async ([key, file]) => {
    const { content, given } = await readSurveyed(file)
    const made = given
      ? [given]
      : await compress(content, file.type, chooseEncodings(file.path, file.type, file.size))
    const forms = made.map((form) => ({ ...form, blob: sha256(form.bytes) }))
    const absent = await target.findMissingBlobs(forms.map((form) => form.blob))
    for (const { blob } of forms) if (!absent.has(blob) && !uploaded.has(blob)) stored.add(blob)
    await Promise.all(forms.map((form) => put(form.blob, form.bytes)))
    await put(file.blob, content)
    encodings.set(
      key,
      forms.map(({ encoding, blob, bytes: { length: size } }) => ({ encoding, blob, size })),
    )
    count(file.size)
  })
  return { encodings, uploaded: uploaded.size, reused: stored.size }
}

/** By content key, the encodings that an earlier publication made of the same content. */
export function findKnownEncodings(
  contents: ReadonlyMap<string, Representation>,
  retained: readonly RetainedManifest[],
): ReadonlyMap<string, Encodings> {
  const known = new Map<string, Encodings>()
  for (const { manifest } of retained) {
    for (const entry of manifest.entries()) {
      const key = toContentKey(entry)
      if (contents.has(key)) known.set(key, entry.encodings)
    }
  }
  return known
}
