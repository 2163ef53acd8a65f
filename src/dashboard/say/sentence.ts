// The one sentence that says how the site is, and the one thing to do about it. Pure: everything it looks at is an
// argument.

import type { ReplyOf } from '../api/client.ts'
import { toAgoLabel, toListText, toPercentLabel, toSpanLabel } from './format.ts'

type EnvironmentItem = ReplyOf<'GET /environments'>['environments'][number]
export type RunningRolloutReply = ReplyOf<'GET /rollouts/{id}'>
type RolloutItem = ReplyOf<'GET /rollouts'>['rollouts'][number]
type ServiceItem = ReplyOf<'GET /health/services'>['services'][number]

/** What is rolled out, for people: a version, or `"on" of new-checkout` of a flag. */
export function toReleaseName({ flag, version }: Pick<RolloutItem, 'flag' | 'version'>): string {
  return flag === undefined ? version : `"${version}" of ${flag}`
}

export type Tone = 'calm' | 'good' | 'warn' | 'bad'

/** What the one button does. */
export type NextMove =
  | {
      readonly kind: 'rolloutCommand'
      readonly command: 'pause' | 'resume' | 'advance' | 'abort'
      readonly id: number
      readonly label: string
    }
  | { readonly kind: 'rollback'; readonly label: string }
  | { readonly kind: 'go'; readonly to: readonly (string | number)[]; readonly label: string }

export type SiteSentence = {
  readonly tone: Tone
  readonly text: string
  /** A second, quieter sentence: the reason, or what happens next. */
  readonly more: string | undefined
  readonly move: NextMove | undefined
}

/** A rollout that was taken back is news for so long. */
const NEWS_MS = 6 * 3_600_000

export type SiteView = {
  readonly environments: readonly EnvironmentItem[]
  readonly running: RunningRolloutReply | undefined
  /** The newest first. */
  readonly rollouts: readonly RolloutItem[]
  readonly services: readonly ServiceItem[]
  readonly now: number
}

export function toSiteSentence(view: SiteView): SiteSentence {
  const down = toDownSentence(view)
  if (view.running) return down ?? toRolloutSentence(view.running)
  return down ?? toTakenBackSentence(view) ?? toStillSentence(view)
}

/** A service that visitors need and that does not answer comes first, whatever else goes on. */
function toDownSentence({
  environments,
  services,
  running,
  now,
}: SiteView): SiteSentence | undefined {
  const reached = new Map(environments.map(({ name, percent }) => [name, percent]))
  const down = services.find(
    ({ environment, state }) => state === 'Down' && (reached.get(environment) ?? 0) > 0,
  )
  if (!down) return undefined
  const percent = toPercentLabel(reached.get(down.environment) ?? 0)
  const since = down.since === undefined ? '' : `, since ${toSpanLabel(now - down.since)}`
  const isCanary = running?.environment === down.environment
  return {
    tone: 'bad',
    text: `The service ${down.prefix} of ${down.environment} (${percent} of visitors) is down${since}.`,
    more: toSentence(down.why),
    move:
      isCanary && running
        ? {
            kind: 'rolloutCommand',
            command: 'abort',
            id: running.id,
            label: 'Take the release back',
          }
        : { kind: 'rollback', label: 'Roll back' },
  }
}

/** The next share of visitors, as the plan has it. */
export function toNextWeight({ phase, step, plan }: RunningRolloutReply): number | undefined {
  if (phase === 'bake') return 100
  if (phase === 'smoke') return plan.steps[0]?.weight ?? toLastWeight(plan)
  if (!step) return undefined
  return plan.steps[step.number]?.weight ?? toLastWeight(plan)
}

/** The share after the last step. */
function toLastWeight({ bake }: RunningRolloutReply['plan']): number {
  return bake.minMs > 0 ? 100 - bake.heldBack : 100
}

/** Observed time that has to pass in the present phase in any case; 0 where it has passed. */
export function toTimeLeftMs({ phase, step, plan, elapsedMs }: RunningRolloutReply): number {
  const minMs =
    phase === 'bake' ? plan.bake.minMs : step ? (plan.steps[step.number - 1]?.minMs ?? 0) : 0
  return Math.max(0, minMs - elapsedMs)
}

/** How the release compares, in a few words. */
function toJudgement({ verdict, sampleRatio }: RunningRolloutReply): string {
  if (sampleRatio.alarmed) return 'and cannot be compared with the base'
  if (verdict.outcome === 'promote') return 'and is shown to be no worse'
  return verdict.logWorse > verdict.threshold / 2 ? 'and may be worse' : 'no worse so far'
}

