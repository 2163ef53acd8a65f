// Decides which parts of a change go forward: give visitors something newer than what they have. Pure.
// docs/safety.md has the definition in words. The document before a change is compared with the document
// after it, so that a new command cannot forget the check.

import { toCanonicalJson } from '../../core/canonical-json.ts'
import { getOwn } from '../../core/own.ts'
import { toOwners } from '../../core/traffic.ts'
import type { Content } from '../document/content.ts'

/**
 * One part of a change that goes forward. `buckets` are those of 10,000 that it gives to the version;
 * `undefined` if it cannot be said how many visitors it concerns.
 */
export type ForwardStep = {
  readonly text: string
  readonly version?: string
  readonly buckets?: number
}

/** The place of a version in the order in which versions came to visitors; `undefined` for a new one. */
export type PlaceOf = (version: string) => number | undefined

/** What a document gives to whom: by bucket, and by rule or host name. */
export type Exposure = {
  /** By bucket, its version. */
  readonly buckets: readonly (string | undefined)[]
  /** By rule or host name, the version that it leads to. */
  readonly slots: ReadonlyMap<string, string>
  /** By version, how many buckets have it; 0 for one that only a rule or a host name leads to. */
  readonly counts: ReadonlyMap<string, number>
}

export function toExposure({ environments, traffic, rules = [] }: Content): Exposure {
  const buckets = toOwners(traffic).map((name) =>
    name === undefined ? undefined : getOwn(environments, name)?.version,
  )
  const slots = new Map<string, string>()
  for (const { when, environment } of rules) {
    const found = getOwn(environments, environment)
    const key = `rule ${toCanonicalJson(when)}`
    // Of two rules with one condition, the first decides.
    if (found && !found.restricted && !slots.has(key)) slots.set(key, found.version)
  }
  for (const { version, restricted, hosts = [] } of Object.values(environments)) {
    if (!restricted) for (const host of hosts) slots.set(`host ${host}`, version)
  }
  const counts = new Map<string, number>()
  for (const version of buckets) {
    if (version !== undefined) counts.set(version, (counts.get(version) ?? 0) + 1)
  }
  for (const version of slots.values()) counts.set(version, counts.get(version) ?? 0)
  return { buckets, slots, counts }
}

/** Whether visitors who had `from` get something newer with `to`. */
export function isForward(from: string | undefined, to: string, placeOf: PlaceOf): boolean {
  if (from === to) return false
  const next = placeOf(to)
  if (next === undefined) return true
  const before = from === undefined ? undefined : placeOf(from)
  return before !== undefined && next > before
}

/** Every part of the change that goes forward; none if it changes nothing, or only takes back. */
export function findForward(
  before: Content,
  after: Content,
  placeOf: PlaceOf,
): readonly ForwardStep[] {
  if (before === after) return []
  const [was, is] = [toExposure(before), toExposure(after)]
  return [
    ...findReshuffled(before, after),
    ...findBuckets(was, is, placeOf),
    ...findSlots(was, is, placeOf),
    ...findContents(before, after, was, is),
    ...findFlags(before, after),
  ]
}

/** Another salt, or another way to know visitors, gives everybody another bucket. */
function findReshuffled(before: Content, after: Content): readonly ForwardStep[] {
  const isSame =
    toCanonicalJson([before.salt, before.visitor ?? null]) ===
    toCanonicalJson([after.salt, after.visitor ?? null])
  return isSame ? [] : [{ text: 'every visitor gets another bucket' }]
}

function findBuckets(was: Exposure, is: Exposure, placeOf: PlaceOf): readonly ForwardStep[] {
  const gained = new Map<string, number>()
  for (const [bucket, version] of is.buckets.entries()) {
    if (version === undefined || !isForward(was.buckets[bucket], version, placeOf)) continue
    gained.set(version, (gained.get(version) ?? 0) + 1)
  }
  return [...gained].map(([version, buckets]) => ({
    text: `version "${version}" gets ${buckets / 100} % more of the visitors`,
    version,
    buckets,
  }))
}

function findSlots(was: Exposure, is: Exposure, placeOf: PlaceOf): readonly ForwardStep[] {
  const steps: ForwardStep[] = []
  for (const key of new Set([...was.slots.keys(), ...is.slots.keys()])) {
    const [old, young] = [was.slots.get(key), is.slots.get(key)]
    if (old === young) continue
    // Whom no rule and no host name leads gets a version by bucket.
    const from = old === undefined ? new Set(was.buckets) : [old]
    const to = young === undefined ? new Set(is.buckets) : [young]
    const newer = [...to].find(
      (version) =>
        version !== undefined && [...from].some((one) => isForward(one, version, placeOf)),
    )
    if (newer === undefined) continue
    steps.push({ text: `version "${newer}" gets the visitors of ${key}`, version: newer })
  }
  const [order, ordered] = [[...was.slots.keys()], [...is.slots.keys()]].map((keys) =>
    keys.filter((key) => key.startsWith('rule ') && was.slots.has(key) && is.slots.has(key)),
  )
  if (JSON.stringify(order) !== JSON.stringify(ordered)) {
    steps.push({ text: 'the rules have another order' })
  }
  return steps
}

/** Other files or backends of a version that visitors have are as new to them as another version. */
function findContents(
  before: Content,
  after: Content,
  was: Exposure,
  is: Exposure,
): readonly ForwardStep[] {
  const toText = (content: Content, id: string) => {
    const { manifest, services } = getOwn(content.versions, id) ?? {}
    return toCanonicalJson([manifest ?? null, services ?? []])
  }
  return [...is.counts]
    .filter(([id]) => was.counts.has(id) && toText(before, id) !== toText(after, id))
    .map(([version]) => ({ text: `version "${version}" gets other files or services`, version }))
}

/** A flag that is switched off or removed takes something back; any other change goes forward. */
function findFlags(before: Content, after: Content): readonly ForwardStep[] {
  const toText = (flag: object | undefined) => {
    const { metadata: _, experiment: __, ...rest } = (flag ?? {}) as Record<string, unknown>
    return toCanonicalJson(rest)
  }
  const steps = Object.entries(after.flags ?? {})
    .filter(([key, flag]) => {
      const old = getOwn(before.flags ?? {}, key)
      return flag.state !== 'DISABLED' && toText(old) !== toText(flag)
    })
    .map(([key]) => ({ text: `the flag "${key}" changes` }))
  const [had, has] = [before, after].map(({ flagSettings }) =>
    toCanonicalJson(flagSettings?.$evaluators ?? {}),
  )
  if (had === has) return steps
  return [...steps, { text: 'shared parts of the targeting of flags change' }]
}
