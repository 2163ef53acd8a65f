// Finds objects in R2 that nothing uses any more, step by step: records, then manifests, then blobs, then
// parts. It only proposes them: the control checks them again and deletes them
// (control/releases/collecting.ts).

import type { Protection } from '../../control/releases/contract.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { isNewerManifest, openManifest } from '../../core/site/manifest.ts'
import type { Failure } from '../http/problems.ts'
import type { ContentStore, ListResult } from './content-store.ts'
import { toBeginning } from './look-for-blobs.ts'

/**
 * Pages of blobs in one step of the collection. Every step reads all manifests, so it looks at several
 * pages.
 */
const GARBAGE_PAGES_PER_STEP = 5

export type GarbagePhase = 'records' | 'manifests' | 'blobs' | 'parts'

/** What one step found, and where the next one begins in the same phase. */
export type FoundGarbage = {
  readonly items: readonly ListResult[]
  /** The manifests that were searched for blobs. */
  readonly searched: readonly string[]
  /** The last key that was looked at; `undefined` when the phase is over. */
  readonly after: string | undefined
}

type Search = {
  readonly store: ContentStore
  readonly protection: Protection
  /** In a dry run, what earlier phases would delete is still stored, and has to be left out here. */
  readonly dryRun: boolean
}

const UNAVAILABLE = err({ kind: 'store_unavailable' } as const)
const NEWER = err({ kind: 'newer_schema' } as const)

export async function findGarbage(
  search: Search,
  phase: GarbagePhase,
  after: string,
): Promise<Result<FoundGarbage, Failure>> {
  if (phase === 'blobs') return findBlobs(search, after)
  const { store, protection } = search
  const folder = phase === 'records' ? 'versions' : phase
  const page = await store.list(folder, '', after)
  if (page === 'unavailable') return UNAVAILABLE
  const isGarbage = await createTest(search, phase)
  if (!isGarbage.ok) return isGarbage
  const before = phase === 'parts' ? protection.partsBefore : protection.before
  const items = page.items.filter((item) => item.uploadedAt < before && isGarbage.value(item.name))
  return ok({ items, searched: [], after: page.isLast ? undefined : page.items.at(-1)?.name })
}

/** A test whether an object that is old enough is garbage, by its name. */
async function createTest(
  search: Search,
  phase: Exclude<GarbagePhase, 'blobs'>,
): Promise<Result<(name: string) => boolean, Failure>> {
  if (phase === 'parts') return ok(() => true)
  const { versions, manifests } = search.protection
  if (phase === 'records') {
    const kept = new Set(versions)
    return ok((name) => !kept.has(name))
  }
  const named = await findNamed(search)
  if (!named.ok) return named
  const kept = new Set([...manifests, ...named.value])
  return ok((name) => !kept.has(name))
}

/** The manifests of records that nothing protects but that are too young to be deleted. */
async function findNamed({
  store,
  protection,
}: Search): Promise<Result<readonly string[], Failure>> {
  const records = await listAll(store, 'versions')
  if (!records) return UNAVAILABLE
  const protectedIds = new Set(protection.versions)
  const young = records.filter(
    ({ name, uploadedAt }) => !protectedIds.has(name) && uploadedAt >= protection.before,
  )
  const named: string[] = []
  for (const { name } of young) {
    const record = await store.readRecord(name)
    if (record === 'unavailable') return UNAVAILABLE
    // Which manifest it names is unknown here, so nothing is deleted.
    if (record === 'newer') return NEWER
    if (record !== 'missing') named.push(record.manifest)
  }
  return ok(named)
}

/** Reads every manifest that stays. If a protected manifest cannot be read, the search fails. */
async function findBlobs(search: Search, after: string): Promise<Result<FoundGarbage, Failure>> {
  const { store, protection } = search
  const candidates = new Map<string, ListResult>()
  let next: string | undefined = after
  for (let i = 0; i < GARBAGE_PAGES_PER_STEP && next !== undefined; i++) {
    const page = await store.list('blobs', '', next)
    if (page === 'unavailable') return UNAVAILABLE
    for (const item of page.items) {
      if (item.uploadedAt < protection.before) candidates.set(item.name, item)
    }
    next = page.isLast ? undefined : page.items.at(-1)?.name
  }
  const searched = await findRemaining(search)
  if (!searched.ok) return searched
  const beginnings = new Set([...candidates.keys()].map(toBeginning))
  for (const hash of candidates.size > 0 ? searched.value : []) {
    const bytes = await store.getManifest(hash)
    if (bytes === 'unavailable') return UNAVAILABLE
    // Which blobs it needs is unknown here, so nothing is deleted.
    if (bytes !== 'missing' && isNewerManifest(bytes)) return NEWER
    const manifest = bytes === 'missing' ? undefined : openManifest(bytes)
    if (!manifest?.ok) {
      if (protection.manifests.includes(hash)) {
        return err({ kind: 'manifest_missing', manifests: [hash] })
      }
      continue
    }
    // Few of the files of a large version are in one step, and only for them entries are made.
    for (const entry of manifest.value.entriesOf((beginning) => beginnings.has(beginning))) {
      candidates.delete(entry.blob)
      for (const { blob } of entry.encodings) candidates.delete(blob)
    }
  }
  return ok({ items: [...candidates.values()], searched: searched.value, after: next })
}

/** All stored manifests; in a dry run without those that the phase before would have deleted. */
async function findRemaining(search: Search): Promise<Result<readonly string[], Failure>> {
  const { store, protection, dryRun } = search
  const listed = await listAll(store, 'manifests')
  if (!listed) return UNAVAILABLE
  const isGarbage = dryRun ? await createTest(search, 'manifests') : ok(() => false)
  if (!isGarbage.ok) return isGarbage
  const remaining = listed.filter(
    ({ name, uploadedAt }) => uploadedAt >= protection.before || !isGarbage.value(name),
  )
  return ok([...new Set([...protection.manifests, ...remaining.map(({ name }) => name)])])
}

async function listAll(
  store: ContentStore,
  folder: 'manifests' | 'versions',
): Promise<readonly ListResult[] | undefined> {
  const all: ListResult[] = []
  let after: string | undefined = ''
  while (after !== undefined) {
    const page = await store.list(folder, '', after)
    if (page === 'unavailable') return undefined
    all.push(...page.items)
    after = page.isLast ? undefined : page.items.at(-1)?.name
  }
  return all
}
