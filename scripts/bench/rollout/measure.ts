// One rollout from its start until nobody is on the version any more that was taken back.

import { setTimeout as sleep } from 'node:timers/promises'
import { Mistake } from '../../local/mistake.ts'
import type { Release } from './releases.ts'
import type { Stand } from './stand.ts'
import { type Crowd, LONGEST_TAB_MS } from './visitors.ts'

const LOOK_EVERY_MS = 1000

/** Seconds, where nothing else is said; `undefined` where there was none. */
export type Measured = {
  readonly name: string
  readonly version: string
  /** How it ended, in words. */
  readonly phase: string
  readonly reason: string | undefined
  /** When each weight in percent was given. */
  readonly steps: readonly { readonly weight: number; readonly after: number }[]
  readonly took: number
  /** All who came meanwhile, and those of them who were given the version before it was decided. */
  readonly visitors: number
  readonly exposed: number
  /** Calls of the version that failed before it was decided. */
  readonly failed: number
  /** From the first bad reply to the decision. */
  readonly toDecision: number | undefined
  /** From the decision to the last page, and to the last reply at all, of the version. */
  readonly toLastDocument: number | undefined
  readonly toLastRequest: number | undefined
  /** Whether a replay said the same, and of how many windows. */
  readonly replay: { readonly same: boolean; readonly windows: number }
}

/**
 * @param atMostMs after which a rollout that decides nothing is given up.
 * @throws Mistake when it is.
 */
export async function measureRollout(
  stand: Stand,
  crowd: Crowd,
  release: Release,
  atMostMs: number,
  say: (line: string) => void,
): Promise<Measured> {
  const { name, version } = release
  crowd.takeArrived()
  const id = await stand.startRollout(release)
  let said = ''
  const given = crowd.given(version)
  let { status, exposed, failed } = await look()
  const began = status.startedAt
  while (status.endedAt === undefined) {
    if (Date.now() - began > atMostMs) {
      throw new Mistake(`${name}: nothing decided after ${exposed} visitors, ${status.phaseText}`)
    }
    await sleep(LOOK_EVERY_MS)
    ;({ status, exposed, failed } = await look())
  }
  const endedAt = status.endedAt
  const visitors = crowd.takeArrived()
  const isBack = status.phase === 'rolledBack'
  // Whoever still has a tab of it may close it.
  if (isBack) await sleep(LONGEST_TAB_MS)
  const { transitions } = await stand.explainRollout(id)
  const firstBad = release.slowerMs > 0 ? given.firstCallAt : given.firstFailureAt
  const since = (from: number | undefined, to: number) =>
    isBack && from !== undefined ? Math.max(0, to - from) / 1000 : undefined
  const { same, windows } = await stand.replayRollout(id)
  return {
    name,
    version,
    phase: status.phaseText,
    reason: status.reason,
    steps: transitions.map(({ weight, at }) => ({ weight, after: (at - began) / 1000 })),
    took: (endedAt - began) / 1000,
    visitors,
    exposed,
    failed,
    toDecision: since(firstBad, endedAt),
    toLastDocument: since(endedAt, given.lastDocumentAt),
    toLastRequest: since(endedAt, given.lastRequestAt),
    replay: { same, windows },
  }

  async function look() {
    const status = await stand.readRollout(id)
    const seen = { status, exposed: given.visitors.size, failed: given.failed }
    const line = `${name}: ${status.phaseText}, ${seen.exposed} visitors of it`
    if (status.phaseText !== said) say(line)
    said = status.phaseText
    return seen
  }
}
