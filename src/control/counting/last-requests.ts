// When each version and each of its services was last asked, how often in the last hour, and by how many tabs.
// In memory; metric-store.ts keeps the windows that it is made of.

import {
  estimateVisitors,
  mergeSketch,
  newSketch,
  packSketch,
} from '../../core/counting/distinct.ts'
import { WINDOW_MS } from '../../core/counting/limits.ts'
import { addUse, type WindowUses } from '../../core/counting/uses.ts'
import { MAX_USED_VERSIONS } from './limits.ts'

const MINUTE_MS = 60_000
const WINDOWS_PER_MINUTE = MINUTE_MS / WINDOW_MS
const HOUR_MINUTES = 60

type UsedWindow = { readonly window: number; readonly uses: WindowUses }

type Last = {
  /** The newest window with a request. */
  window: number
  /** The same of each service, by its prefix. */
  readonly services: Map<string, number>
}

export type ServiceRequests = {
  /** The end of the ten seconds in which the last request came; `undefined` if none is known. */
  readonly lastRequestAt: number | undefined
  readonly requestsLastHour: number
}

export type VersionRequests = ServiceRequests & {
  /** How many tabs have named themselves in the last hour, about; never more than there were requests. */
  readonly tabs: number
  /** By prefix. */
  readonly services: ReadonlyMap<string, ServiceRequests>
}

export class LastRequests {
  readonly #last = new Map<string, Last>()
  /** The last hour, by minute. */
  readonly #minutes = new Map<number, WindowUses>()

  /** @param text as `toText` wrote it; empty for nothing. */
  constructor(text: string) {
    for (const [version, window, services] of parseLast(text)) {
      this.#last.set(version, { window, services: new Map(Object.entries(services)) })
    }
  }

  /**
   * Adds versions of which nothing else is known, as those that an older Holo has counted.
   *
   * @param sums the last minute in which each was asked, as the sums of all time have it.
   */
  addUnknown(sums: readonly { readonly version: string; readonly at: number }[]): void {
    const unknown = sums.filter(({ version }) => !this.#last.has(version))
    for (const { version, at } of unknown) this.#note(version, (at + 1) * WINDOWS_PER_MINUTE - 1)
  }

  add({ window, uses }: UsedWindow): void {
    const minute = Math.floor(window / WINDOWS_PER_MINUTE)
    const known = this.#minutes.get(minute) ?? new Map()
    this.#minutes.set(minute, known)
    for (const [version, use] of uses) {
      const last = this.#note(version, window)
      for (const prefix of use.services.keys()) {
        last.services.set(prefix, Math.max(window, last.services.get(prefix) ?? 0))
      }
      const { requests, services, tabs } = use
      const told = { version, requests, services: Object.fromEntries(services) }
      addUse(known, { ...told, tabs: packSketch(tabs) })
    }
    for (const old of this.#minutes.keys()) {
      if (old < minute - HOUR_MINUTES) this.#minutes.delete(old)
    }
    this.#forget()
  }

  /** @param open windows that are not closed yet. */
  read(version: string, open: readonly UsedWindow[], now: number): VersionRequests {
    const last = this.#last.get(version)
    const newest = open.filter(({ uses }) => uses.has(version))
    const toTime = (windows: readonly number[]) =>
      windows.length === 0 ? undefined : Math.min(now, (Math.max(...windows) + 1) * WINDOW_MS)
    const since = Math.floor(now / MINUTE_MS) - HOUR_MINUTES
    const uses = [
      ...[...this.#minutes].filter(([minute]) => minute >= since).map(([, used]) => used),
      ...newest.map((window) => window.uses),
    ].flatMap((used) => used.get(version) ?? [])
    const tabs = newSketch()
    for (const use of uses) mergeSketch(tabs, packSketch(use.tabs))
    const requestsLastHour = uses.reduce((sum, { requests }) => sum + requests, 0)
    const prefixes = new Set([
      ...(last?.services.keys() ?? []),
      ...uses.flatMap(({ services }) => [...services.keys()]),
    ])
    const toService = (prefix: string): ServiceRequests => ({
      lastRequestAt: toTime([
        ...(last?.services.has(prefix) ? [last.services.get(prefix) as number] : []),
        ...newest
          .filter((window) => window.uses.get(version)?.services.has(prefix))
          .map(({ window }) => window),
      ]),
      requestsLastHour: uses.reduce((sum, use) => sum + (use.services.get(prefix) ?? 0), 0),
    })
    return {
      lastRequestAt: toTime([
        ...(last ? [last.window] : []),
        ...newest.map(({ window }) => window),
      ]),
      requestsLastHour,
      tabs: Math.min(estimateVisitors(tabs), requestsLastHour),
      services: new Map([...prefixes].map((prefix) => [prefix, toService(prefix)])),
    }
  }

  /** When everything was last asked, for the next start of the control. */
  toText(): string {
    return JSON.stringify(
      [...this.#last].map(([version, { window, services }]) => [
        version,
        window,
        Object.fromEntries(services),
      ]),
    )
  }

  #note(version: string, window: number): Last {
    const known = this.#last.get(version) ?? { window, services: new Map() }
    known.window = Math.max(known.window, window)
    this.#last.set(version, known)
    return known
  }

  /** Versions that have not been asked for the longest time are forgotten. */
  #forget(): void {
    if (this.#last.size <= MAX_USED_VERSIONS) return
    const oldestFirst = [...this.#last].sort(([, a], [, b]) => a.window - b.window)
    for (const [version] of oldestFirst.slice(0, this.#last.size - MAX_USED_VERSIONS)) {
      this.#last.delete(version)
    }
  }
}

/** Takes a text that cannot be read as empty: a bad row must not stop the control. */
function parseLast(text: string): [string, number, Record<string, number>][] {
  if (text === '') return []
  try {
    return JSON.parse(text)
  } catch (cause) {
    console.error('a row of last uses cannot be read', cause)
    return []
  }
}
