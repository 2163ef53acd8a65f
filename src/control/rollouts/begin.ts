// Decides whether a rollout may be started in a document, and what the document is then. Pure: start.ts
// commits it.

import { GOAL_PREFIX } from '../../core/counting/metrics.ts'
import { getOwn } from '../../core/own.ts'
import { err, ok, type Result } from '../../core/result.ts'
import type { Plan } from '../../core/rollout/plan.ts'
import { newRollout } from '../../core/rollout/state.ts'
import { type GivenEvents, giveEvents } from '../../core/rollout/step.ts'
import { parsePlan } from '../../document/parse-plan.ts'
import { applyCommand } from '../document/apply.ts'
import { type Content, findFirstServed } from '../document/content.ts'
import { type DraftProblem, refuseChange, refuseUnknown } from '../document/draft.ts'
import { MAX_RUNNING_ROLLOUTS } from '../limits.ts'
import { applyActions } from './act.ts'
import type { Start } from './contract.ts'
import { type ComparedState, toSeen } from './seen.ts'
import type { Rollout } from './store.ts'

export type Begun = {
  readonly rollout: Rollout
  readonly outcome: GivenEvents
  readonly content: Content
}

export type BeginOptions = {
  readonly id: number
  readonly by: string
  readonly at: number
  readonly allowInsecure: boolean
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

/** Why no rollout can start between these two environments: each running rollout that uses one of them. */
export function findInTheWay(
  running: readonly Rollout[],
  names: readonly [environment: string, base: string],
): readonly DraftProblem[] {
  const refusals = running.flatMap(({ id, environment, base }) =>
    names
      .filter((name) => name === environment || name === base)
      .map((name) => ({
        path: name === names[0] ? 'environment' : 'base',
        message: `"${name}" is part of rollout ${id} (from "${base}" to "${environment}"), which runs: wait for it, or abort it`,
      })),
  )
  if (refusals.length > 0 || running.length < MAX_RUNNING_ROLLOUTS) return refusals
  return [{ path: '', message: `${running.length} rollouts run, and no more can` }]
}

/** Points the canary at the version and gives it the weight of the first step, in one change. */
export function begin(
  { version, environment, plan: raw }: Start,
  base: string,
  current: Content,
  { id, by, at, allowInsecure }: BeginOptions,
): Result<Begun, readonly DraftProblem[]> {
  const plan = readPlan(raw)
  if (!plan.ok) return plan
  const undeclared = findUndeclaredGoals(plan.value, current)
  if (undeclared.length > 0) return err(undeclared)
  // As whoever points an environment by itself: what is known of who had a version stays known.
  const draft = applyCommand({ kind: 'set-environment', name: environment, version }, current, {
    earlier: () => undefined,
    allowInsecure,
  })
  if (!draft.ok) return draft
  const seen = toSeen(draft.value, 0, { environment, base })
  if (typeof seen === 'string') {
    const message = `${seen}: both environments of a rollout are public, and one has traffic`
    return refuseChange('environment', message)
  }
  if (seen.baseVersion === version) {
    return refuseChange('version', `"${base}" has version "${version}" already`)
  }
  const rollout = toFresh({ id, environment, base, by, at }, seen, newRollout(plan.value))
  const outcome = giveEvents(rollout.state, [{ kind: 'start', by, now: at }])
  if ('refused' in outcome) return refuseChange('', outcome.refused)
  const acted = applyActions(outcome.actions, draft.value, rollout, allowInsecure)
  return acted.ok ? ok({ rollout, outcome, content: acted.value }) : acted
}

function readPlan(raw: unknown): Result<Plan, readonly DraftProblem[]> {
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
function findUndeclaredGoals({ metrics }: Plan, { measure }: Content): readonly DraftProblem[] {
  const goals = measure?.goals ?? {}
  return metrics.flatMap(({ name }, i) => {
    const goal = name.startsWith(GOAL_PREFIX) ? name.slice(GOAL_PREFIX.length) : undefined
    if (goal === undefined || getOwn(goals, goal) !== undefined) return []
    const message = `the document declares no goal "${goal}": declare it under "measure.goals", or leave the metric out`
    return [{ path: `plan.metrics[${i}].name`, message }]
  })
}

type Fresh = Pick<Rollout, 'id' | 'environment' | 'base'> & { by: string; at: number }

function toFresh(
  { id, environment, base, by, at }: Fresh,
  seen: ComparedState,
  state: Rollout['state'],
): Rollout {
  return {
    id,
    environment,
    base,
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
  }
}
