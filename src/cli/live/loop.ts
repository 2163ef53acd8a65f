// When `holo watch` refreshes, and what it knows after a refresh that failed. Loading, drawing and the clock are
// arguments.

import { toBackOffMs } from '../../core/back-off.ts'
import { CliFailure, EXIT } from '../failure.ts'
import type { LivePage } from './load.ts'

/** The last page that was read, and why there is no newer one. */
export type LiveState = {
  readonly page: LivePage
  readonly failed?: LiveFailure
  /** When the next refresh begins; `undefined` while one is under way. */
  readonly nextAt?: number
}

type LiveFailure = {
  readonly failure: CliFailure
  /** When the first refresh failed after the last one that did not. */
  readonly since: number
  /** How many have failed since. */
  readonly times: number
}

export type LiveLoop = {
  readonly load: () => Promise<LivePage>
  /** Called after each refresh (`isNew`), and with `isTicking` about once a second. */
  readonly draw: (state: LiveState, isNew: boolean) => void
  readonly isTicking: boolean
  readonly everyMs: number
  /** How many refreshes; endless if left out. */
  readonly times?: number | undefined
  readonly clock: LiveClock
  /** Aborted to end the loop. */
  readonly signal: AbortSignal
}

export type LiveClock = {
  readonly now: () => number
  /** Rejects when the signal aborts, and may end early, as when the terminal was resized. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>
  /** Whether somebody has asked for a refresh since the last call. */
  readonly isWanted: () => boolean
}

/** The longest pause after failures, unless `everyMs` is longer. */
const MAX_PAUSE_MS = 60_000
/** Between two refreshes that somebody asks for. */
const MIN_PAUSE_MS = 1000
const TICK_MS = 1000

/**
 * Loads and draws until the signal aborts, or as often as said, and never twice at the same time. The first
 * refresh has to succeed; later failures are part of the state.
 *
 * @returns the last state. @throws what the first refresh throws.
 */
export async function runLiveLoop(loop: LiveLoop): Promise<LiveState> {
  const { load, draw, everyMs, times = Number.POSITIVE_INFINITY, clock, signal } = loop
  let state: LiveState = { page: await load() }
  for (let done = 1; ; done++) {
    const isLast = done >= times
    const pauseMs = toPauseMs(everyMs, state.failed)
    if (!isLast) state = { ...state, nextAt: clock.now() + pauseMs }
    draw(state, true)
    if (isLast || !(await waitUntilNext(loop, state))) return state
    const { nextAt: _, ...before } = state
    state = before
    try {
      state = { page: await withTicks(loop, state, load()) }
    } catch (cause) {
      if (signal.aborted) return state
      state = { page: state.page, failed: toFailed(cause, state.failed, clock.now()) }
    }
  }
}

/** @returns false when the loop is to end. */
async function waitUntilNext(loop: LiveLoop, state: LiveState): Promise<boolean> {
  const { clock, signal, isTicking, draw } = loop
  const earliest = clock.now() + MIN_PAUSE_MS
  let { nextAt = earliest } = state
  try {
    for (let left = nextAt - clock.now(); left > 0; left = nextAt - clock.now()) {
      await clock.sleep(isTicking ? Math.min(left, TICK_MS) : left, signal)
      if (clock.isWanted()) nextAt = Math.min(nextAt, earliest)
      if (isTicking && !signal.aborted) draw(state, false)
    }
  } catch (cause) {
    if (!signal.aborted) throw cause
  }
  return !signal.aborted
}

/** Draws while a refresh is under way, so that the clock goes on and a resized terminal is noticed. */
async function withTicks<T>(
  { isTicking, clock, draw, signal }: LiveLoop,
  state: LiveState,
  loading: Promise<T>,
): Promise<T> {
  if (!isTicking) return loading
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const tick = async () => {
    while (!either.aborted) {
      await clock.sleep(TICK_MS, either).catch(() => {})
      if (!either.aborted) draw(state, false)
    }
  }
  const ticking = tick()
  try {
    return await loading
  } finally {
    stop.abort()
    await ticking
  }
}

/** A refusal, such as of a token that has expired, does not pass by itself: Holo is asked once a minute. */
function toPauseMs(everyMs: number, failed: LiveFailure | undefined): number {
  if (!failed) return everyMs
  const longest = Math.max(everyMs, MAX_PAUSE_MS)
  if (failed.failure.exitCode === EXIT.refused) return longest
  return toBackOffMs(failed.times, everyMs, longest)
}

function toFailed(cause: unknown, before: LiveFailure | undefined, now: number): LiveFailure {
  // Anything else is a bug of this command.
  if (!(cause instanceof CliFailure)) throw cause
  return { failure: cause, since: before?.since ?? now, times: (before?.times ?? 0) + 1 }
}
