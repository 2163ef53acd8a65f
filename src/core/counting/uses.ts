// How each version was used in one window: its requests, those of each of its services, and a sketch of the
// tabs that named themselves. Merges what isolates report, and writes it as the text of a row. Pure.

import {
  isPackedSketch,
  mergeSketch,
  newSketch,
  type PackedSketch,
  packSketch,
  type Sketch,
} from './distinct.ts'

/** Services of one version that an isolate tells apart; requests of others count for the version alone. */
export const MAX_COUNTED_SERVICES = 64

export type WindowUse = {
  requests: number
  /** Requests by the prefix of the service that they were sent to. */
  readonly services: Map<string, number>
  /** The tabs that made them, as far as they named themselves. */
  readonly tabs: Sketch
}

/** By version. */
export type WindowUses = Map<string, WindowUse>

/** The day of all hashes of tabs: their names are made at random for each page, and need no other salt. */
export const TAB_DAY = 0

type Told = {
  readonly version: string
  readonly requests: number
  readonly services: Readonly<Record<string, number>>
  readonly tabs: PackedSketch
}

export function addUse(uses: WindowUses, { version, requests, services, tabs }: Told): void {
  const use = uses.get(version) ?? { requests: 0, services: new Map(), tabs: newSketch() }
  uses.set(version, use)
  use.requests += requests
  for (const [prefix, count] of Object.entries(services)) {
    if (!use.services.has(prefix) && use.services.size >= MAX_COUNTED_SERVICES) continue
    use.services.set(prefix, (use.services.get(prefix) ?? 0) + count)
  }
  mergeSketch(use.tabs, tabs)
}

/** Whether a value that came from elsewhere has counts of services. */
export function isServiceCounts(value: unknown): value is Readonly<Record<string, number>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const counts = Object.entries(value)
  return (
    counts.length <= MAX_COUNTED_SERVICES &&
    counts.every(
      ([prefix, count]) => prefix.length <= 256 && Number.isSafeInteger(count) && count >= 0,
    )
  )
}

/** The text of a row. An entry of a sketch has 14 bits, and so is one character. */
export function toUsesText(uses: WindowUses): string {
  if (uses.size === 0) return ''
  return JSON.stringify(
    [...uses].map(([version, { requests, services, tabs }]) => [
      version,
      requests,
      Object.fromEntries(services),
      String.fromCharCode(...packSketch(tabs)),
    ]),
  )
}

/** Takes a text that cannot be read as empty: a bad row must not stop the control. */
export function parseUsesText(text: string): WindowUses {
  const uses: WindowUses = new Map()
  if (text === '') return uses
  try {
    const rows: [string, number, Record<string, number>, string][] = JSON.parse(text)
    for (const [version, requests, services, entries] of rows) {
      const tabs = Uint16Array.from(entries, (character) => character.charCodeAt(0))
      if (!isServiceCounts(services) || !isPackedSketch(tabs)) continue
      addUse(uses, { version, requests, services, tabs })
    }
  } catch (cause) {
    console.error('a row of uses cannot be read', cause)
  }
  return uses
}
