// Rows about the sample ratio: a ramp while some keep old tabs open, visitors who come back at every
// step, and a side that loses visitors.

import { addVisitors, NO_SAMPLE } from '../../src/core/judge/sample-ratio.ts'
import { drawBinomial, type Random, seededRandom } from '../../src/core/simulate/random.ts'
import type { World } from '../../src/core/simulate/run.ts'
import type { Visit } from '../../src/core/simulate/visit.ts'
import { ramp } from './plans.ts'
import { countOf, type Row, runAll, toPercent, toRuns, toShare } from './row.ts'
import { drawRegulars, sideOf } from './worlds.ts'

const HOUR_MS = 3_600_000
const PLAN = ramp([5, 50], HOUR_MS / 2)

/**
 * A tenth keep the tab that they have, on the side where they opened it, and reload it in one of 50
 * visits. Of the canary's visitors a share is never heard of.
 */
function visits(random: Random, lost: number): World {
  const regulars = drawRegulars(random, 20_000)
  const tabs = new Map<number, 0 | 1>()
  return ({ share }) =>
    Array.from({ length: 40 }, () => regulars[Math.floor(random() * regulars.length)]).flatMap(
      (regular): Visit[] => {
        if (!regular) return []
        const { visitor, trait } = regular
        const keeps = trait < 0.1 && random() > 0.02
        const tab = keeps ? tabs.get(visitor) : undefined
        const side = tab ?? sideOf(regular, share)
        tabs.set(visitor, side)
        if (tab !== undefined || (side === 1 && trait > 1 - lost)) return []
        return [{ visitor, side }]
      },
    )
}

function alarms(property: string, lost: number, full: number): Row {
  return {
    property,
    bound: lost === 0 ? 'no alarm' : 'alarm',
    run: (effort) => {
      const runs = toRuns(effort, full)
      const ended = runAll(PLAN, (random) => visits(random, lost), {
        seed: effort.seed,
        runs,
        maxMs: HOUR_MS,
      })
      const alarmed = ended.filter(({ state }) => state.sampleRatio.alarmed).length
      const back = countOf(ended, 'rolledBack')
      const isRight = lost === 0 ? alarmed <= 0.001 * runs : alarmed >= 0.95 * runs
      return { runs, judge: `alarm in ${toShare(alarmed, runs)}`, holds: isRight && back === 0 }
    },
  }
}

/** Everybody comes at every weight; nothing is wrong. */
const RETURNING: Row = {
  property: 'sample ratio, 20,000 visitors who come back at each of 8 weight changes',
  bound: `alarm in at most ${toPercent(0.001)}`,
  run: (effort) => {
    const visitors = 20_000
    const runs = toRuns(effort, 20_000)
    let alarmed = 0
    for (let stream = 0; stream < runs; stream++) {
      const random = seededRandom(effort.seed, stream)
      const counts = { 10: drawBinomial(random, visitors, 0.1), 20: 0 }
      counts[20] = counts[10] + drawBinomial(random, visitors - counts[10], 1 / 9)
      let state = NO_SAMPLE
      for (const [id, share] of ([10, 20, 10, 20, 10, 20, 10, 20] as const).entries()) {
        const canary = counts[share]
        const split = { shares: [100 - share, share], visitors: [visitors - canary, canary] }
        state = addVisitors(state, { id, ...split }, 0.001)
      }
      if (state.alarmed) alarmed += 1
    }
    return { runs, judge: `alarm in ${toShare(alarmed, runs)}`, holds: alarmed <= 0.001 * runs }
  },
}

export const SAMPLE_ROWS: readonly Row[] = [
  alarms('sample ratio, ramp from 5 to 50 %, a tenth of visitors in old tabs', 0, 200),
  alarms("… a tenth of the canary's visitors never arrive", 0.1, 100),
  RETURNING,
]
