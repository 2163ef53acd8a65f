// Decides whether a rollout may be started in a document, and what the document is then. Pure: start.ts
// commits it.

import { GOAL_PREFIX } from '../../core/counting/metrics.ts'
import { getOwn } from '../../core/own.ts'
import { err, ok, type Result } from '../../core/result.ts'
import type { RolloutEvent } from '../../core/rollout/events.ts'
import { type GivenEvents, giveEvents } from '../../core/rollout/give-events.ts'
import type { Plan } from '../../core/rollout/plan.ts'
import { newRollout } from '../../core/rollout/state.ts'
import { countBuckets } from '../../core/traffic.ts'
import { parsePlan } from '../../document/parse-plan.ts'
import { applyCommand } from '../document/apply.ts'
import { type Content, findFirstServed } from '../document/content.ts'
import { type DraftProblem, refuseChange, refuseUnknown } from '../document/draft.ts'
import { applyActions } from './act.ts'
import type { Start } from './contract.ts'
import { type ComparedState, type Pair, toSeen } from './seen.ts'
import type { Rollout } from './store.ts'

/** A team has a few environments, and each look at each rollout is rows. */
export const MAX_RUNNING_ROLLOUTS = 10

export type Begun = {
  readonly rollout: Rollout
  /** The event that `outcome` follows from. */
  readonly started: RolloutEvent
  readonly outcome: GivenEvents
  readonly content: Content
}

export type BeginOptions = {
  readonly id: number
  readonly by: string
  readonly at: number
  readonly allowInsecure: boolean
  /** The visitors that the token's budget allows without evidence; `undefined` for any number. */
  readonly maxVisitors?: number | undefined
  /** The share that it allows without evidence, in percent; `undefined` for any. */
  readonly maxShare?: number | undefined
}

/**
 * The environment that gives its buckets: as named, or the first other public one that has traffic.
 * Where no other has any, it is the first other public one: the canary has all visitors itself.
 */
export function findBase(
  { environments, traffic }: Content,
  { base, environment }: Pick<Start, 'base' | 'environment'>,
): Result<string, readonly DraftProblem[]> {
  const isOther = ([name, { restricted }]: [string, { restricted?: boolean | undefined }]) =>
    !restricted && name !== environment
  const found =
    base ??
    findFirstServed({ environments, traffic }, environment) ??
    Object.entries(environments).find(isOther)?.[0]
  if (found === undefined) return refuseChange('base', 'no other environment is public')
  if (!getOwn(environments, found)) {
    return refuseUnknown('base', 'environment', found, environments)
  }
  if (found === environment)
    return refuseChange('base', `"${found}" cannot be compared with itself`)
  return ok(found)
}

/** Why no rollout can start between these environments: each running rollout that uses one of them. */
export function findInTheWay(
  running: readonly Rollout[],
  { environment, base, baseline, flag }: Pair,
): readonly DraftProblem[] {
  const names = flag
    ? [['flag', environment] as const]
    : [
        ['environment', environment] as const,
        ['base', base] as const,
        ...(baseline === undefined ? [] : [['plan.baseline', baseline] as const]),
      ]
  const refusals = running.flatMap((other) =>
    names
      .filter(([, name]) => [other.environment, other.base, other.baseline].includes(name))
      .map(([path, name]) => ({
        path,
        message: `"${name}" is part of rollout ${other.id} (${toSidesText(other)}), which runs: wait for it, or abort it`,
      })),
  )
  if (refusals.length > 0 || running.length < MAX_RUNNING_ROLLOUTS) return refusals
  return [{ path: '', message: `${running.length} rollouts run, and no more can` }]
}

function toSidesText({ environment, base, flag }: Pair): string {
  const [from, to] = flag ? [flag.base, flag.variant] : [base, environment]
  return `from "${from}" to "${to}"`
}

/**
 * Points the canary at the version, and the baseline of the plan at the old one, and gives them the
 * weight of the first step, in one change.
 */
export function begin(
  { version, environment, plan: raw, baselineVersion }: Start,
  base: string,
  current: Content,
  { id, by, at, allowInsecure, maxVisitors, maxShare }: BeginOptions,
): Result<Begun, readonly DraftProblem[]> {
  const plan = readPlan(raw)
  if (!plan.ok) return plan
  const { baseline } = plan.value
  const pair: Pair = { environment, base, baseline }
  const undeclared = findUndeclaredGoals(plan.value, current)
  if (undeclared.length > 0) return err(undeclared)
  const uncompared = findUncompared(plan.value, current, { version, environment, base })
  if (uncompared.length > 0) return err(uncompared)
  // As whoever points an environment by itself: what is known of who had a version stays known.
  const point = (name: string, to: string, content: Content) =>
    applyCommand({ kind: 'set-environment', name, version: to }, content, {
      earlier: () => undefined,
      allowInsecure,
    })
  const canary = point(environment, version, current)
  if (!canary.ok) return canary
  const unfit = findUnfitBaseline(pair, current, { version, baselineVersion })
  if (unfit.length > 0) return err(unfit)
  const baseVersion = getOwn(current.environments, base)?.version ?? ''
  const draft =
    baseline === undefined ? canary : point(baseline, baselineVersion ?? baseVersion, canary.value)
  if (!draft.ok) {
    return err(draft.error.map((problem) => ({ ...problem, path: 'baselineVersion' })))
  }
  const seen = toSeen(draft.value, 0, pair)
  if (typeof seen === 'string') {
    const message = `${seen}: both environments of a rollout are public, and one has traffic`
    return refuseChange('environment', message)
  }
  if (seen.baseVersion === version) {
    return refuseChange('version', `"${base}" has version "${version}" already`)
  }
  const rollout = toFresh({ id, ...pair, by, at, maxVisitors }, seen, newRollout(plan.value))
  // Without smoke the start itself gives the first share, within the budget or not at all.
  const bounded = maxShare === undefined || !plan.value.smoke ? {} : { maxShare }
  const started: RolloutEvent = { kind: 'start', ...bounded, by, now: at }
  const outcome = giveEvents(rollout.state, [started])
  if ('refused' in outcome) return refuseChange('', outcome.refused)
  const acted = applyActions(outcome.actions, draft.value, rollout, allowInsecure)
  return acted.ok ? ok({ rollout, started, outcome, content: acted.value }) : acted
}

