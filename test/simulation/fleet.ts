// Many isolates in several data centres with one control, on a virtual clock: each is the edge's own
// loader. What takes time on the real network (the control's answer, KV's propagation) takes it here.

import { toCheckedForm } from '../../src/loading/checked.ts'
import { createColo } from '../../src/loading/colo.ts'
import { AssignmentsLoader } from '../../src/loading/load.ts'
// What is loaded with the first document would take real time, and the clock here is a virtual one.
import '../../src/loading/validate-document.ts'
import { digestText, type SyncReport } from '../../src/loading/sync.ts'
import { exampleDocument } from '../support/document.ts'
import { makeRandom, type Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

const FORM = toCheckedForm(false)

export type FleetOptions = {
  readonly colos: number
  readonly isolatesPerColo: number
  /** Milliseconds between two requests of an isolate, on average; the isolates take turns. */
  readonly requestEveryMs: readonly number[]
  /** From the question to the answer, in milliseconds. */
  readonly control: number | Fault
  /** As on workers.dev, the Cache API may do nothing. */
  readonly withCache: boolean
  readonly seed: number
}

/** Fails at once, or never answers. */
export type Fault = 'down' | 'hanging'

/** One request that was decided. */
export type Decided = {
  readonly at: number
  readonly isolate: number
  readonly everyMs: number
  readonly kind: 'document' | 'pinned'
  readonly revision: number
  readonly isStale: boolean
  /** How long it waited for its document. */
  readonly waitedMs: number
}

export type Fleet = {
  /** The control accepts the next revision, and KV takes it. */
  readonly change: () => void
  readonly decided: readonly Decided[]
  readonly calls: () => Calls
  /** One more in the first data centre, which nobody asks for anything yet. */
  readonly addIsolate: () => AssignmentsLoader
  /** From now on; what is not named works as it was told to. */
  readonly breakDown: (faults: { control?: Fault; kv?: Fault; colo?: Fault }) => void
}

export type Calls = { readonly control: number; readonly kv: number; readonly shared: number }

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

  let faults: Parameters<Fleet['breakDown']>[0] = {}
  const askControl = async ({ held }: SyncReport) => {
    const control = faults.control ?? options.control
    if (typeof control === 'string') return suffer(control)
    await time.sleep(control / 2)
    const { text, digest } = revisions.at(-1) as Revision
    const current = { revision: revisions.length, digest }
    await time.sleep(control / 2)
    return { current, text: held?.digest === digest ? undefined : text, nextMs: 2000 }
  }

  const decided: Decided[] = []
  const loaders: AssignmentsLoader[] = []
  const places = Array.from({ length: options.colos }, () => {
    const colo = createColo(options.withCache ? createCache(() => faults.colo) : NO_CACHE, FORM)
    const kv = createKv(time, random, revisions)
    return { colo, readKv: () => (faults.kv ? suffer(faults.kv) : kv()) }
  })
  const addIsolate = ({ colo, readKv } = places[0] as (typeof places)[number]) => {
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
    loaders.push(loader)
    return loader
  }
  for (const place of places) {
    for (let i = 0; i < options.isolatesPerColo; i++) {
      const isolate = loaders.length
      const everyMs = options.requestEveryMs[isolate % options.requestEveryMs.length] as number
      serve(addIsolate(place), isolate, everyMs)
    }
  }

  /** Documents and pinned requests in turn, at times of chance. */
  function serve(loader: AssignmentsLoader, isolate: number, everyMs: number): void {
    let requests = 0
    const request = async () => {
      const kind = requests++ % 2 === 0 ? 'document' : 'pinned'
      setTimeout(request, 1 + random.below(2 * everyMs))
      const began = time.now()
      const { isStale, assignments } = await loader.load(kind === 'document', () => undefined)
      const revision = assignments?.revision ?? 0
      const at = time.now()
      decided.push({ at, isolate, everyMs, kind, revision, isStale, waitedMs: at - began })
    }
    setTimeout(request, random.below(everyMs))
  }

  return {
    change: next,
    decided,
    addIsolate: () => addIsolate(),
    breakDown: (next) => {
      faults = next
    },
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

/** The Cache API of one data centre. */
function createCache(fault: () => Fault | undefined): Parameters<typeof createColo>[0] {
  const kept = new Map<string, { readonly text: string; readonly headers: Headers }>()
  return {
    match: async (key) => {
      const current = fault()
      if (current) return suffer(current)
      const found = kept.get(String(key))
      return found && new Response(found.text, { headers: found.headers })
    },
    put: async (key, response) => {
      const current = fault()
      if (current) return suffer(current)
      kept.set(String(key), { text: await response.text(), headers: response.headers })
    },
  }
}

function suffer(fault: Fault): Promise<never> {
  if (fault === 'down') return Promise.reject(new Error('it is down'))
  return new Promise(() => undefined)
}

const NO_CACHE: Parameters<typeof createColo>[0] = {
  match: async () => undefined,
  put: async () => undefined,
}
