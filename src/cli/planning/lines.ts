// What `holo rollout plan` says, for people: the traffic, a paragraph for each plan, and which one fits.

import { toDuration } from '../../core/amounts.ts'
import { BASELINE_BELOW_WEIGHT } from '../../core/rollout/state.ts'
import type { Forecast, RolloutPlanResult } from '../../wire/forecast.ts'
import { type Style, wrap } from '../terminal.ts'
import { toPercentText } from '../words.ts'

/** Where nothing limits it. */
const DEFAULT_COLUMNS = 80

export function toForecastLines(
  { traffic, forecasts, best, proposed, notices }: RolloutPlanResult,
  style: Style,
  columns = DEFAULT_COLUMNS,
): string[] {
  return [
    ...wrap(traffic.text, columns),
    ...notices.flatMap((notice) => wrap(style.yellow(notice), columns)),
    ...forecasts.flatMap((one) => [
      '',
      ...wrap(style.bold(toTitle(one)), columns),
      ...wrap(toHealthyText(one), columns, '  '),
      ...one.found.flatMap((bad) => wrap(toFoundText(bad), columns, '  ')),
    ]),
    '',
    ...wrap(toAdvice(best, proposed !== undefined), columns),
    ...(proposed === undefined
      ? []
      : JSON.stringify({ rollouts: { proposed } }, undefined, 2).split('\n')),
  ]
}

function toTitle({ plan, baseline, fits }: Forecast): string {
  const beside =
    baseline === undefined
      ? ''
      : `, compared with the baseline "${baseline}" below ${BASELINE_BELOW_WEIGHT} %`
  return `${plan}${beside}${fits ? '' : ' (does not fit)'}`
}

function toHealthyText({ healthy: { runs, promoted, takenBack, timeMs } }: Forecast): string {
  const back = takenBack > 0 ? `; ${toShare(takenBack)} of ${runs} tries are taken back` : ''
  if (!timeMs) return `a healthy release does not get to everybody within a day${back}`
  const some = promoted < 1 ? `, in ${toShare(promoted)} of ${runs} tries` : ''
  return `a healthy release gets to everybody after ${toRange(timeMs, toDuration)}${some}${back}`
}

function toFoundText({ errorRate, runs, takenBack, timeMs, harmed }: Forecast['found'][number]) {
  const release =
    errorRate === 1
      ? 'one that fails for all'
      : `one that fails for ${toPercentText(errorRate * 100)} of its visitors`
  if (!timeMs)
    return `${release} is not found; until the rollout is over or two days have passed, it harms ${toPeople(harmed)}`
  const some = takenBack < 1 ? ` in ${toShare(takenBack)} of ${runs} tries` : ''
  return `${release} is taken back${some} after ${toRange(timeMs, toDuration)}: ${toPeople(harmed)} harmed`
}

function toPeople(harmed: Forecast['found'][number]['harmed']): string {
  return `${toRange(harmed, (count) => count.toLocaleString('en-US'))} ${harmed.p90 === 1 ? 'visitor' : 'visitors'}`
}

function toRange(
  { p10, p90 }: { readonly p10: number; readonly p90: number },
  say: (value: number) => string,
): string {
  const [low, high] = [say(p10), say(p90)]
  return low === high ? low : `${low} to ${high}`
}

function toShare(share: number): string {
  return toPercentText(Math.round(share * 100))
}

function toAdvice(best: string | undefined, isProposed: boolean): string {
  if (isProposed) {
    return best === undefined
      ? 'Nothing fits: so few visitors come that a day shows too little. This plan ends the soonest. Put it into holo.json, under a name of your own:'
      : 'With so few visitors no other plan ends within a day. This one does. Put it into holo.json, under a name of your own:'
  }
  return best === undefined
    ? 'It does not fit: a plan fits where a healthy release ends within a day, and one that fails for all is taken back. "holo rollout plan" without a name looks for one'
    : `Fits best: ${best}, the shortest in which a healthy release ends within a day and one that fails for all is taken back. Next: holo rollout start VERSION --plan ${best}`
}
