// Checks in steps that the manifests and blobs of versions are stored as they should be. The first step checks
// the manifests; each further one the blobs of a slice of the range of all hashes, so that a blob that several
// versions share is read once.

import type { FilesFound, FilesToCheck } from '../../control/releases/contract.ts'
import { mapConcurrently } from '../../core/concurrently.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { type Manifest, openManifest } from '../../core/site/manifest.ts'
import type { ManifestEntry } from '../../core/site/manifest-entry.ts'
import { FILES_CURSOR, type LostFile, MAX_NAMED_PATHS } from '../../wire/files.ts'
import type { Failure } from '../http/problems.ts'
import type { Handled, StoreAsker } from '../http/route.ts'
import type { ContentStore } from './content-store.ts'
import { isInSlice, isPlaceIn, lookForBlobs, STORE_CALLS_AT_ONCE } from './look-for-blobs.ts'

/** A step reads about so many blobs, and about so many bytes: a few seconds. */
const EXAMINED_BLOBS_PER_STEP = 400
const EXAMINED_BYTES_PER_STEP = 64 * 2 ** 20
/** Without reading them, a step looks at so many. */
const QUICK_BLOBS_PER_STEP = 4000

type Asked = {
  readonly versions?: readonly string[] | undefined
  readonly quick: boolean
  readonly cursor?: string | undefined
}

/** The versions of each manifest, by its hash. */
type Manifests = ReadonlyMap<string, readonly string[]>

const UNAVAILABLE = err({ kind: 'store_unavailable' } as const)

export async function verifyFiles(asker: StoreAsker, asked: Asked): Handled {
  const { ask, caller, openStore } = asker
  const known = await ask('none', (control) => control.filesToCheck(caller))
  if (!known.ok) return known
  const manifests = choose(known.value, asked.versions)
  if (!manifests.ok) return manifests
  const store = await openStore()
  if (!store.ok) return store
  const check: Check = { store: store.value, known: known.value, manifests: manifests.value }
  const [, slice, slices] = FILES_CURSOR.exec(asked.cursor ?? '') ?? []
  const step =
    slice === undefined
      ? await checkManifests(check, asked.quick)
      : await checkBlobs(check, asked.quick, { slice: Number(slice), slices: Number(slices) })
  if (!step.ok) return step
  const { found, ...body } = step.value
  if (found.lost.length + found.whole.length > 0) {
    const recorded = await ask('none', (control) => control.recordFiles(caller, found))
    if (!recorded.ok) return recorded
  }
  return ok({ body: { ...body, done: body.cursor === undefined, lost: found.lost } })
}

type Check = {
  readonly store: ContentStore
  readonly known: FilesToCheck
  readonly manifests: Manifests
}

type Step = {
  readonly checked: number
  readonly blobs?: number
  readonly cursor?: string
  readonly found: FilesFound
}

function choose(
  { versions }: FilesToCheck,
  asked: readonly string[] | undefined,
): Result<Manifests, Failure> {
  const there = new Set(versions.map(({ version }) => version))
  const unknown = (asked ?? []).filter((version) => !there.has(version))
  if (unknown.length > 0) {
    const message = `the document has no version ${unknown.join(', ')}`
    return err({ kind: 'invalid_request', problems: [{ path: 'body.versions', message }] })
  }
  const wanted = asked && new Set(asked)
  const manifests = new Map<string, string[]>()
  for (const { version, manifest } of versions) {
    if (wanted && !wanted.has(version)) continue
    manifests.set(manifest, [...(manifests.get(manifest) ?? []), version])
  }
  return ok(manifests)
}

async function checkManifests(check: Check, quick: boolean): Promise<Result<Step, Failure>> {
  const lost: LostFile[] = []
  const whole: LostFile[] = []
  const seen = new Set<number>()
  let bytes = 0
  for (const [sha256, versions] of check.manifests) {
    const file = { kind: 'manifest', sha256, versions, paths: [] } as const
    const found = await check.store.examine({ ...file, size: undefined })
    if (found === 'unavailable') return UNAVAILABLE
    const manifest = found === 'whole' ? await load(check.store, sha256) : 'unreadable'
    if (manifest === 'unavailable') return UNAVAILABLE
    if (manifest === 'unreadable') {
      const problem = found === 'whole' ? 'cannot be read' : found.problem
      lost.push({ ...file, versions: [...versions], paths: [], problem })
      continue
    }
    whole.push({ ...file, versions: [...versions], paths: [], problem: '' })
    for (const { blob, size } of listForms(manifest.entries())) {
      const place = Number.parseInt(blob.slice(0, 12), 16)
      if (!seen.has(place)) bytes += size
      seen.add(place)
    }
  }
  const slices = Math.ceil(
    quick
      ? seen.size / QUICK_BLOBS_PER_STEP
      : Math.max(seen.size / EXAMINED_BLOBS_PER_STEP, bytes / EXAMINED_BYTES_PER_STEP),
  )
  return ok({
    checked: check.manifests.size,
    blobs: seen.size,
    ...(slices > 0 ? { cursor: `0.${slices}` } : {}),
    found: { lost, whole: onlyKnown(check, whole) },
  })
}

