// Decides whether the rollout of a flag may be started in a document, and what the document is then. Pure: start.ts
// commits it. begin.ts does the same for versions.

import { isToldOfVariants } from '../../core/experiments/limits.ts'
import { findSplit } from '../../core/experiments/split.ts'
import { getOwn } from '../../core/own.ts'
import { err, ok, type Result } from '../../core/result.ts'
import type { RolloutEvent } from '../../core/rollout/events.ts'
import { giveEvents } from '../../core/rollout/give-events.ts'
import type { Plan } from '../../core/rollout/plan.ts'
import { newRollout } from '../../core/rollout/state.ts'
import { withEvaluators } from '../../document/compile-flags.ts'
import type { FlagDefinition } from '../../document/flags.ts'
import type { Content } from '../document/content.ts'
import { type DraftProblem, isNoChange, refuseChange, refuseUnknown } from '../document/draft.ts'
import { applyActions } from './act.ts'
import { type BeginOptions, type Begun, findUndeclaredGoals, readPlan, toFresh } from './begin.ts'
import type { FlagStart } from './contract.ts'
import { beginSplit, type FlagSides } from './flag-split.ts'
import { toSeen } from './seen.ts'
import { toFlagPair } from './seen-flag.ts'

/** Gives the variant the weight of the first step, in a split that is made where the flag has none. */
export function beginFlag(
  start: FlagStart,
  current: Content,
  { id, by, at, allowInsecure }: BeginOptions,
): Result<Begun, readonly DraftProblem[]> {
  const plan = readFlagPlan(start.plan)
  if (!plan.ok) return plan
  const undeclared = findUndeclaredGoals(plan.value, current)
  if (undeclared.length > 0) return err(undeclared)
  const drafted = draft(start, current)
  if (!drafted.ok) return drafted
  const { sides, content } = drafted.value
  const pair = toFlagPair(sides)
  const seen = toSeen(content, 0, pair)
  if (typeof seen === 'string') return refuseChange('flag', seen)
  const rollout = toFresh({ id, ...pair, by, at }, seen, newRollout(plan.value))
  const started: RolloutEvent = { kind: 'start', by, now: at }
  const outcome = giveEvents(rollout.state, [started])
  if ('refused' in outcome) return refuseChange('', outcome.refused)
  const acted = applyActions(outcome.actions, content, rollout, allowInsecure)
  return acted.ok ? ok({ rollout, started, outcome, content: acted.value }) : acted
}

/** The document in which the flag has a split of the two, and nobody has another variant than before. */
function draft(
  { flag: key, variant, base: named }: Pick<FlagStart, 'flag' | 'variant' | 'base'>,
  current: Content,
): Result<{ readonly sides: FlagSides; readonly content: Content }, readonly DraftProblem[]> {
  const { flags = {}, flagSettings = {} } = current
  const flag = getOwn(flags, key)
  if (!flag) return refuseUnknown('flag', 'flag', key, flags)
  if (flag.experiment) {
    const message = `the flag "${key}" is an experiment: stop it first, with "holo experiment stop"`
    return refuseChange('flag', message)
  }
  if (flag.state === 'DISABLED') {
    return refuseChange('flag', `the flag "${key}" is switched off: nobody would get the variant`)
  }
  const base = named ?? findBaseVariant(flag, variant)
  for (const [path, name] of [
    ['variant', variant],
    ['base', base],
  ] as const) {
    if (name === undefined) {
      const message = `name the variant that gives its visitors: "${key}" has no other default`
      return refuseChange(path, message)
    }
    if (getOwn(flag.variants, name) === undefined) {
      return refuseUnknown(path, 'variant', name, flag.variants)
    }
  }
  if (base === undefined || base === variant) {
    return refuseChange('base', `"${variant}" cannot be compared with itself`)
  }
  const begun = beginSplit(flag, { variant, base })
  if (!begun.ok) return refuseChange('flag', `the flag "${key}": ${begun.error}`)
  const { targeting } = begun.value
  if (findSplit(withEvaluators(targeting, flagSettings.$evaluators ?? {})).length !== 1) {
    const message = `the flag "${key}": a shared part of its targeting splits visitors as well`
    return refuseChange('flag', message)
  }
  const changed = { ...current, flags: { ...flags, [key]: begun.value } }
  const content = isNoChange(changed, current) ? current : changed
  const before = flag.targeting ?? null
  return ok({ sides: { key, variant, base, before }, content })
}

/** The default, if a rollout can take visitors from it; else the only other variant. */
function findBaseVariant(
  { defaultVariant, variants }: FlagDefinition,
  variant: string,
): string | undefined {
  if (typeof defaultVariant === 'string' && defaultVariant !== variant) return defaultVariant
  const [other, ...more] = Object.keys(variants).filter((name) => name !== variant)
  return more.length === 0 ? other : undefined
}

/** A plan as it is for a flag, without what only a version has. */
function readFlagPlan(raw: FlagStart['plan']): Result<Plan, readonly DraftProblem[]> {
  const read = readPlan(raw)
  if (!read.ok) return read
  const plan = read.value
  const written: Readonly<Record<string, unknown>> = typeof raw === 'string' ? {} : raw
  const problems: DraftProblem[] = []
  const say = (path: string, message: string) => problems.push({ path: `plan${path}`, message })
  for (const [i, { weight }] of plan.steps.entries()) {
    if (weight > 0) continue
    const at = written.steps === undefined ? '' : `.steps[${i}].weight`
    say(
      at,
      'a step of 0 % is for versions, which have an address of their own; nobody would see a variant',
    )
  }
  if (plan.baseline !== undefined) {
    say(
      '.baseline',
      'a baseline is for versions: variants of a flag are served by the same backends',
    )
  }
  if (plan.smoke !== undefined) {
    say('.smoke', 'smoke requests are for versions: nobody can ask for a variant')
  }
  for (const [i, check] of (plan.checks ?? []).entries()) {
    if (check.metric === undefined) continue
    say(
      `.checks[${i}].metric`,
      'copies are compared by version: variants of a flag have the same backends',
    )
  }
  if (written.withdraw === true)
    say('.withdraw', 'a version can be withdrawn, and a variant cannot')
  for (const [i, { name }] of plan.metrics.entries()) {
    if (written.metrics === undefined || isToldOfVariants(name)) continue
    const message = `"${name}" is told of versions alone: variants are judged by goals and by metrics of requests`
    say(`.metrics[${i}].name`, message)
  }
  if (problems.length > 0) return err(problems)
  return ok({
    ...plan,
    withdraws: false,
    metrics: plan.metrics.filter(({ name }) => isToldOfVariants(name)),
  })
}