/** Why the baseline of the plan cannot stand for the base. */
function findUnfitBaseline(
  { environment, base, baseline }: Pair,
  { environments, traffic }: Content,
  { version, baselineVersion }: Pick<Start, 'version' | 'baselineVersion'>,
): readonly DraftProblem[] {
  if (baseline === undefined) {
    if (baselineVersion === undefined) return []
    const message = 'the plan has no baseline: give it one, as in "baseline": "baseline"'
    return [{ path: 'baselineVersion', message }]
  }
  const problems: DraftProblem[] = []
  const say = (message: string, path = 'plan.baseline') => problems.push({ path, message })
  if (baseline === environment || baseline === base) {
    const part = baseline === base ? 'the base' : 'the canary'
    say(`"${baseline}" is ${part} already: a baseline has an environment of its own`)
    return problems
  }
  if (getOwn(environments, baseline)?.restricted) {
    say(`"${baseline}" is restricted: visitors come to a baseline, so that it has to be public`)
  }
  const count = countBuckets(getOwn(traffic, baseline))
  if (count > 0) {
    say(
      `"${baseline}" has ${count / 100} % of the visitors: a baseline begins together with the canary, so give them to another environment`,
    )
  }
  if (baselineVersion === version) {
    say(
      `"${version}" is the new version: a baseline has the build of the old one`,
      'baselineVersion',
    )
  }
  return problems
}

/** The environment that the plan has as its baseline, if it can be read. */
export function findBaseline(raw: Start['plan']): string | undefined {
  const plan = parsePlan(raw)
  return plan.ok ? plan.value.baseline : undefined
}

export function readPlan(raw: unknown): Result<Plan, readonly DraftProblem[]> {
  const plan = parsePlan(raw)
  if (plan.ok) return plan
  return err(
    plan.error.map(({ path, message }) => ({
      path: path === '' ? 'plan' : `plan.${path}`,
      message,
    })),
  )
}

/** Goals of a plan that the document does not declare: nobody would ever reach them. */
export function findUndeclaredGoals(
  { metrics }: Plan,
  { measure }: Content,
): readonly DraftProblem[] {
  const goals = measure?.goals ?? {}
  return metrics.flatMap(({ name }, i) => {
    const goal = name.startsWith(GOAL_PREFIX) ? name.slice(GOAL_PREFIX.length) : undefined
    if (goal === undefined || getOwn(goals, goal) !== undefined) return []
    const message = `the document declares no goal "${goal}": declare it under "measure.goals", or leave the metric out`
    return [{ path: `plan.metrics[${i}].name`, message }]
  })
}

/** Checks of copies that nobody makes: they would hold the rollout for ever. */
function findUncompared(
  { checks = [] }: Plan,
  { environments }: Content,
  { version, environment, base }: { version: string; environment: string; base: string },
): readonly DraftProblem[] {
  const shadow = getOwn(environments, base)?.shadow
  const to = shadow?.to ?? ''
  const isCopied = shadow !== undefined && !shadow.off && shadow.percent > 0
  const isSame = to === environment || getOwn(environments, to)?.version === version
  if (isCopied && isSame) return []
  const message = isCopied
    ? `the shadow of "${base}" goes to "${to}", which does not have ${version}: give it ${version}, or set "to" to "${environment}"`
    : `no request of "${base}" is copied, so that nothing is compared: give it a "shadow", or leave the check out`
  return checks.flatMap((check, i) =>
    check.metric !== undefined ? [{ path: `plan.checks[${i}].metric`, message }] : [],
  )
}

type Fresh = Pair & Pick<BeginOptions, 'id' | 'by' | 'at' | 'maxVisitors'>

/** A rollout before its first event. */
export function toFresh(
  { id, environment, base, baseline, flag, by, at, maxVisitors }: Fresh,
  seen: ComparedState,
  state: Rollout['state'],
): Rollout {
  return {
    id,
    environment,
    base,
    baseline,
    flag,
    state,
    seen,
    isOlder: false,
    started_at: at,
    started_by: by,
    ended_at: null,
    generation: 0,
    events: 0,
    chunk: 0,
    chunk_characters: 0,
    looked_at: 0,
    alarm_debt: 0,
    failures: 0,
    retry_at: 0,
    problem: null,
    max_visitors: maxVisitors ?? null,
  }
}