async function checkBlobs(
  check: Check,
  quick: boolean,
  { slice, slices }: { readonly slice: number; readonly slices: number },
): Promise<Result<Step, Failure>> {
  const wanted = new Map<string, LostFile>()
  const absent = new Set<string>()
  for (const [hash, versions] of check.manifests) {
    const manifest = await load(check.store, hash)
    if (manifest === 'unavailable') return UNAVAILABLE
    // The step of the manifests has told it.
    if (manifest === 'unreadable') continue
    collect(wanted, manifest, versions, slice, slices)
    if (!quick) continue
    const missing = await lookForBlobs(check.store, manifest, [], { slice, slices })
    if (missing === 'unavailable') return UNAVAILABLE
    for (const { blob } of missing) absent.add(blob)
  }
  const files = [...wanted.values()]
  const known = new Set(check.known.lost.map(({ sha256 }) => sha256))
  const read = quick ? files.filter(({ sha256 }) => absent.has(sha256) || known.has(sha256)) : files
  const looked = await examineAll(check.store, read)
  if (looked === 'unavailable') return UNAVAILABLE
  return ok({
    checked: files.length,
    ...(slice + 1 < slices ? { cursor: `${slice + 1}.${slices}` } : {}),
    found: { lost: looked.lost, whole: onlyKnown(check, looked.whole) },
  })
}

/** Reads each file. */
export async function examineAll(
  store: ContentStore,
  files: readonly LostFile[],
): Promise<
  { readonly lost: readonly LostFile[]; readonly whole: readonly LostFile[] } | 'unavailable'
> {
  const looked = await mapConcurrently(files, STORE_CALLS_AT_ONCE, async (file) => {
    const { kind, sha256, size } = file
    return { file, found: await store.examine({ kind, sha256, size }) }
  })
  if (looked.some(({ found }) => found === 'unavailable')) return 'unavailable'
  return {
    lost: looked.flatMap(({ file, found }) =>
      typeof found === 'string' ? [] : [{ ...file, problem: found.problem }],
    ),
    whole: looked.filter(({ found }) => found === 'whole').map(({ file }) => file),
  }
}

function collect(
  wanted: Map<string, LostFile>,
  manifest: Manifest,
  versions: readonly string[],
  slice: number,
  slices: number,
): void {
  const entries = manifest.entriesOf((beginning) => isPlaceIn(beginning, slice, slices))
  for (const { blob, size, path } of listForms(entries)) {
    if (!isInSlice(blob, slice, slices)) continue
    const before = wanted.get(blob)
    const paths = new Set(before?.paths)
    if (paths.size < MAX_NAMED_PATHS) paths.add(path)
    wanted.set(blob, {
      kind: 'blob',
      sha256: blob,
      size,
      problem: '',
      versions: [...new Set([...(before?.versions ?? []), ...versions])],
      paths: [...paths],
    })
  }
}

function* listForms(entries: Iterable<ManifestEntry>) {
  for (const entry of entries) {
    for (const { blob, size } of [entry, ...entry.encodings]) yield { blob, size, path: entry.path }
  }
}

function onlyKnown({ known }: Check, files: readonly LostFile[]): FilesFound['whole'] {
  const lost = new Set(known.lost.map(({ kind, sha256 }) => `${kind} ${sha256}`))
  return files
    .filter(({ kind, sha256 }) => lost.has(`${kind} ${sha256}`))
    .map(({ kind, sha256 }) => ({ kind, sha256 }))
}

async function load(
  store: ContentStore,
  hash: string,
): Promise<Manifest | 'unreadable' | 'unavailable'> {
  const bytes = await store.getManifest(hash)
  if (bytes === 'unavailable') return bytes
  const opened = bytes === 'missing' ? undefined : openManifest(bytes)
  return opened?.ok ? opened.value : 'unreadable'
}
