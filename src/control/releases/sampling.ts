// The task that examines a few files of the store once an hour while visitors come, so that lost and damaged
// files are found though nobody asks. It tells what it finds and changes nothing in the store.

import { mapConcurrently } from '../../core/concurrently.ts'
import { type Manifest, openManifest } from '../../core/site/manifest.ts'
import { withTimeout } from '../../core/with-timeout.ts'
import { type LostFile, MAX_NAMED_PATHS } from '../../wire/files.ts'
import { type Examination, examineFile } from './examine.ts'
import type { LostFiles } from './lost-files.ts'

export const SAMPLE_EVERY_MS = 3_600_000

/** So many blobs of one version are examined, and so many of those that are known to be lost. */
export const BLOBS_PER_SAMPLE = 20
export const LOST_PER_SAMPLE = 10

/** The reads of R2 in a day: two of a manifest, and the blobs. */
export const MAX_SAMPLE_READS_PER_DAY = 24 * (2 + BLOBS_PER_SAMPLE + LOST_PER_SAMPLE)

/** Of larger ones only the size and the noted hash are looked at: the control does more important work. */
const MAX_SAMPLED_BYTES = 8 * 2 ** 20

const READS_AT_ONCE = 3
const MANIFEST_TIMEOUT_MS = 10_000

export type SamplingDeps = {
  /** `undefined`: nothing is sampled. */
  readonly bucket: Pick<R2Bucket, 'get'> | undefined
  readonly files: LostFiles
  readonly now: () => number
  readonly arm: () => void
  /** From 0 up to 1. */
  readonly random?: () => number
}

export class Sampling {
  readonly #parts: SamplingDeps
  /** When the first visitor came after the last sample; `undefined`: nobody came. */
  #usedSince: number | undefined
  #isRunning = false

  constructor(parts: SamplingDeps) {
    this.#parts = parts
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Visitors came. Without any, nothing is sampled, and an idle control sets no alarm. */
  noteUse(): void {
    if (this.#usedSince !== undefined || !this.#parts.bucket) return
    this.#usedSince = this.#parts.now()
    this.#parts.arm()
  }

  dueAt(): number | undefined {
    if (this.#usedSince === undefined) return undefined
    const { files, now } = this.#parts
    return Math.max(now(), (files.sampledAt() ?? this.#usedSince) + SAMPLE_EVERY_MS)
  }

  /** Never throws. */
  async run(): Promise<void> {
    const { files, now, arm } = this.#parts
    const due = this.dueAt()
    if (this.#isRunning || due === undefined || due > now()) return
    this.#isRunning = true
    this.#usedSince = undefined
    try {
      files.noteSample(now())
      files.forgetUnneeded()
      await this.#sample()
    } catch (cause) {
      console.error('the files in the store could not be sampled', cause)
    } finally {
      this.#isRunning = false
      arm()
    }
  }

  async #sample(): Promise<void> {
    const { files, bucket, random = Math.random } = this.#parts
    const { versions, lost } = files.toCheck()
    const chosen = versions[Math.floor(random() * versions.length)]
    if (!bucket || !chosen) return
    const again = lost.slice(0, LOST_PER_SAMPLE)
    const manifest: LostFile = {
      kind: 'manifest',
      sha256: chosen.manifest,
      problem: '',
      versions: versions
        .filter((one) => one.manifest === chosen.manifest)
        .map(({ version }) => version),
      paths: [],
    }
    const looked = [{ file: manifest, found: await examineFile(bucket, toStored(manifest)) }]
    const blobs =
      looked[0]?.found === 'whole'
        ? await this.#choose(bucket, chosen.manifest, chosen.version)
        : []
    const rest = await mapConcurrently([...again, ...blobs], READS_AT_ONCE, async (file) => {
      const found = await examineFile(bucket, toStored(file), MAX_SAMPLED_BYTES)
      return { file, found }
    })
    looked.push(...rest)
    files.record({
      lost: looked.flatMap(({ file, found }) => toLost(file, found)),
      whole: looked.filter(({ found }) => found === 'whole').map(({ file }) => file),
    })
  }

  async #choose(
    bucket: Pick<R2Bucket, 'get'>,
    hash: string,
    version: string,
  ): Promise<readonly LostFile[]> {
    const bytes = await withTimeout(readBytes(bucket, hash), MANIFEST_TIMEOUT_MS)
    const opened = bytes && openManifest(bytes)
    if (!opened?.ok) return []
    return chooseBlobs(opened.value, version, this.#parts.random ?? Math.random)
  }
}

async function readBytes(bucket: Pick<R2Bucket, 'get'>, hash: string) {
  const object = await bucket.get(`manifests/${hash}`)
  return object ? new Uint8Array(await object.arrayBuffer()) : undefined
}

/** Each blob with the same chance: the reservoir of Vitter's algorithm R. */
function chooseBlobs(
  manifest: Manifest,
  version: string,
  random: () => number,
): readonly LostFile[] {
  const chosen: LostFile[] = []
  let seen = 0
  for (const entry of manifest.entries()) {
    for (const { blob, size } of [entry, ...entry.encodings]) {
      const place = seen < BLOBS_PER_SAMPLE ? seen : Math.floor(random() * (seen + 1))
      seen++
      if (place >= BLOBS_PER_SAMPLE) continue
      chosen[place] = {
        kind: 'blob',
        sha256: blob,
        size,
        problem: '',
        versions: [version],
        paths: [entry.path].slice(0, MAX_NAMED_PATHS),
      }
    }
  }
  return chosen
}

function toStored({ kind, sha256, size }: LostFile) {
  return { kind, sha256, size }
}

function toLost(file: LostFile, found: Examination): readonly LostFile[] {
  return typeof found === 'string' ? [] : [{ ...file, problem: found.problem }]
}
