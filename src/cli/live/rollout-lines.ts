// The lines of the page of `holo watch` about rollouts: how far each is, and how long it takes yet.

import { toDuration } from '../../core/amounts.ts'
import { AT_MAX, paintPhase, toSidesText } from '../rollout/lines.ts'
import { GAP } from '../table.ts'
import { toWidth, wrap } from '../terminal.ts'
import { toCount, toSpan } from '../words.ts'
import type { LivePage } from './load.ts'
import { type PageView, toBar } from './view.ts'

type Rollout = LivePage['rollouts'][number]

const ROLLOUT_BAR_COLUMNS = 20
/** How long a rollout that is over is shown. */
const SHOWN_AFTER_END_MS = 86_400_000

export function toRolloutLines(rollout: Rollout, { style, columns }: PageView): string[] {
  const { id, version, baseVersion, verdict, visitors, obstacle } = rollout
  const [control = 0, canary = 0] = visitors
  const time = toTimeText(rollout)
  const { minMs, elapsedMs } = toStepTime(rollout)
  const share = minMs > 0 ? Math.min(1, elapsedMs / minMs) : 1
  const width = Math.min(ROLLOUT_BAR_COLUMNS, columns)
  const bar = toBar(share * 100, width)
  const rest = '░'.repeat(Math.max(0, width - toWidth(bar)))
  return [
    ...wrap(`${style.bold(`rollout ${id}`)}  ${toSidesText(rollout)}`, columns),
    ...wrap(`${style.cyan(bar)}${rest} ${paintPhase(rollout, style)}`, columns, GAP),
    ...(time === '' ? [] : wrap(time, columns, GAP)),
    ...wrap(
      `${toCount(canary, 'visitor')} of ${version} and ${control.toLocaleString('en-US')} of ${baseVersion} in this step`,
      columns,
      GAP,
    ),
    ...(obstacle === undefined || WAITING_KINDS.includes(obstacle.kind)
      ? []
      : wrap(`waits: ${obstacle.reason}`, columns, GAP)),
    ...wrap(verdict.reason, columns, GAP),
    ...verdict.blind.flatMap(({ reason }) =>
      wrap(style.yellow(`the judge sees less than it could: ${reason}`), columns, GAP),
    ),
    ...(rollout.problem === undefined ? [] : wrap(style.red(rollout.problem), columns, GAP)),
  ]
}

/** Obstacles that are said by the time that is left, or by what waits for somebody. */
const WAITING_KINDS = ['paused', 'time', 'manual'] as readonly string[]

type StepTime = {
  readonly elapsedMs: number
  readonly minMs: number
  readonly maxMs: number | null
  readonly atMax: keyof typeof AT_MAX | undefined
  /** The least time of what comes after this step. */
  readonly laterMs: number
}

function toStepTime({ phase, step, plan, elapsedMs }: Rollout): StepTime {
  const { steps, bake } = plan
  const isBake = phase === 'bake'
  // Smoke comes before the first step.
  const number = phase === 'smoke' ? 0 : isBake ? steps.length : (step?.number ?? steps.length)
  const later = steps.slice(number).reduce((sum, { minMs }) => sum + minMs, 0)
  const present = isBake ? undefined : steps[number - 1]
  return {
    elapsedMs,
    minMs: isBake ? bake.minMs : (present?.minMs ?? 0),
    maxMs: present?.maxMs ?? null,
    atMax:
      present && Object.hasOwn(AT_MAX, present.atMax)
        ? (present.atMax as keyof typeof AT_MAX)
        : undefined,
    laterMs: isBake ? 0 : later + bake.minMs,
  }
}

/** `at least 8 min more in this step, and 1 h 10 min until everybody has it`. */
function toTimeText(rollout: Rollout): string {
  const { elapsedMs, minMs, maxMs, atMax, laterMs } = toStepTime(rollout)
  const left = Math.max(0, minMs - elapsedMs)
  const all = left + laterMs
  const whole = all > left ? `${toDuration(all)} until it is over` : ''
  if (left > 0) {
    const now = `at least ${toDuration(left)} more in this step`
    return whole === '' ? now : `${now}, and ${whole}`
  }
  const most =
    maxMs !== null && maxMs > elapsedMs && atMax
      ? `at most ${toDuration(maxMs - elapsedMs)} more in this step, then it ${AT_MAX[atMax]}`
      : ''
  return [most, whole === '' ? '' : `at least ${whole}`].filter(Boolean).join('; ')
}

export function toLastRolloutLines(
  rollout: LivePage['lastRollout'],
  { style, columns, now }: PageView,
): string[] {
  const { endedAt } = rollout ?? {}
  if (!rollout || endedAt === undefined || now - endedAt > SHOWN_AFTER_END_MS) return []
  const { id, environment, version, reason } = rollout
  return [
    ...wrap(
      `rollout ${id}  ${environment} ${version}: ${paintPhase(rollout, style)} ${toSpan(now - endedAt)} ago`,
      columns,
    ),
    ...(reason === undefined ? [] : wrap(reason, columns, GAP)),
  ]
}