export function toRolloutSentence(rollout: RunningRolloutReply): SiteSentence {
  const { id, flag, weight, environment, obstacle, verdict, held } = rollout
  const release = toReleaseName(rollout)
  const has = `${release} has ${toPercentLabel(weight)} of visitors`
  const next = toNextWeight(rollout)
  const goal = next === undefined ? 'goes on' : `goes to ${toPercentLabel(next)}`
  const base = { more: toSentence(verdict.reason) }
  const command = (name: 'pause' | 'resume' | 'advance' | 'abort', label: string): NextMove => ({
    kind: 'rolloutCommand',
    command: name,
    id,
    label,
  })
  switch (obstacle?.kind) {
    case 'paused':
      return {
        ...base,
        tone: 'warn',
        text: `The rollout of ${release}${flag === undefined ? ` to ${environment}` : ''} is paused at ${toPercentLabel(weight)}.`,
        more: toSentence(obstacle.reason),
        move: command('resume', 'Resume'),
      }
    case 'manual':
      return {
        ...base,
        tone: 'warn',
        text: `${has}, ${toJudgement(rollout)}, and waits for somebody to let it go on.`,
        move: command(
          'advance',
          next === undefined ? 'Let it go on' : `Go to ${toPercentLabel(next)}`,
        ),
      }
    case 'smoke':
      return {
        more: toSentence(obstacle.reason),
        tone: 'calm',
        text: `Nobody has ${release} yet: Holo makes its smoke requests first; it ${goal} when they are answered as expected.`,
        move: command('abort', 'Take it back'),
      }
    case 'frozen':
      return {
        ...base,
        tone: 'warn',
        text: `${has}, ${toJudgement(rollout)}, and waits while no release may go forward.`,
        more: toSentence(obstacle.reason),
        move: command('pause', 'Pause'),
      }
    case 'check':
    case 'confirmation':
      return {
        ...base,
        tone: held ? 'warn' : toRolloutTone(rollout),
        text: `${has}, ${toJudgement(rollout)}; ${goal} when ${obstacle.kind === 'check' ? 'all checks pass' : 'it is confirmed'}.`,
        more: toSentence(obstacle.reason),
        move: held ? command('advance', 'Let it go on') : command('pause', 'Pause'),
      }
    case 'sampleRatio':
      return {
        tone: 'bad',
        text: `${has}, but visitors do not arrive in the shares that they were given.`,
        more: toSentence(obstacle.reason),
        move: command('pause', 'Pause'),
      }
    case 'time':
      return {
        ...base,
        tone: toRolloutTone(rollout),
        text: `${has}, ${toJudgement(rollout)}; ${toPlan(rollout, goal)}.`,
        move: command('pause', 'Pause'),
      }
    case 'evidence':
    case 'data': {
      const waits = held ? '. It has waited for its longest time' : ''
      return {
        ...base,
        tone: held ? 'warn' : toRolloutTone(rollout),
        text: `${has}, ${toJudgement(rollout)}; ${goal} when there is enough evidence${waits}.`,
        more: toSentence(obstacle.reason),
        move: held ? command('advance', 'Let it go on') : command('pause', 'Pause'),
      }
    }
    default:
      return {
        ...base,
        tone: toRolloutTone(rollout),
        text: `${has}, ${toJudgement(rollout)}; ${goal} with the next look.`,
        move: command('pause', 'Pause'),
      }
  }
}

/** What happens when the time of a step is over. */
function toPlan(rollout: RunningRolloutReply, goal: string): string {
  const { phase, step, plan } = rollout
  const soon = `in about ${toSpanLabel(toTimeLeftMs(rollout))}`
  const gate = phase === 'step' && step ? plan.steps[step.number - 1]?.gate : 'time'
  if (gate === 'manual') return `waits for a word ${soon}`
  if (gate === 'evidence' || gate === 'better')
    return `${goal} ${soon} if the evidence is enough then`
  return `${goal} ${soon}`
}

function toRolloutTone({ verdict }: RunningRolloutReply): Tone {
  if (verdict.outcome === 'promote') return 'good'
  return verdict.logWorse > verdict.threshold / 2 ? 'warn' : 'calm'
}

/** The last rollout, if it was taken back lately. */
function toTakenBackSentence({ rollouts, environments, now }: SiteView): SiteSentence | undefined {
  const [last] = rollouts
  if (last?.phase !== 'rolledBack' || last.endedAt === undefined) return undefined
  // Somebody has given it to visitors again, by hand.
  const isBack = ({ version, percent }: EnvironmentItem) => version === last.version && percent > 0
  if (last.flag === undefined && environments.some(isBack)) return undefined
  if (now - last.endedAt > NEWS_MS) return undefined
  return {
    tone: 'bad',
    text: `${toReleaseName(last)} was taken back ${toAgoLabel(last.endedAt, now)}.`,
    more: last.reason === undefined ? undefined : toSentence(last.reason),
    move: { kind: 'go', to: ['rollouts', last.id], label: 'Read why' },
  }
}

/** A sentence with more versions is not read. */
const MAX_NAMED = 3

/** Nothing moves. */
function toStillSentence({ environments }: SiteView): SiteSentence {
  const reached = environments.filter(({ percent, restricted }) => percent > 0 && !restricted)
  const versions = [...new Set(reached.map(({ version }) => version))]
  const [only] = versions
  if (versions.length === 1) {
    return {
      tone: 'calm',
      text: `${only} serves everybody.`,
      more: 'No rollout is running.',
      move: { kind: 'go', to: ['rollouts', 'new'], label: 'Start a rollout' },
    }
  }
  const shares = versions
    .map((version) => {
      const of = reached.filter((environment) => environment.version === version)
      return { version, percent: of.reduce((sum, { percent }) => sum + percent, 0) }
    })
    .sort((one, other) => other.percent - one.percent)
  const named = shares.length > MAX_NAMED ? shares.slice(0, MAX_NAMED - 1) : shares
  const others = shares.slice(named.length)
  const parts = named.map(({ version, percent }) => `${version} has ${toPercentLabel(percent)}`)
  if (others.length > 0) {
    const percent = others.reduce((sum, share) => sum + share.percent, 0)
    parts.push(`${others.length} other versions have ${toPercentLabel(percent)}`)
  }
  return {
    tone: 'calm',
    text: `${toListText(parts)} of visitors.`,
    more: 'No rollout is running: nothing moves by itself.',
    move: { kind: 'go', to: ['traffic'], label: 'Shift traffic' },
  }
}

/** A reason of the API begins in lower case and has no full stop. */
export function toSentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(first) ? first : `${first}.`
}
