// The route that collects garbage, one step per request. The client sends the cursor of each reply with the
// next request. So no state is stored here, and an abandoned collection leaves nothing behind.

import type { CollectionResult, Garbage } from '../../control/releases/contract.ts'
import { err, ok, type Result } from '../../core/result.ts'
import {
  COLLECTION_CURSOR,
  COLLECTION_PHASES,
  type CollectionStep,
  collectionBody,
  collectionReply,
} from '../../wire/collection.ts'
import { type FoundGarbage, findGarbage, type GarbagePhase } from '../content/garbage.ts'
import { LIST_PAGE_KEYS } from '../http/limits.ts'
import type { Failure } from '../http/problems.ts'
import { type Handled, type Route, route, type StoreAsker } from '../http/route.ts'

/** A step of the collection for which the control was busy is repeated after this time. */
const COLLECTION_WAIT_MS = 500

type Step = { readonly phase: (typeof COLLECTION_PHASES)[number]; readonly after: string }

export const COLLECTION_ROUTE: Route = route({
  method: 'POST',
  path: '/gc',
  scope: 'admin',
  summary: 'Lists or deletes what nothing uses any more, one step per request',
  body: collectionBody,
  changes: 'store',
  readsDocument: true,
  failures: ['manifest_missing', 'invalid_change', 'store_unavailable'],
  reply: collectionReply,
  handle: async (call) => {
    const { dryRun, cursor } = call.body
    const [, phase = 'versions', after = ''] = COLLECTION_CURSOR.exec(cursor ?? '') ?? []
    const step = { phase, after } as Step
    return step.phase === 'versions'
      ? retire(call, dryRun)
      : collect(call, dryRun, step.phase, step.after)
  },
})

async function retire({ ask, caller }: StoreAsker, dryRun: boolean): Handled {
  const answer = await ask('changes', (control) => control.retire(caller, dryRun))
  if (!answer.ok) return answer
  const { versions, uploads, more } = answer.value
  const next: Step = { phase: more ? 'versions' : 'records', after: '' }
  return toReply(dryRun, next, { versions: [...versions], uploads })
}

async function collect(
  asker: StoreAsker,
  dryRun: boolean,
  phase: GarbagePhase,
  after: string,
): Handled {
  const { ask, caller, openStore } = asker
  const answer = await ask('none', (control) => control.protection(caller))
  if (!answer.ok) return answer
  const protection = answer.value
  if (!protection) return err({ kind: 'no_document' })
  const store = await openStore()
  if (!store.ok) return store
  const found = await findGarbage({ store: store.value, protection, dryRun }, phase, after)
  if (!found.ok) return found
  const next = toNext(phase, found.value)
  if (dryRun) return toReply(dryRun, next, toCounts(phase, found.value.items))
  const gone = new Set<string>()
  for (const garbage of toBatches(phase, found.value)) {
    const collected = await collectBatch(asker, garbage)
    if (!collected.ok) return collected
    for (const key of collected.value.keys) gone.add(key)
    if (collected.value.outcome === 'collected') continue
    const done = toCounts(
      phase,
      found.value.items.filter(({ name }) => gone.has(name)),
    )
    // The control was busy, or the document changed meanwhile: the client repeats this step.
    return toReply(dryRun, { phase, after }, done, COLLECTION_WAIT_MS)
  }
  return toReply(
    dryRun,
    next,
    toCounts(
      phase,
      found.value.items.filter(({ name }) => gone.has(name)),
    ),
  )
}

function collectBatch(
  { ask, caller }: StoreAsker,
  garbage: Garbage,
): Promise<Result<CollectionResult, Failure>> {
  return ask('changes', (control) => control.collect(caller, garbage))
}

function* toBatches(kind: GarbagePhase, { items, searched }: FoundGarbage): Generator<Garbage> {
  const keys = items.map(({ name }) => name)
  for (let i = 0; i < keys.length; i += LIST_PAGE_KEYS) {
    yield { kind, keys: keys.slice(i, i + LIST_PAGE_KEYS), searched }
  }
}

function toNext(phase: GarbagePhase, { after }: FoundGarbage): Step | undefined {
  if (after !== undefined) return { phase, after }
  const next = COLLECTION_PHASES[COLLECTION_PHASES.indexOf(phase) + 1]
  return next && { phase: next, after: '' }
}

function toCounts(phase: GarbagePhase, items: FoundGarbage['items']): Partial<CollectionStep> {
  const isCounted = phase === 'blobs' || phase === 'parts'
  const bytes = isCounted ? items.reduce((sum, { size }) => sum + size, 0) : 0
  return { [phase]: items.length, bytes }
}

async function toReply(
  dryRun: boolean,
  next: Step | undefined,
  counts: Partial<CollectionStep>,
  waitMs = 0,
): Handled {
  const body: CollectionStep = {
    dryRun,
    done: next === undefined,
    waitMs,
    ...(next ? { cursor: `${next.phase}.${next.after}` } : {}),
    versions: [],
    uploads: 0,
    records: 0,
    manifests: 0,
    blobs: 0,
    parts: 0,
    bytes: 0,
    ...counts,
  }
  return ok({ body })
}
