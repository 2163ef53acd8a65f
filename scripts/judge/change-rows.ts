// Worlds in which something changes while two versions are compared: who a visitor is, which version a
// side has, which buckets the canary has. Where both versions are alike the release must not be taken
// back for it, and one that is bad must still be found.

import type { RolloutEvent } from '../../src/core/rollout/events.ts'
import { DEFAULT_METRICS, type Plan } from '../../src/core/rollout/plan.ts'
import { drawPoisson, type Random } from '../../src/core/simulate/random.ts'
import type { World } from '../../src/core/simulate/run.ts'
import type { Visit, VisitMet } from '../../src/core/simulate/visit.ts'
import { ramp, stay } from './plans.ts'
import { countOf, isWithin, type Row, runAll, toRuns, toShare } from './row.ts'
import { toFoundText } from './world-rows.ts'
import {
  drawHash,
  drawRegulars,
  fail,
  openTabs,
  returning,
  type Side,
  sideOf,
  together,
} from './worlds.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const FAILURES = [fail()]
const NOTHING: readonly VisitMet[] = []

/** How many times as many fail on the canary. */
const BAD = 4

type Change = {
  readonly property: string
  readonly plan: Plan
  /** The world in which so many times as many fail on the canary, from 1. */
  readonly make: (random: Random, times: number) => World
  readonly happens?: (second: number, now: number) => RolloutEvent | undefined
  readonly full: number
}

/** One row for a release that is as good as the base, one for a bad one. */
function toRows({ property, plan, make, happens, full }: Change): readonly Row[] {
  // Tabs from before a change are closed long before an hour has passed; a bad release may take longer.
  const run = (times: number, runs: number, seed: number) =>
    runAll(plan, (random) => make(random, times), {
      ...{ seed, runs, maxMs: (times === 1 ? 1 : 2) * HOUR_MS, happens },
    })
  return [
    {
      property: `${property}; same version`,
      bound: 'taken back in at most 1 %',
      run: (effort) => {
        const runs = toRuns(effort, full)
        const back = countOf(run(1, runs, effort.seed), 'rolledBack')
        return { runs, judge: toShare(back, runs), holds: isWithin(back, runs) }
      },
    },
    {
      property: `${property}; ${BAD} times as many fail`,
      bound: 'taken back',
      run: (effort) => {
        const runs = toRuns(effort, Math.min(full, 50))
        const ended = run(BAD, runs, effort.seed)
        const back = countOf(ended, 'rolledBack')
        return { runs, judge: toFoundText(ended), holds: back === runs }
      },
    },
  ]
}

/** Somebody fails in a visit: everybody now and then, and some at each visit. */
function isFailing(random: Random, trait: number, side: Side, times: number): boolean {
  return trait < 0.01 || random() < (side === 1 ? 0.02 * times : 0.02)
}

/** Half of the visitors log in after two minutes: from then on they are somebody else. */
function logins(random: Random, times: number): World {
  type Person = { readonly trait: number; readonly at: number }
  let waiting: Person[] = []
  return ({ second, share }) => {
    const visits: Visit[] = []
    const come = (trait: number) => {
      const side = sideOf({ bucket: random() }, share)
      const met = isFailing(random, trait, side, times) ? FAILURES : NOTHING
      visits.push({ visitor: drawHash(random), side, met })
    }
    for (const { trait, at } of waiting) if (at === second) come(trait)
    waiting = waiting.filter(({ at }) => at > second)
    for (let left = drawPoisson(random, 2); left > 0; left--) {
      const trait = random()
      come(trait)
      if (random() < 0.5) waiting.push({ trait, at: second + 120 })
    }
    return visits
  }
}

/**
 * A quarter of the buckets had a release that was taken back, and a fifth of their visitors never came
 * again. The canary gets them last.
 */
function spentBuckets(random: Random, times: number): World {
  const regulars = drawRegulars(random, 20_000).filter(
    ({ bucket }) => bucket < 0.75 || random() < 0.8,
  )
  return returning(random, regulars, 4, ({ trait }, side) =>
    isFailing(random, trait, side, times) ? FAILURES : NOTHING,
  )
}

/** When something changes, in seconds. */
const CHANGED = 1200

/** Of the calls of a page, so many fail when another version answers them. */
const FAIL_WHEN_CUT = 0.3

