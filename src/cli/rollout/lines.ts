// Lines for people about rollouts: plans, how one stands, what the judge says.

import { toDuration } from '../../core/amounts.ts'
import { toFindingText } from '../../core/judge/finding.ts'
import { toChanceText, toRangeText } from '../../core/judge/words.ts'
import type { Plan } from '../../core/rollout/plan.ts'
import { BASELINE_BELOW_WEIGHT } from '../../core/rollout/state.ts'
import type {
  RolloutStatusAsRead,
  RolloutSummaryAsRead,
  TransitionAsRead,
} from '../../wire/rollout-output.ts'
import { type Style, wrap } from '../terminal.ts'
import { toCount, toPercentText, toTime } from '../words.ts'

type PlanParts = Pick<Plan, 'bake' | 'withdraws' | 'baseline'> & {
  readonly smoke?: readonly unknown[] | undefined
  readonly steps: readonly Plan['steps'][number][]
}

/** `canary 0.0.6 against main 0.0.5`, or `flag new-checkout: on 5 % against off`. */
export function toSidesText(rollout: RolloutSummaryAsRead): string {
  const { flag, environment, base, version, baseVersion, weight } = rollout
  return flag === undefined
    ? `${environment} ${version} against ${base} ${baseVersion}`
    : `flag ${flag}: ${version} ${toPercentText(weight)} against ${baseVersion}`
}

/** One line for each step: `5 % for 10 min or more, without evidence against it`. */
export function toPlanLines({ steps, bake, withdraws, baseline, smoke = [] }: PlanParts): string[] {
  const said = {
    evidence: 'until it is shown to be no worse',
    better: 'until it is shown to be better than the old version',
    time: 'unless something speaks against it',
    manual: 'until somebody lets it go on',
  }
  return [
    ...(smoke.length === 0
      ? []
      : [
          `0 % until ${smoke.length === 1 ? 'a smoke request is' : `${smoke.length} smoke requests are`} answered as expected`,
        ]),
    ...steps.map(({ weight, gate, minMs, maxMs, atMax }) => {
      const time = minMs > 0 ? ` for ${toDuration(minMs)} or more,` : ''
      const limit = maxMs === null ? '' : `; after ${toDuration(maxMs)} it ${AT_MAX[atMax]}`
      return `${toPercentText(weight)}${time} ${said[gate]}${limit}`
    }),
    bake.minMs > 0
      ? `then ${toPercentText(100 - bake.heldBack)} for ${toDuration(bake.minMs)}, and all`
      : 'then all',
    ...(baseline === undefined
      ? []
      : [
          `below ${BASELINE_BELOW_WEIGHT} % compared with the baseline "${baseline}", which has as many visitors; from there on with the base`,
        ]),
    ...(withdraws ? ['a release that is taken back is withdrawn, open tabs too'] : []),
  ]
}

export function toStatusLines(
  rollout: RolloutStatusAsRead,
  style: Style,
  columns: number | undefined,
): string[] {
  const { id, base, version, baseVersion, verdict, visitors, elapsedMs } = rollout
  const width = columns ?? 100
  const [control = 0, canary = 0] = visitors
  const running = rollout.endedAt === undefined
  return [
    ...wrap(`${style.bold(`rollout ${id}`)}  ${toSidesText(rollout)}`, width),
    `  ${paintPhase(rollout, style)}`,
    ...(running && rollout.baseline
      ? wrap(toBaselineText(rollout.baseline, base), width, '  ')
      : []),
    ...(running
      ? wrap(
          `for ${toDuration(elapsedMs)} now, with ${toCount(canary, 'visitor')} of ${version} and ${control.toLocaleString('en-US')} of ${baseVersion}`,
          width,
          '  ',
        )
      : [`  ended ${toTime(rollout.endedAt ?? 0)}`, ...wrap(toEndText(rollout), width, '  ')]),
    ...(rollout.paused === undefined
      ? []
      : wrap(style.yellow(toPausedText(rollout.paused, rollout.pause)), width, '  ')),
    ...(rollout.obstacle === undefined || rollout.obstacle.kind === 'paused'
      ? []
      : wrap(
          `${rollout.held ? 'its time is over, and it holds' : 'waits'}: ${rollout.obstacle.reason}`,
          width,
          '  ',
        )),
    ...(running ? wrap(verdict.reason, width, '  ') : []),
    ...verdict.blind.flatMap(({ reason }) =>
      wrap(style.yellow(`the judge sees less than it could: ${reason}`), width, '  '),
    ),
    ...(rollout.problem === undefined ? [] : wrap(style.red(rollout.problem), width, '  ')),
    ...(rollout.waiting
      ? wrap(
          `${toCount(rollout.waiting.length, 'release')} behind it: ${rollout.waiting.join(', ')}`,
          width,
          '  ',
        )
      : []),
  ]
}

function toBaselineText(
  { environment, version, compared }: NonNullable<RolloutStatusAsRead['baseline']>,
  base: string,
): string {
  return compared
    ? `compared with the baseline ${environment} ${version}, which has as many visitors`
    : `the baseline ${environment} is over: compared with ${base} itself`
}

/** `Taken back after 18 s: 8 of 8 visitors of 1.5.0 got 503 from POST /api/checkout, …`. */
function toEndText({ phase, startedAt, endedAt, reason }: RolloutStatusAsRead): string {
  const end = phase === 'promoted' ? 'Promoted' : 'Taken back'
  const after = `${end} after ${toDuration((endedAt ?? startedAt) - startedAt)}`
  return reason === undefined ? after : `${after}: ${reason}.`
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
          ...toEvidenceLines(verdict.findings).flatMap((line) => wrap(line, width, '    ')),
          ...(sampleRatio.alarmed
            ? wrap('visitors did not arrive in the shares that they were given', width, '    ')
            : []),
        ]
      : []),
  ]
}

type FindingAsRead = TransitionAsRead['verdict']['findings'][number]

/** The level below the sentences: what was counted of each metric, and how likely that is by chance. */
function toEvidenceLines(findings: readonly FindingAsRead[]): string[] {
  const isSaid = ({ worst, logWithin }: FindingAsRead) => worst !== null || logWithin !== null
  const silent = findings.filter((finding) => !isSaid(finding)).map(({ name }) => name)
  return [
    ...findings.filter(isSaid).map(toEvidenceLine),
    ...(silent.length > 0 ? [`nobody on either side: ${silent.join(', ')}`] : []),
  ]
}

function toEvidenceLine(finding: FindingAsRead): string {
  const { name, worst, logWorse, logWithin } = finding
  const said = toFindingText(finding)
  const { ratio } = worst ?? { ratio: { low: 0, high: null } }
  const isOpen = ratio.low === 0 && ratio.high === null
  const range =
    isOpen || said.startsWith(toRangeText(ratio)) ? '' : ` (${toRangeText(ratio)} as many)`
  return [
    `${name}: ${said}${range}`,
    ...(worst ? [`if it were no worse: by chance ${toChanceText(logWorse)}`] : []),
    ...(logWithin === null
      ? []
      : [`if it were beyond its margin: by chance ${toChanceText(logWithin)}`]),
  ].join('; ')
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
export const AT_MAX = {
  hold: 'waits for somebody',
  rollBack: 'is taken back',
  goOn: 'goes on if nothing speaks against it',
} as const
