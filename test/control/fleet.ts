// Many isolates and one control, simulated: who calls when, what the control takes in each second, and
// what it turns away because a Durable Object takes no more.

import type { Pace } from '../../src/control/pace.ts'
import { generator } from '../support/mutations.ts'

/** Of the platform: about so many calls a second, and "overloaded" for the rest. */
export const CAPACITY_PER_SECOND = 1000

/** Of the edge: ± this share of every wait, and how long it waits after a failure. */
const JITTER = 0.2
const FIRST_BACK_OFF_MS = 500
const LONGEST_BACK_OFF_MS = 30_000

/** One second of the control. */
export type Second = { readonly tried: number; readonly taken: number }

type Isolate = { failures: number }

/** What happens when `count` isolates begin within one second and call for `seconds`. */
export function simulateFleet(
  pace: Pace,
  count: number,
  seconds: number,
  isActive: (isolate: number, second: number) => boolean = () => true,
): Second[] {
  const random = generator(20_261_124)
  const isolates = Array.from({ length: count }, (): Isolate => ({ failures: 0 }))
  // Calls by millisecond: what is in the future is in the list of its own millisecond.
  const calendar = new Map<number, number[]>()
  const plan = (isolate: number, at: number) => {
    const calls = calendar.get(at)
    if (calls) calls.push(isolate)
    else calendar.set(at, [isolate])
  }
  for (const isolate of isolates.keys()) plan(isolate, Math.floor(random() * 1000))
  const record: Second[] = []
  for (let second = 0; second < seconds; second++) {
    let tried = 0
    let taken = 0
    for (let now = second * 1000; now < (second + 1) * 1000; now++) {
      const calls = calendar.get(now) ?? []
      calendar.delete(now)
      for (const index of calls) {
        const isolate = isolates[index]
        if (!isolate) continue
        const jitter = 1 - JITTER + 2 * JITTER * random()
        if (!isActive(index, second)) {
          plan(index, now + 1000)
          continue
        }
        tried++
        if (taken < CAPACITY_PER_SECOND) {
          taken++
          isolate.failures = 0
          plan(index, now + Math.max(1, Math.round(pace.record(now) * jitter)))
        } else {
          const backOff = Math.min(FIRST_BACK_OFF_MS * 2 ** isolate.failures, LONGEST_BACK_OFF_MS)
          isolate.failures++
          plan(index, now + Math.round(backOff * jitter))
        }
      }
    }
    record.push({ tried, taken })
  }
  return record
}
