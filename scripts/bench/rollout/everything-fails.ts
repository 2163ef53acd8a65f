// Measures how fast a release goes that fails for everybody, at a rate of visitors: from the reply to the third
// client of it that failed to the decision, and from there to the last page of it that anybody got.

import { setTimeout as sleep } from 'node:timers/promises'
import { Mistake } from '../../../src/local/mistake.ts'
import { FAILING, STEADY_PLAN } from './releases.ts'
import type { Stand } from './stand.ts'
import { type Crowd, LONGEST_TAB_MS } from './visitors.ts'

const LOOK_EVERY_MS = 250

/** After the decision, pages are watched for as long: the promise is 5 s. */
const WATCH_MS = 30_000

/** The third client of the canary is the first that can decide. */
const CLIENTS = 3

/** One release. Times are in seconds. */
export type FailingRun = {
  readonly perMinute: number
  /** Clients that had failed when it was decided. */
  readonly clients: number
  /** From the failed reply of the third client to the decision. */
  readonly toDecision: number
  /** From the decision to the last page; below 0 where nobody got one after it. */
  readonly toLastDocument: number
  /** Visitors who came after the decision, while pages were watched. */
  readonly arrivedAfter: number
}

/** @throws Mistake when nothing is decided in `atMostMs`. */
export async function measureFailing(
  stand: Stand,
  crowd: Crowd,
  perMinute: number,
  atMostMs: number,
): Promise<FailingRun> {
  crowd.forget(FAILING.version)
  const given = crowd.given(FAILING.version)
  const id = await stand.startRollout(FAILING, STEADY_PLAN)
  const began = Date.now()
  let status = await stand.readRollout(id)
  while (status.endedAt === undefined) {
    if (Date.now() - began > atMostMs) {
      throw new Mistake(
        `${perMinute} a minute: nothing decided after ${given.failedAt.size} clients failed`,
      )
    }
    await sleep(LOOK_EVERY_MS)
    status = await stand.readRollout(id)
  }
  const { endedAt, phase, phaseText } = status
  if (phase !== 'rolledBack') throw new Mistake(`${perMinute} a minute: ${phaseText}`)
  crowd.takeArrived()
  await sleep(WATCH_MS)
  const arrivedAfter = crowd.takeArrived()
  const { lastDocumentAt } = given
  const failedAt = [...given.failedAt.values()].sort((one, other) => one - other)
  const third = failedAt[CLIENTS - 1]
  if (third === undefined) throw new Mistake(`${perMinute} a minute: decided before three failed`)
  // Tabs of it are closed before the next release, so that none of them counts for that.
  await sleep(LONGEST_TAB_MS - WATCH_MS)
  return {
    perMinute,
    clients: failedAt.filter((at) => at <= endedAt).length,
    toDecision: (endedAt - third) / 1000,
    toLastDocument: (lastDocumentAt - endedAt) / 1000,
    arrivedAfter,
  }
}
