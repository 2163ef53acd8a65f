// Makes encoded forms again that the store has lost. A publication takes over the forms that earlier ones have made
// (encode-contents.ts, deltas.ts), so that its folder has no file for them.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manifest } from '../core/site/manifest.ts'
import { type EncodedForm, isDelta, type ManifestEntry } from '../core/site/manifest-entry.ts'
import { toSha256 } from './content-hash.ts'
import { compressDelta } from './delta-forms.ts'
import type { LoadBlob } from './deltas.ts'
import { compress } from './encode-contents.ts'
import { readSurveyed } from './precompressed.ts'
import type { SurveyedFile } from './survey.ts'

/**
 * Writes the forms of `manifest` whose blobs are `lost` into `folder`, and returns their files by hash. One
 * that this Node makes otherwise, or whose dictionary cannot be had, is left out.
 *
 * @throws PublishError when a file has changed since it was surveyed.
 */
export async function remakeForms(
  lost: ReadonlySet<string>,
  manifest: Manifest,
  files: readonly SurveyedFile[],
  folder: string,
  loadBlob: LoadBlob,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const made = new Map<string, string>()
  for (const entry of manifest.entries()) {
    const forms = entry.encodings.filter(({ blob }) => lost.has(blob) && !made.has(blob))
    const file = byPath.get(entry.path)
    if (forms.length === 0 || file?.blob !== entry.blob) continue
    const { content } = await readSurveyed(file)
    for (const form of forms) {
      signal.throwIfAborted()
      const bytes = await toForm(content, entry, form, loadBlob)
      if (!bytes || toSha256(bytes) !== form.blob) continue
      const path = join(folder, form.blob)
      await writeFile(path, bytes)
      made.set(form.blob, path)
    }
  }
  return made
}

async function toForm(
  content: Uint8Array,
  { type }: ManifestEntry,
  form: EncodedForm,
  loadBlob: LoadBlob,
): Promise<Uint8Array | undefined> {
  if (!isDelta(form)) {
    const [compressed] = await compress(content, type, [form.encoding])
    return compressed?.bytes
  }
  const dictionary = await loadBlob(form.dictionary)
  return dictionary && compressDelta(form.encoding, content, dictionary)
}
