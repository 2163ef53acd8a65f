// The encoded forms of all contents of a version, before anything is uploaded: the manifest names
// them, and goes first. They are kept in a folder until the version is published, so that whoever is
// interrupted does not compress again.

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { mapConcurrently } from '../core/concurrently.ts'
import type { Encoding, ManifestEntry } from '../core/site/manifest.ts'
import { chooseEncodings, compress } from './compress.ts'
import { findKnownEncodings, toContentKey } from './contents.ts'
import { readSurveyed } from './precompressed.ts'
import { type ReportProgress, startCount } from './progress-step.ts'
import { sha256 } from './sha256.ts'
import type { RetainedManifest, SurveyedFile } from './survey.ts'

type Encodings = ManifestEntry['encodings']

export type EncodedContents = {
  /** By `toContentKey`. */
  readonly encodings: ReadonlyMap<string, Encodings>
  /** Where the bytes of every blob can be read, encoded ones too, but for those taken over. */
  readonly files: ReadonlyMap<string, string>
}

/**
 * Compresses what no retained version has in the same form, into `folder`.
 *
 * @throws PublishError when a file is no longer what it was when it was surveyed.
 */
export async function encodeContents(
  files: readonly SurveyedFile[],
  retained: readonly RetainedManifest[],
  folder: string,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<EncodedContents> {
  const contents = new Map(files.map((file) => [toContentKey(file), file]))
  const known = findKnownEncodings(contents, retained)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const made = new Set(await readdir(folder))
  const encodings = new Map<string, Encodings>()
  const where = new Map(files.filter(({ given }) => !given).map(({ blob, file }) => [blob, file]))
  const work: [key: string, file: SurveyedFile][] = []
  for (const [key, file] of contents) {
    const forms = known.get(key)
    const wanted = chooseEncodings(file.path, file.type, file.size)
    if (file.given) work.push([key, file])
    else if (forms) encodings.set(key, forms)
    else if (wanted.length === 0) encodings.set(key, [])
    else work.push([key, file])
  }
  work.sort(([, a], [, b]) => b.size - a.size)
  const count = startCount(
    'compressing',
    work.map(([, file]) => file),
    report,
  )
  await mapConcurrently(work, availableParallelism(), async ([key, file]) => {
    signal.throwIfAborted()
    if (file.given) {
      // What is uploaded as the file is the decoded content; the given form lies in the folder.
      const { content } = await readSurveyed(file)
      await writeFile(join(folder, file.blob), content)
      where.set(file.blob, join(folder, file.blob)).set(file.given.blob, file.file)
      encodings.set(key, [file.given])
      count(file.size)
      return
    }
    const note = join(folder, `${sha256(Buffer.from(key))}.json`)
    const forms = made.has(`${sha256(Buffer.from(key))}.json`)
      ? await readNote(note)
      : await encode(file, folder, note)
    for (const { blob } of forms) where.set(blob, join(folder, blob))
    encodings.set(key, forms)
    count(file.size)
  })
  return { encodings, files: where }
}

async function readNote(note: string): Promise<Encodings> {
  return JSON.parse(await readFile(note, 'utf8'))
}

/** The note is written last and whole, so that it never names what is not there. */
async function encode(file: SurveyedFile, folder: string, note: string): Promise<Encodings> {
  const { content } = await readSurveyed(file)
  const made = await compress(content, file.type, chooseEncodings(file.path, file.type, file.size))
  const forms: { encoding: Encoding; blob: string; size: number }[] = []
  for (const form of made) {
    const blob = sha256(form.bytes)
    await writeFile(join(folder, blob), form.bytes)
    forms.push({ encoding: form.encoding, blob, size: form.bytes.length })
  }
  await writeFile(`${note}.new`, JSON.stringify(forms))
  await rename(`${note}.new`, note)
  return forms
}

/** What has been published needs its encoded forms here no longer. */
export async function removeEncoded(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}