type Replaced = { readonly side: Side; readonly isWithdrawn: boolean }

/** Tabs stay open for ten minutes and poll. The canary fails more often from the change on. */
function tabs(random: Random, times: number, replaced?: Replaced): World {
  const meets = (side: Side, second: number) =>
    random() < (side === 1 && second >= CHANGED ? 0.01 * times : 0.01) ? FAILURES : NOTHING
  return openTabs(random, {
    perMinute: 200,
    opensForSeconds: 600,
    pollsEachSeconds: 30,
    opens: meets,
    polls: meets,
    versionOf: (side, second) => (side === replaced?.side && second >= CHANGED ? 2 : 1),
    ...(replaced?.isWithdrawn
      ? { isCut: () => (random() < FAIL_WHEN_CUT ? FAILURES : NOTHING) }
      : {}),
  })
}

/** So many tabs of a version that neither side has are open when it is withdrawn. */
const OLDER_TABS = 500

/** They are not judged before that. Then they ask the version of their bucket, for twenty minutes. */
function olderTabs(random: Random): World {
  const regulars = drawRegulars(random, OLDER_TABS)
  const asking = returning(random, regulars, OLDER_TABS / 30, () =>
    random() < FAIL_WHEN_CUT ? FAILURES : NOTHING,
  )
  return (moment) => {
    const { second } = moment
    if (second < CHANGED || second >= 2 * CHANGED) return []
    return asking(moment)?.map((visit) => ({ ...visit, isAssigned: false })) ?? []
  }
}

function replace(
  side: 'control' | 'canary',
  isWithdrawn = false,
): Pick<Change, 'make' | 'happens'> {
  return {
    make: (random, times) => tabs(random, times, { side: side === 'canary' ? 1 : 0, isWithdrawn }),
    happens: (second, now) =>
      second === CHANGED
        ? { kind: 'versionPushed', side, version: '2', by: 'somebody', now }
        : undefined,
  }
}

/** Somebody gives the canary one weight after the other. */
function change(weights: readonly number[]): Pick<Change, 'make' | 'happens'> {
  return {
    make: tabs,
    happens: (second, now) => {
      const weight = second % (CHANGED / 2) === 0 ? weights[second / (CHANGED / 2) - 2] : undefined
      return weight === undefined
        ? undefined
        : { kind: 'trafficChanged', weight, by: 'somebody', now }
    },
  }
}

export const CHANGE_ROWS: readonly Row[] = [
  {
    property: 'half of the visitors log in and are somebody else from then on',
    plan: ramp([5, 25, 50], 20 * MINUTE_MS, DEFAULT_METRICS),
    make: logins,
    full: 200,
  },
  {
    property: 'a quarter of the buckets are spent, and a fifth of their visitors never came again',
    plan: ramp([5, 25, 50], 20 * MINUTE_MS, DEFAULT_METRICS),
    make: spentBuckets,
    full: 200,
  },
  {
    property: 'the canary gets another version at 25 %, while tabs with the first one are open',
    plan: ramp([5, 25], 10 * MINUTE_MS, DEFAULT_METRICS),
    ...replace('canary'),
    full: 200,
  },
  {
    property: 'the base gets another version, while tabs with the first one are open',
    plan: stay(25, DEFAULT_METRICS),
    ...replace('control'),
    full: 200,
  },
  {
    property:
      'the canary gets another version at 25 %, and the first one is withdrawn: open tabs go on with the other one, and fail with it',
    plan: ramp([5, 25], 10 * MINUTE_MS, DEFAULT_METRICS),
    ...replace('canary', true),
    full: 200,
  },
  {
    property:
      'the base gets another version, and the first one is withdrawn: open tabs go on with the other one, and fail with it',
    plan: stay(25, DEFAULT_METRICS),
    ...replace('control', true),
    full: 200,
  },
  {
    property:
      'a version that neither side has is withdrawn: its tabs go on with the version of their bucket, and fail with it',
    plan: stay(25, DEFAULT_METRICS),
    make: (random: Random, times: number) => together(tabs(random, times), olderTabs(random)),
    full: 200,
  },
  {
    property: 'somebody takes the canary from 50 % back to 5 %, then to 25 %, while tabs are open',
    plan: stay(50, DEFAULT_METRICS),
    ...change([5, 25]),
    full: 200,
  },
].flatMap(toRows)
