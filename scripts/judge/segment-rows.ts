// Rows about segments: a release that is fine on average and broken for the visitors with one browser, on
// one kind of device, from one country. And one that is fine for all of them.

import { DEFAULT_METRICS, type Plan } from '../../src/core/rollout/plan.ts'
import { drawPoisson, type Random } from '../../src/core/simulate/random.ts'
import type { World } from '../../src/core/simulate/run.ts'
import type { Visit, VisitMet } from '../../src/core/simulate/visit.ts'
import { ramp, stay } from './plans.ts'
import {
  countOf,
  isWithin,
  type Row,
  runAll,
  toCount,
  toMean,
  toPercent,
  toRuns,
  toShare,
  toTime,
} from './row.ts'
import { drawHash, fail, type Side } from './worlds.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** What fails on both sides alike. */
const NOISE = 0.05

type Values = NonNullable<Visit['values']>

/** Shares of visitors by value; they sum to 1. */
const BROWSERS = { Chrome: 0.6, Safari: 0.15, Edge: 0.08, Firefox: 0.06, other: 0.11 }
const DEVICES = { phone: 0.5, other: 0.5 }
const COUNTRIES = { DE: 0.5, AT: 0.15, CH: 0.15, FR: 0.1, PL: 0.06, LI: 0.04 }

function draw(random: Random, shares: Readonly<Record<string, number>>): string {
  let left = random()
  for (const [value, share] of Object.entries(shares)) {
    left -= share
    if (left < 0) return value
  }
  return 'other'
}

/** Visitors who come once, of all segments, so many in a minute. */
function visitors(
  random: Random,
  perMinute: number,
  meets: (side: Side, values: Values, second: number) => readonly VisitMet[],
): World {
  return ({ second, share }) =>
    Array.from({ length: drawPoisson(random, perMinute / 60) }, (): Visit => {
      const side = random() < share ? 1 : 0
      const values = {
        browser: draw(random, BROWSERS),
        device: draw(random, DEVICES),
        country: draw(random, COUNTRIES),
      }
      return { visitor: drawHash(random), side, values, met: meets(side, values, second) }
    })
}

type Broken = {
  readonly what: string
  /** The part of the visitors for whom the canary fails. */
  readonly part: number
  readonly isBroken: (values: Values) => boolean
  readonly met: VisitMet
  /** How many of all visitors meet it on both sides alike. */
  readonly usual: number
  readonly perMinute: number
  readonly weight: number
}

/** About twice: few runs scatter, and a country is told apart only when some of its visitors have come. */
const RATIO = 2.3

/** How many visitors of the broken part come until the release is taken back. */
function found({ what, part, isBroken, met, usual, perMinute, weight }: Broken): Row {
  const meets = (random: Random, broken: (values: Values) => boolean) => {
    const isFewer = met.metric === 'asks'
    return (side: Side, values: Values) => {
      const isHit = side === 1 && broken(values)
      const meetsIt = isFewer ? !isHit && random() < usual : isHit || random() < usual
      return meetsIt ? [met] : []
    }
  }
  return {
    property: what,
    bound: 'within about twice the visitors of that part that it takes where there are no others',
    run: (effort) => {
      const runs = toRuns(effort, 100)
      const plan = stay(weight, DEFAULT_METRICS)
      const options = { seed: effort.seed, runs, maxMs: 24 * HOUR_MS }
      const mixed = runAll(
        plan,
        (random) => visitors(random, perMinute, meets(random, isBroken)),
        options,
      )
      const alone = runAll(
        plan,
        (random) =>
          visitors(
            random,
            perMinute * part,
            meets(random, () => true),
          ),
        options,
      )
      const [ofPart, ofAlone] = [
        part * toMean(mixed.map((run) => run.visitors[0] + run.visitors[1])),
        toMean(alone.map((run) => run.visitors[0] + run.visitors[1])),
      ]
      const back = countOf(mixed, 'rolledBack')
      const ms = toTime(toMean(mixed.map((run) => run.ms)))
      return {
        runs,
        judge: `${back} of ${runs} taken back, after ${ms} and ${toCount(ofPart)} visitors of that part; ${toCount(ofAlone)} where there are no others`,
        holds: back === runs && ofPart <= RATIO * ofAlone,
      }
    },
  }
}

function falseAlarms(property: string, plan: Plan, full: number, maxMs: number): Row {
  return {
    property,
    bound: 'taken back in at most 1 %',
    run: (effort) => {
      const runs = toRuns(effort, full)
      // Some segments fail more often than others, on both sides alike.
      const rate = ({ browser, country }: Values) =>
        browser === 'Firefox' || country === 'LI' ? 0.1 : 0.01
      const make = (random: Random) =>
        visitors(random, 240, (_, values): readonly VisitMet[] => [
          ...(random() < rate(values) ? [fail()] : []),
          ...(random() < 0.8 ? [{ metric: 'asks' }] : []),
        ])
      const back = countOf(runAll(plan, make, { seed: effort.seed, runs, maxMs }), 'rolledBack')
      return { runs, judge: toShare(back, runs), holds: isWithin(back, runs) }
    },
  }
}

const isSafari = ({ browser }: Values) => browser === 'Safari'

export const SEGMENT_ROWS: readonly Row[] = [
  falseAlarms(
    'same version, visitors of 14 segments, some of which fail for 10 %, canary 50 %',
    stay(50, DEFAULT_METRICS),
    200,
    4 * HOUR_MS,
  ),
  falseAlarms(
    'the same, canary grows from 5 to 50 %',
    ramp([5, 10, 20, 35, 50], 30 * MINUTE_MS, DEFAULT_METRICS),
    200,
    4 * HOUR_MS,
  ),
  found({
    what: `fine on average, broken for all of the 15 % with Safari; ${toPercent(NOISE)} fail anyway; canary 5 %`,
    ...{ part: 0.15, isBroken: isSafari, met: fail(), usual: NOISE, perMinute: 600, weight: 5 },
  }),
  found({
    what: `the same at 6,000 visitors a minute, canary 25 %`,
    ...{ part: 0.15, isBroken: isSafari, met: fail(), usual: NOISE, perMinute: 6000, weight: 25 },
  }),
  found({
    what: 'a blank page with Safari: 80 % ask a service otherwise; canary 25 %',
    ...{ part: 0.15, isBroken: isSafari, met: { metric: 'asks' }, usual: 0.8 },
    ...{ perMinute: 600, weight: 25 },
  }),
  found({
    what: `broken for all from one country that 10 % come from; ${toPercent(NOISE)} fail anyway; canary 25 %`,
    part: 0.1,
    isBroken: ({ country }) => country === 'FR',
    ...{ met: fail(), usual: NOISE, perMinute: 600, weight: 25 },
  }),
]
