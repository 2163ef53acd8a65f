// Many isolates in several data centres with one control, on a virtual clock: each is the edge's own
// loader. What takes time on the real network (the control's answer, KV's propagation) takes it here.

import type { Colo, Confirmation } from '../../src/assignments/colo.ts'
import { AssignmentsLoader } from '../../src/assignments/load.ts'
import { digestText, type SyncReport } from '../../src/assignments/sync.ts'
import { exampleDocument } from '../support/document.ts'
import { makeRandom, type Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

export type FleetOptions = {
  readonly colos: number
  readonly isolatesPerColo: number
  /** Milliseconds between two requests of an isolate, on average; the isolates take turns. */
  readonly requestEveryMs: readonly number[]
  /** From the question to the answer, in milliseconds; `down` fails at once, `hanging` never answers. */
  readonly control: number | 'down' | 'hanging'
  /** As on workers.dev, the Cache API may do nothing. */
  readonly withCache: boolean
  readonly seed: number
}

/** One request that was decided. */
export type Decided = {
  readonly at: number
  readonly isolate: number
  readonly everyMs: number
  readonly kind: 'document' | 'pinned'
  readonly revision: number
  readonly isStale: boolean
}

export type Fleet = {
  /** The control accepts the next revision, and KV takes it. */
  readonly change: () => void
  readonly decided: readonly Decided[]
  readonly calls: () => { readonly control: number; readonly kv: number; readonly shared: number }
}

const KV_CACHE_MS = 30_000
/** The most that KV's documentation speaks of before "or more". */
const KV_PROPAGATION_MS = 60_000
const KV_READ_MS = 10

type Revision = { readonly text: string; readonly digest: string; readonly at: number }

export async function startFleet(time: VirtualTime, options: FleetOptions): Promise<Fleet> {
  const random = makeRandom(options.seed)
  const revisions: Revision[] = []
  const change = (text: string, digest: string) => revisions.push({ text, digest, at: time.now() })
  // Made beforehand, because a digest is asynchronous and a change is a moment.
  const prepared = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const text = JSON.stringify({ ...exampleDocument(), revision: i + 1 })
      return { text, digest: await digestText(text) }
    }),
  )
  const next = () => {
    const { text, digest } = prepared[revisions.length] as (typeof prepared)[number]
    change(text, digest)
  }
  next()

  const askControl = async ({ held }: SyncReport) => {
    if (options.control === 'down') throw new Error('the control is down')
    if (options.control === 'hanging') return new Promise<never>(() => undefined)
    await time.sleep(options.control / 2)
    const { text, digest } = revisions.at(-1) as Revision
    const current = { revision: revisions.length, digest }
    await time.sleep(options.control / 2)
    return { current, text: held?.digest === digest ? undefined : text, nextMs: 2000 }
  }

  const decided: Decided[] = []
  const loaders: AssignmentsLoader[] = []
  for (let c = 0; c < options.colos; c++) {
    const colo = options.withCache ? createColo() : NO_COLO
    const readKv = createKv(time, random, revisions)
    for (let i = 0; i < options.isolatesPerColo; i++) {
      const loader = new AssignmentsLoader({
        readKv,
        askControl,
        colo,
        kvRefreshMs: 30_000,
        controlRefreshMs: 2000,
        staleAfterMs: 5000,
        documentWaitMs: 300,
        allowInsecure: false,
        now: time.now,
        random: () => random.below(1_000_000) / 1_000_000,
      })
      const isolate = loaders.push(loader) - 1
      const everyMs = options.requestEveryMs[isolate % options.requestEveryMs.length] as number
      serve(loader, isolate, everyMs)
    }
  }

  /** Documents and pinned requests in turn, at times of chance. */
  function serve(loader: AssignmentsLoader, isolate: number, everyMs: number): void {
    let requests = 0
    const request = async () => {
      const kind = requests++ % 2 === 0 ? 'document' : 'pinned'
      setTimeout(request, 1 + random.below(2 * everyMs))
      const loaded = await loader.load(kind === 'document', () => undefined)
      const { isStale, assignments } = loaded
      const revision = assignments?.revision ?? 0
      decided.push({ at: time.now(), isolate, everyMs, kind, revision, isStale })
    }
    setTimeout(request, random.below(everyMs))
  }

  return {
    change: next,
    decided,
    calls: () => {
      const sum = (name: keyof AssignmentsLoader['counters']) =>
        loaders.reduce((total, { counters }) => total + counters[name], 0)
      return {
        control: sum('controlCalls'),
        kv: sum('kvReads'),
        shared: sum('sharedConfirmations'),
      }
    },
  }
}

/** KV as one data centre sees it: a write arrives late, and what was read stays for a while. */
function createKv(time: VirtualTime, random: Random, revisions: readonly Revision[]) {
  const delays: number[] = []
  let kept: { readonly text: string; readonly until: number } | undefined
  return async () => {
    await time.sleep(KV_READ_MS)
    if (!kept || time.now() >= kept.until) {
      while (delays.length < revisions.length) delays.push(random.below(KV_PROPAGATION_MS))
      const visible = revisions.filter(
        ({ at }, i) => i === 0 || at + (delays[i] ?? 0) <= time.now(),
      )
      kept = { text: visible.at(-1)?.text ?? '', until: time.now() + KV_CACHE_MS }
    }
    return kept.text
  }
}

/** The Cache API of one data centre, which answers at once. */
function createColo(): Colo {
  let document: { readonly text: string; readonly revision: number } | undefined
  let confirmation: Confirmation | undefined
  return {
    loadDocument: async () => document?.text,
    storeDocument: async (text, revision) => {
      if (revision >= (document?.revision ?? 0)) document = { text, revision }
    },
    loadConfirmation: async () => confirmation,
    storeConfirmation: async (told) => {
      confirmation = told
    },
  }
}

const NO_COLO: Colo = {
  loadDocument: async () => undefined,
  storeDocument: async () => undefined,
  loadConfirmation: async () => undefined,
  storeConfirmation: async () => undefined,
}
