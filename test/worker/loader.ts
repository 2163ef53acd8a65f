// A loader with a clock of its own, over real KV and Cache API or what a test puts in their place.

import { beforeEach, vi } from 'vitest'
import type { Colo } from '../../src/loading/colo.ts'
import { AssignmentsLoader, type LoaderOptions } from '../../src/loading/load.ts'
import { digestText, type SyncReply, type SyncReport } from '../../src/loading/sync.ts'
import { exampleDocument } from '../support/document.ts'

export const KV_REFRESH_MS = 1000
export const CONTROL_REFRESH_MS = 2000
export const STALE_AFTER_MS = 5000
export const DOCUMENT_WAIT_MS = 300

export const NO_COLO: Colo = {
  loadDocument: async () => undefined,
  storeDocument: async () => undefined,
  loadConfirmation: async () => undefined,
  storeConfirmation: async () => undefined,
}

/** What is logged as a warning, from the beginning of each test; nothing is printed. */
export function watchWarnings() {
  const warn = vi.spyOn(console, 'warn')
  beforeEach(() => {
    warn.mockReset().mockImplementation(() => undefined)
  })
  return warn
}

export const hang = () => new Promise<never>(() => undefined)

export const textOf = (revision: number, change = {}) =>
  JSON.stringify({ ...exampleDocument(), revision, ...change })

/** A control that holds `text()`, as the real one answers. */
export const controlWith =
  (text: () => string | undefined, nextMs = CONTROL_REFRESH_MS) =>
  async ({ held }: SyncReport): Promise<SyncReply> => {
    const own = text()
    if (own === undefined) return { current: undefined, text: undefined, nextMs }
    const current = { revision: JSON.parse(own).revision, digest: await digestText(own) }
    return { current, text: held?.digest === current.digest ? undefined : own, nextMs }
  }

/** `settle` waits for all work that was left behind. */
export function setUp(options: Partial<LoaderOptions> & Pick<LoaderOptions, 'readKv'>) {
  const pending: Promise<unknown>[] = []
  const clock = { ms: 0, began: Date.now() }
  const loader = new AssignmentsLoader({
    askControl: controlWith(() => undefined),
    colo: NO_COLO,
    kvRefreshMs: KV_REFRESH_MS,
    controlRefreshMs: CONTROL_REFRESH_MS,
    staleAfterMs: STALE_AFTER_MS,
    documentWaitMs: DOCUMENT_WAIT_MS,
    allowInsecure: false,
    now: () => clock.ms + (Date.now() - clock.began),
    random: () => 0.5,
    ...options,
  })
  return {
    loader,
    load: (mustBeFresh = false) => loader.load(mustBeFresh, (work) => pending.push(work)),
    pass: (ms: number) => {
      clock.ms += ms
    },
    settle: async () => {
      while (pending.length > 0) await pending.shift()
    },
  }
}
