// The table of versions that visitors have had, in the order in which they came: what is newer, and what
// ran before. ledger.ts notes every revision here, in the transaction that commits it.

import { readOpenness } from '../../document/open.ts'
import type { Content } from '../document/content.ts'
import { NO_STANDING, type Standing, toUnproven } from './budget.ts'
import { type Exposure, type PlaceOf, toExposure } from './forward.ts'

type Row = { readonly version: string; readonly place: number } & Standing

export class Served {
  readonly #sql: SqlStorage
  #places: ReadonlyMap<string, number> | undefined

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`CREATE TABLE IF NOT EXISTS served (
      version TEXT PRIMARY KEY,
      place INTEGER NOT NULL,
      unproven INTEGER NOT NULL DEFAULT 0,
      passed INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID`)
  }

  /**
   * The order of the versions of a document. A control that has no rows yet, of an older Holo, takes
   * those that visitors have had in the order in which they were published.
   */
  placesIn(content: Content): PlaceOf {
    const places = this.#read()
    if (places.size > 0) return (version) => places.get(version)
    const open = listOpen(content)
    return (version) => {
      const place = open.indexOf(version)
      return place < 0 ? undefined : place + 1
    }
  }

  /**
   * Notes a revision. Versions that come to visitors get the next places, those with more visitors first.
   * A version that has lost all its visitors to older ones was taken back: it counts as new from then on.
   */
  note(before: Content | undefined, after: Content, isBudgeted: boolean): void {
    const places = new Map(this.#read())
    const unproven = before && this.unprovenAfter(before, after, isBudgeted)
    if (places.size === 0 && before) {
      for (const [index, version] of listOpen(before).entries())
        this.#set(places, version, index + 1)
    }
    const is = toExposure(after)
    const was = before && toExposure(before)
    let top = Math.max(0, ...places.values())
    const isNew = ([version]: [string, number]) => !places.has(version)
    for (const [version] of [...is.counts].filter(isNew).sort(([, a], [, b]) => b - a)) {
      this.#set(places, version, ++top)
    }
    for (const version of was?.counts.keys() ?? []) {
      if (!was || is.counts.has(version) || !isTakenBack(version, was, is, places)) continue
      places.delete(version)
      this.#sql.exec('DELETE FROM served WHERE version = ?', version)
    }
    for (const version of places.keys()) {
      if (Object.hasOwn(after.versions, version)) continue
      places.delete(version)
      this.#sql.exec('DELETE FROM served WHERE version = ?', version)
    }
    this.#places = places
    for (const [version, { unproven: had }] of this.standings()) {
      const has = unproven?.get(version) ?? 0
      if (had === has) continue
      this.#sql.exec('UPDATE served SET unproven = ? WHERE version = ?', has, version)
    }
  }

  /** The unproven buckets of versions after a change. */
  unprovenAfter(before: Content, after: Content, isBudgeted: boolean): ReadonlyMap<string, number> {
    return toUnproven({
      was: toExposure(before),
      is: toExposure(after),
      placeOf: this.placesIn(before),
      standings: this.standings(),
      isBudgeted,
    })
  }

  standings(): ReadonlyMap<string, Standing> {
    const rows = this.#sql.exec<Row>('SELECT version, place, unproven, passed FROM served')
    return new Map(
      [...rows].map(({ version, unproven, passed }) => [version, { unproven, passed }]),
    )
  }

  /** Whether the judge of a rollout has passed a version since it came to visitors. */
  hasPassed(version: string): boolean {
    return (this.standings().get(version) ?? NO_STANDING).passed > 0
  }

  /** A rollout has taken a version back: what spoke for it does not count any more. */
  fail(version: string): void {
    this.#sql.exec('UPDATE served SET passed = 0 WHERE version = ?', version)
  }

  /** The judge of a rollout has passed a version with the buckets that it has in this document. */
  pass(version: string, content: Content): void {
    const count = toExposure(content).counts.get(version) ?? 0
    this.#sql.exec(
      'UPDATE served SET passed = max(passed, ?), unproven = 0 WHERE version = ?',
      ...[count, version],
    )
  }

  #set(places: Map<string, number>, version: string, place: number): void {
    places.set(version, place)
    this.#sql.exec('INSERT OR REPLACE INTO served (version, place) VALUES (?, ?)', version, place)
  }

  #read(): ReadonlyMap<string, number> {
    this.#places ??= new Map(
      [...this.#sql.exec<Row>('SELECT version, place FROM served')].map((row) => [
        row.version,
        row.place,
      ]),
    )
    return this.#places
  }
}

function isTakenBack(
  version: string,
  was: Exposure,
  is: Exposure,
  places: ReadonlyMap<string, number>,
): boolean {
  const own = places.get(version) ?? 0
  const heirs = new Set<string | undefined>()
  for (const [bucket, one] of was.buckets.entries()) {
    if (one === version) heirs.add(is.buckets[bucket])
  }
  if (heirs.size === 0) for (const one of is.buckets) heirs.add(one)
  return [...heirs].every((heir) => heir !== undefined && (places.get(heir) ?? own) < own)
}

/** Versions that visitors have had, as the document itself says it, the oldest first. */
function listOpen(content: Content): readonly string[] {
  const { counts } = toExposure(content)
  const openness = readOpenness(content)
  return Object.entries(content.versions)
    .filter(([id]) => {
      const { openIn, isOpenAnywhere } = openness.get(id) ?? {}
      return counts.has(id) || isOpenAnywhere || (openIn?.size ?? 0) > 0
    })
    .sort(([, a], [, b]) => (a.published ?? '').localeCompare(b.published ?? ''))
    .map(([id]) => id)
}
