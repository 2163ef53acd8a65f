// What a limited token may not begin: rollouts of environments and versions that are none of its own.

import type { Action } from '../../core/rollout/events.ts'
import { START, toSetWeight } from '../../core/rollout/transition.ts'
import {
  findEnvironmentTrespass,
  findTrespass,
  findVersionTrespass,
  isLimited,
} from '../access/token-limits.ts'
import type { Principal } from '../caller.ts'
import type { Content } from '../document/content.ts'
import { applyActions } from './act.ts'
import type { Begun } from './begin.ts'
import type { Start } from './contract.ts'
import type { Pair } from './seen.ts'

export const BUDGET_AND_FLAGS =
  'the token has a budget, and what visitors of a flag get is not counted for it'
export const LIMITED_AND_FLAGS = 'the token is limited, and flags concern every environment'

/** Why a token may not begin or command this rollout; `undefined` where it may. */
export function findRolloutTrespass(
  { limits = {} }: Principal,
  {
    environment,
    base,
    baseline,
    flag,
    version,
    baselineVersion,
  }: Pair & Pick<Start, 'version' | 'baselineVersion'>,
): string | undefined {
  if (flag) return isLimited(limits) ? LIMITED_AND_FLAGS : undefined
  return (
    findEnvironmentTrespass(limits, environment) ??
    findEnvironmentTrespass(limits, base) ??
    (baseline === undefined ? undefined : findEnvironmentTrespass(limits, baseline)) ??
    findVersionTrespass(limits, version) ??
    (baselineVersion === undefined ? undefined : findVersionTrespass(limits, baselineVersion))
  )
}

/**
 * Why a token may not begin a rollout that goes on by itself to the end of its plan: each step makes a
 * document of it, and the token has to be allowed to make each of these by itself.
 */
export function findPlanTrespass(
  { limits = {} }: Principal,
  before: Content,
  { rollout, content }: Begun,
  allowInsecure: boolean,
): string | undefined {
  if (!isLimited(limits)) return undefined
  const { state } = rollout
  const { steps: planned, bake } = state.plan
  const baked = bake.minMs > 0 ? [100 - bake.heldBack] : []
  const steps: Action[] = [
    ...planned.map(({ weight }, index) =>
      toSetWeight(state, { name: 'step', index, ...START }, weight),
    ),
    ...baked.map((weight) => toSetWeight(state, { name: 'bake', ...START }, weight)),
    { kind: 'complete' },
  ]
  for (const step of steps) {
    const made = applyActions([step], content, rollout, allowInsecure)
    const trespass = findTrespass(limits, before, made.ok ? made.value : content)
    if (trespass) return trespass
  }
  return undefined
}
