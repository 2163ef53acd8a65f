// How old a document may be that a request is decided on, and how long the request waits for a better
// one. What is done about it meanwhile is the affair of kv-source.ts and control-source.ts.
//
// Values are shared between requests, promises never: one whose request has ended may never
// resolve. Whoever waits for another request's call looks at memory again until its own deadline.

import type { Held, Holding } from './holding.ts'
import { COLD_WAIT_MS, OVER_OLD_INTERVALS, POLL_MS } from './limits.ts'
import type { Turns } from './turns.ts'

export type Freshness = {
  /** Milliseconds between two looks at KV, before jitter. */
  readonly kvRefreshMs: number
  /** Age in milliseconds from which the control is asked behind the reply. */
  readonly controlRefreshMs: number
  /** Age in milliseconds past which a page's document waits for the control. */
  readonly staleAfterMs: number
  /** How long it waits at most, in milliseconds. */
  readonly documentWaitMs: number
}

/** The age counts from when the control last confirmed it. */
export function isFresh(
  { confirmedAt }: Held,
  now: number,
  { staleAfterMs }: Pick<Freshness, 'staleAfterMs'>,
): boolean {
  return now - confirmedAt <= staleAfterMs
}

/** The calls that a request itself has begun; each is `undefined` again when it has ended. */
export type OwnCalls = { kv: Promise<void> | undefined; control: Promise<void> | undefined }

export type WaitParts = {
  readonly holding: Holding
  readonly kv: Turns
  readonly control: Turns
  readonly freshness: Freshness
  readonly now: () => number
}

/**
 * Waits until there is a document that will do, or nobody is left who could bring it. Who has none
 * takes that of whoever answers first; who has one waits for the control, and for KV too where it
 * has not been read for long, because the control may be down.
 */
export async function waitForBetter(
  { holding, kv, control, freshness, now }: WaitParts,
  mustBeFresh: boolean,
  began: number,
  own: OwnCalls,
): Promise<void> {
  const { documentWaitMs, kvRefreshMs } = freshness
  for (;;) {
    const at = now()
    const { held } = holding
    if (held && (!mustBeFresh || isFresh(held, at, freshness))) return
    // Nobody waits for what is known to fail, but for who has nothing and has just begun to ask.
    const mayAwait = (turns: Turns, call: Promise<void> | undefined) =>
      turns.isUnderWay(at) && (!turns.isFailing || (!held && call !== undefined))
    const awaitsControl = mayAwait(control, own.control)
    const needsKv = !held || at - held.seenInKvAt > OVER_OLD_INTERVALS * kvRefreshMs
    const awaitsKv = needsKv && mayAwait(kv, own.kv)
    if (!awaitsControl && !awaitsKv) return
    if (at - began >= (held ? documentWaitMs : COLD_WAIT_MS)) {
      if (awaitsControl) control.disappoint()
      if (awaitsKv) kv.disappoint()
      return
    }
    const nap = new Promise<void>((resolve) => setTimeout(resolve, POLL_MS))
    await Promise.race([nap, own.kv, own.control].filter(Boolean))
  }
}
