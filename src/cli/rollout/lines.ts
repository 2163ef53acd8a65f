// Lines for people about rollouts: plans, how one stands, what the judge says.

import { toDuration } from '../../core/amounts.ts'
import { toFindingText } from '../../core/judge/verdict.ts'
import { toChanceText, toRangeText } from '../../core/judge/words.ts'
import type { Plan } from '../../core/rollout/plan.ts'
import type {
  RolloutStatusAsRead,
  RolloutSummaryAsRead,
  TransitionAsRead,
} from '../../wire/rollout-output.ts'
import { type Style, wrap } from '../terminal.ts'
import { toCount, toPercentText, toTime } from '../words.ts'

type PlanParts = Pick<Plan, 'bake' | 'withdraws'> & {
  readonly steps: readonly Plan['steps'][number][]
}

/** One line for each step: `5 % for 10 min or more, without evidence against it`. */
export function toPlanLines({ steps, bake, withdraws }: PlanParts): string[] {
  const said = {
    evidence: 'until there is evidence for going on',
    time: 'without evidence against it',
    manual: "until somebody's word",
  }
  return [
    ...steps.map(({ weight, gate, minMs, maxMs, atMax }) => {
      const time = minMs > 0 ? ` for ${toDuration(minMs)} or more,` : ''
      const limit = maxMs === null ? '' : `; after ${toDuration(maxMs)} it ${AT_MAX[atMax]}`
      return `${toPercentText(weight)}${time} ${said[gate]}${limit}`
    }),
    bake.minMs > 0
      ? `then ${toPercentText(100 - bake.heldBack)} for ${toDuration(bake.minMs)}, and all`
      : 'then all',
    ...(withdraws ? ['a release that is taken back is withdrawn, open tabs too'] : []),
  ]
}

export function toStatusLines(
  rollout: RolloutStatusAsRead,
  style: Style,
  columns: number | undefined,
): string[] {
  const { id, environment, base, version, baseVersion, verdict, visitors, elapsedMs } = rollout
  const width = columns ?? 100
  const [control = 0, canary = 0] = visitors
  const running = rollout.endedAt === undefined
  return [
    ...wrap(
      `${style.bold(`rollout ${id}`)}  ${environment} ${version} against ${base} ${baseVersion}`,
      width,
    ),
    `  ${paintPhase(rollout, style)}`,
    ...(running
      ? wrap(
          `in it for ${toDuration(elapsedMs)}, seen by ${toCount(canary, 'visitor')} of ${environment} and ${control.toLocaleString('en-US')} of ${base}`,
          width,
          '  ',
        )
      : [`  ended ${toTime(rollout.endedAt ?? 0)}`, ...wrap(rollout.reason ?? '', width, '  ')]),
    ...(rollout.paused === undefined
      ? []
      : wrap(style.yellow(toPausedText(rollout.paused, rollout.pause)), width, '  ')),
    ...(rollout.obstacle === undefined || rollout.obstacle.kind === 'paused'
      ? []
      : wrap(
          `waits: ${rollout.obstacle.reason}${rollout.held ? ' (its time is over)' : ''}`,
          width,
          '  ',
        )),
    ...(running ? wrap(verdict.reason, width, '  ') : []),
    ...verdict.blind.flatMap(({ reason }) =>
      wrap(style.yellow(`the judge sees less than it could: ${reason}`), width, '  '),
    ),
    ...(rollout.problem === undefined ? [] : wrap(style.red(rollout.problem), width, '  ')),
  ]
}

/** A transition with its reason, what was counted, and the evidence beside its threshold. */
export function toTransitionLines(
  {
    at,
    from,
    to,
    by,
    weight,
    revision,
    reason,
    said,
    verdict,
    sampleRatio,
    data,
  }: TransitionAsRead,
  style: Style,
  width: number,
): string[] {
  const author = by === null ? '' : `, by ${by}`
  const made = revision === undefined ? '' : `, revision ${revision}`
  const [control = 0, canary = 0] = data.visitors
  const isAnythingSeen =
    control + canary > 0 || verdict.findings.some(({ worst }) => worst !== null)
  const seen = `${toCount(canary, 'visitor')} of the new version in this step and ${control.toLocaleString('en-US')} of the old one`
  return [
    ...wrap(`${toTime(at)}  ${from} → ${to}, ${toPercentText(weight)}${author}${made}`, width),
    ...wrap(style.dim(reason), width, '  '),
    ...(said === undefined ? [] : wrap(`“${said}”`, width, '  ')),
    ...(isAnythingSeen
      ? [
          ...wrap(seen, width, '  '),
          ...verdict.findings.flatMap((finding) => wrap(toEvidenceLine(finding), width, '    ')),
          ...(sampleRatio.alarmed ? wrap('the sample ratio has alarmed', width, '    ') : []),
        ]
      : []),
  ]
}

/** The level below the sentences: what a metric has seen, and what it says about the release. */
function toEvidenceLine(finding: TransitionAsRead['verdict']['findings'][number]): string {
  const { name, worst, logWorse, logWithin } = finding
  const within =
    logWithin === null ? '' : `; that it is within its margin: by chance ${toChanceText(logWithin)}`
  if (!worst) return `${name}: nothing was seen${within}`
  const { ratio } = worst
  const isOpen = ratio.low === 0 && ratio.high === null
  const range = isOpen ? '' : ` (${toRangeText(ratio)} as many)`
  return `${name}: ${toFindingText(finding)}${range}; that it is worse: by chance ${toChanceText(logWorse)}${within}`
}

/** An older Holo says why, and leaves out who. */
function toPausedText(why: string, pause: RolloutStatusAsRead['pause']): string {
  return pause?.cause === 'command' ? `paused by ${pause.by}` : `paused: ${why}`
}

export function paintPhase(
  { phase, phaseText }: Pick<RolloutSummaryAsRead, 'phase' | 'phaseText'>,
  style: Style,
): string {
  if (phase === 'promoted') return style.green(phaseText)
  return phase === 'rolledBack' ? style.red(phaseText) : phaseText
}

/** What happens where a gate has not opened within the step's maximum. */
const AT_MAX = {
  hold: 'waits for somebody',
  rollBack: 'is taken back',
  goOn: 'goes on if nothing speaks against it',
} as const
