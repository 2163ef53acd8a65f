// The budget of a token: how many visitors it may expose to something new before the judge of a rollout has
// seen evidence for it. Pure. docs/safety.md has it in words.

import { toCanonicalJson } from '../../core/canonical-json.ts'
import { getOwn } from '../../core/own.ts'
import { type Plan, PRESETS } from '../../core/rollout/plan.ts'
import type { Phase } from '../../core/rollout/state.ts'
import type { Budget } from '../../wire/tokens.ts'
import type { Content } from '../document/content.ts'
import { type Exposure, type ForwardStep, isForward, type PlaceOf } from './forward.ts'

/** What is known of how many buckets a version may have. */
export type Standing = {
  /** Buckets that tokens with a budget gave it, and for which there is no evidence. */
  readonly unproven: number
  /** With so many buckets the judge of a rollout has passed it. */
  readonly passed: number
}

export const NO_STANDING: Standing = { unproven: 0, passed: 0 }

type Moved = {
  readonly was: Exposure
  readonly is: Exposure
  readonly placeOf: PlaceOf
  readonly standings: ReadonlyMap<string, Standing>
  /** Whether a token with a budget makes the change. */
  readonly isBudgeted: boolean
}

/** The unproven buckets of each version that has some after a change. */
export function toUnproven(moved: Moved): ReadonlyMap<string, number> {
  const { was, is, placeOf, standings, isBudgeted } = moved
  const gained = new Map<string, number>()
  for (const [bucket, version] of is.buckets.entries()) {
    if (version === undefined || !isForward(was.buckets[bucket], version, placeOf)) continue
    gained.set(version, (gained.get(version) ?? 0) + 1)
  }
  const unproven = new Map<string, number>()
  for (const [version, count] of is.counts) {
    const { unproven: before, passed } = standings.get(version) ?? NO_STANDING
    const more = gained.get(version) ?? 0
    // Somebody without a budget who gives a version visitors answers for those that it has.
    const after = isBudgeted ? before + more : more > 0 ? 0 : before
    const bounded = Math.min(after, Math.max(0, count - passed))
    if (bounded > 0) unproven.set(version, bounded)
  }
  return unproven
}

export type BudgetedChange = {
  readonly budget: Budget
  readonly before: Content
  readonly after: Content
  /** All that goes forward. */
  readonly steps: readonly ForwardStep[]
  /** After the change. */
  readonly unproven: ReadonlyMap<string, number>
  readonly placeOf: PlaceOf
  /** Going back to an earlier revision. */
  readonly isRollback: boolean
  /** A rollout makes the change, so that visitors are counted and watched. */
  readonly isRollout: boolean
  /** The environments of the rollouts that run. */
  readonly running: readonly string[]
}

/** Why a token with this budget may not make the change; `undefined` if it may. */
export function findOverBudget(change: BudgetedChange): string | undefined {
  const { budget, before, after, steps, unproven, placeOf, isRollback, isRollout, running } = change
  if (toCanonicalJson(before.measure ?? {}) !== toCanonicalJson(after.measure ?? {})) {
    if (!isRollback)
      return refuse(budget, 'what is measured would change, and with it the evidence')
  }
  // A rollback may give everything back but a version that was taken back since.
  const counted = isRollback
    ? steps.filter(({ version }) => version !== undefined && placeOf(version) === undefined)
    : steps
  if (counted.length === 0) return undefined
  const unbounded = counted.find(({ buckets }) => buckets === undefined)
  if (unbounded) {
    return refuse(budget, `${unbounded.text}, and nobody can say how many visitors that concerns`)
  }
  const touched = isRollout
    ? undefined
    : running.find(
        (name) =>
          getOwn(before.environments, name)?.version !== getOwn(after.environments, name)?.version,
      )
  if (touched !== undefined) {
    return refuse(
      budget,
      `"${touched}" is part of a rollout, which would go on with another version`,
    )
  }
  const { maxShare, maxVisitors } = budget
  if (maxVisitors !== undefined && !isRollout) {
    return refuse(budget, 'only a rollout counts visitors: start one')
  }
  if (maxShare === undefined) return undefined
  const sum = [...unproven.values()].reduce((all, count) => all + count, 0)
  if (sum <= Math.round(maxShare * 100)) return undefined
  return refuse(budget, `${sum / 100} % of the visitors would have versions without evidence`)
}

/** The fields of a plan that say what evidence is. */
const OF_THE_JUDGE = [
  'metrics',
  'alpha',
  'combine',
  'warmUpMs',
  'segments',
  'sampleRatioAlpha',
] as const

/**
 * Why a token with this budget may not let a plan go on by itself from a phase on: a step above the
 * budget comes after evidence at the step before, and the plan judges as the presets do.
 */
export function findPlanOverBudget(budget: Budget, plan: Plan, from: Phase): string | undefined {
  const { minVisitors } = PRESETS.standard
  const isSame = OF_THE_JUDGE.every(
    (key) => toCanonicalJson(plan[key] ?? null) === toCanonicalJson(PRESETS.standard[key] ?? null),
  )
  if (!isSame || plan.minVisitors < minVisitors) {
    return refuse(budget, 'the plan does not judge as the presets do')
  }
  if (from.name !== 'step' && from.name !== 'smoke') return undefined
  const entry = plan.steps[0]?.weight ?? 100
  if (from.name === 'smoke' && budget.maxShare !== undefined && entry > budget.maxShare) {
    return refuse(budget, `after the smoke requests ${entry} % of the visitors would have it`)
  }
  const { maxShare = 0 } = budget
  const first = from.name === 'step' ? from.index : 0
  for (const [index, { weight, gate, atMax }] of plan.steps.entries()) {
    if (index < first) continue
    const next = plan.steps[index + 1]?.weight ?? 100
    const isSure = gate === 'manual' || (gate !== 'time' && atMax !== 'goOn')
    if (isSure || next <= maxShare) continue
    return refuse(
      budget,
      `the plan goes from ${weight} % to ${next} % without evidence: give step ${index + 1} the gate "evidence", and "atMax" another value than "goOn"`,
    )
  }
  return undefined
}

/** As in `at most 1 % and 500 visitors without evidence`. */
export function toBudgetText({ maxShare, maxVisitors }: Budget): string {
  const parts = [
    ...(maxShare === undefined ? [] : [`${maxShare} %`]),
    ...(maxVisitors === undefined ? [] : [`${maxVisitors} visitors`]),
  ]
  return `at most ${parts.join(' and ')} without evidence`
}

function refuse(budget: Budget, why: string): string {
  return `the token has a budget (${toBudgetText(budget)}): ${why}`
}
