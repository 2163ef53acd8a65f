// What all replies of a version in an environment say alike: which version answered, and where document and bytes
// came from.

import { memoiseByObject } from '../core/memoise.ts'
import { toPin } from '../core/pins.ts'
import type { Decision } from '../core/types.ts'

export type Exposed = ReadonlySet<'version' | 'environment' | 'bucket' | 'timing'>

/** A metric of Server-Timing that says where something came from. */
export function toTiming(name: 'holo-assignments' | 'holo-bytes', source: string): string {
  return `${name};desc="${source}"`
}

/**
 * What all replies of a version in an environment say alike while the document is in memory, by where the bytes of
 * the file came from. It is the same object each time, so that a file's headers can be kept with it.
 */
export type Stamp = Readonly<Record<'memory' | 'none', Readonly<Record<string, string>>>>

/** The stamps of one document by pin; there are as many as its versions and environments allow. */
const stampsOf = memoiseByObject((_: Exposed) => new Map<string, Stamp>())

export function toStamp(expose: Exposed, { version, environment }: Decision): Stamp {
  const stamps = stampsOf(expose)
  const pin = toPin(version.id, environment)
  const known = stamps.get(pin)
  if (known) return known
  const make = (source: keyof Stamp) => ({
    ...(expose.has('version') && { 'Holo-Version': version.id }),
    ...(expose.has('environment') && { 'Holo-Environment': environment }),
    ...(expose.has('timing') && {
      'Server-Timing': `${toTiming('holo-assignments', 'memory')}, ${toTiming('holo-bytes', source)}`,
    }),
  })
  const stamp = { memory: make('memory'), none: make('none') }
  stamps.set(pin, stamp)
  return stamp
}
