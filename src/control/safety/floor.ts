// The oldest version that one may go back to, as versions declare it: a version whose database has lost a
// column cannot hand its visitors to one that reads the column. Pure. docs/safety.md has it in words.

import { getOwn } from '../../core/own.ts'
import { readOpenness } from '../../document/open.ts'
import type { Content } from '../document/content.ts'
import { toExposure } from './forward.ts'

/**
 * Why a change may not be made: it gives visitors a version that is older than what a version which
 * visitors have had says one may go back to. `undefined` if it may.
 */
export function findBelowFloor(before: Content, after: Content): string | undefined {
  if (before === after || Object.values(after.versions).every(({ floor }) => floor === undefined)) {
    return undefined
  }
  const [was, is] = [toExposure(before), toExposure(after)]
  const gaining = new Set<string>()
  for (const [bucket, version] of is.buckets.entries()) {
    if (version !== undefined && version !== was.buckets[bucket]) gaining.add(version)
  }
  for (const [key, version] of is.slots) if (version !== was.slots.get(key)) gaining.add(version)
  if (gaining.size === 0) return undefined
  const openness = readOpenness(before)
  const binding = Object.keys(before.versions).filter((id) => {
    const { openIn, isOpenAnywhere } = openness.get(id) ?? {}
    return was.counts.has(id) || isOpenAnywhere || (openIn?.size ?? 0) > 0
  })
  for (const version of gaining) {
    const binder = binding.find((id) => isBelowFloorOf(after, version, id))
    if (binder !== undefined) return toText(after, version, binder)
  }
  return undefined
}

/**
 * Why a rollout could not take its release back; `undefined` if it could.
 *
 * @param back the version that its visitors would get.
 */
export function findNoWayBack(content: Content, version: string, back: string): string | undefined {
  if (!isBelowFloorOf(content, back, version)) return undefined
  return `${toText(content, back, version)}. A rollout could not take its release back by itself`
}

/**
 * Whether `version` is older than the floor of `binder`. Of a floor that the document does not have any
 * more, every version is older that was published before the binder.
 */
function isBelowFloorOf(content: Content, version: string, binder: string): boolean {
  const floor = getOwn(content.versions, binder)?.floor
  if (floor === undefined || version === floor || version === binder) return false
  const limit = getOwn(content.versions, floor) ? floor : binder
  return isOlder(content, version, limit)
}

/** By the time of their publication; by their place in the document, if that does not tell. */
function isOlder({ versions }: Content, one: string, other: string): boolean {
  const [a, b] = [one, other].map((id) => Date.parse(getOwn(versions, id)?.published ?? ''))
  if (a !== undefined && b !== undefined && a !== b && !Number.isNaN(a) && !Number.isNaN(b)) {
    return a < b
  }
  const ids = Object.keys(versions)
  return ids.indexOf(one) < ids.indexOf(other)
}

function toText({ versions }: Content, version: string, binder: string): string {
  const floor = getOwn(versions, binder)?.floor
  return `version "${binder}" says that one may not go back below "${floor}", and "${version}" is older`
}
