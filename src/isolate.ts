// Everything that an isolate keeps in memory from one request to the next.

import { Assets } from './assets/assets.ts'
import { createEdgeCache, createR2Store, toColoCache } from './assets/store.ts'
import { ReportLimits } from './beacon/limits.ts'
import { Proofs } from './beacon/proofs.ts'
import { readAuthoritySettings } from './control/access/authority-settings.ts'
import { CONTROL_NAME } from './control/contract.ts'
import type { Service } from './core/types.ts'
import type { Env } from './env.ts'
import { Ofrep } from './flags/ofrep.ts'
import { toCheckedForm } from './loading/checked.ts'
import { createColo } from './loading/colo.ts'
import { createKvReader } from './loading/kv-source.ts'
import { AssignmentsLoader } from './loading/load.ts'
import { type Counter, createCounter, SkippedRules } from './metrics/counter.ts'
import { PreviewGate } from './preview/gate.ts'
import { type Backends, createBackends } from './proxy/origins.ts'
import { ShadowBudget } from './proxy/shadow/budget.ts'
import { VisitorsFirst } from './proxy/shadow/visitors-first.ts'
import { readSettings } from './settings.ts'

export type IsolateParts = {
  readonly env: Env
  readonly loader: AssignmentsLoader
  readonly counter: Counter
  readonly assets: Assets
  /** Answers while nothing has been published. */
  readonly toDefaultService: () => Promise<Service | undefined>
  readonly backends: Backends
  readonly skippedRules: SkippedRules
  readonly reportLimits: ReportLimits
  readonly proofs: Proofs
  readonly shadowBudget: ShadowBudget
  readonly visitorsFirst: VisitorsFirst
  /** Where browsers may sign in, and no version is served; everywhere if undefined. */
  readonly dashboardHost: string | undefined
  readonly staleAfterMs: number
  readonly gate: PreviewGate
  readonly ofrep: Ofrep
}

export function createIsolateParts(env: Env): IsolateParts {
  const settings = readSettings(env)
  const cache = toColoCache(settings.cacheName)
  const backends = createBackends({ bindings: env, now: Date.now, random: Math.random })
  const counter = createCounter(env.COUNTS, settings.countsFlushMs)
  const loader = new AssignmentsLoader({
    readKv: createKvReader(env.ASSIGNMENTS),
    // A new stub for each call: a stub whose call failed may stay broken.
    askControl: (report) => env.CONTROL.getByName(CONTROL_NAME).sync(report),
    colo: createColo(cache, toCheckedForm(settings.allowInsecure)),
    noteDown: (origins) => backends.origins.hint(origins),
    counting: counter.recorder.outgoing,
    now: Date.now,
    random: Math.random,
    ...settings,
  })
  return {
    env,
    loader,
    counter,
    assets: new Assets({
      store: createR2Store(env.STORE),
      cache: createEdgeCache(cache),
    }),
    toDefaultService: toDefaultService(settings.defaultOrigin),
    backends,
    skippedRules: new SkippedRules(),
    reportLimits: new ReportLimits(),
    proofs: new Proofs(),
    shadowBudget: new ShadowBudget(Date.now),
    visitorsFirst: new VisitorsFirst({ now: Date.now, sleep }),
    dashboardHost: settings.dashboardHost,
    staleAfterMs: settings.staleAfterMs,
    gate: new PreviewGate({
      access: readAuthoritySettings(env).access,
      fetch: (...args) => fetch(...args),
      now: Date.now,
    }),
    ofrep: new Ofrep(),
  }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** It is compiled when it is needed: with a document it never is. */
function toDefaultService(origin: string | undefined): IsolateParts['toDefaultService'] {
  let service: Service | undefined
  return async () => {
    if (!origin || service) return service
    const { compileService } = await import('./document/compile.ts')
    service = compileService({ prefix: '/', origins: [origin] })
    return service
  }
}
