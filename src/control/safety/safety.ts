// Decides whether a change may go forward now, for everybody who commits one: commands of people, rollouts,
// and edits of KV.

import type { Budget } from '../../wire/tokens.ts'
import type { BelowFloorResult, DeniedResult, FrozenResult } from '../caller.ts'
import type { Content } from '../document/content.ts'
import type { Pair } from '../rollouts/seen.ts'
import { findOverBudget } from './budget.ts'
import { findBelowFloor } from './floor.ts'
import { findForward } from './forward.ts'
import type { Served } from './served.ts'

export type RefusalOptions = {
  /** It is a rollback, which no freeze holds. */
  readonly takesBack: boolean
  /** Windows are disregarded. */
  readonly outsideWindow?: boolean | undefined
  /** A floor is disregarded. */
  readonly belowFloor: boolean
  /** Of the token that makes the change. */
  readonly budget?: Budget | undefined
  /** A rollout makes the change. */
  readonly isRollout?: boolean
}

/** What may hold releases: says in words why it does now. */
type Holding = { readonly toText: () => string | undefined }

export type SafetyDeps = {
  readonly freezing: Holding
  readonly releaseWindows: Holding
  readonly served: Served
  /** The environments of all running rollouts. */
  readonly listRunning: () => readonly Pair[]
}

export class Safety {
  readonly #parts: SafetyDeps

  constructor(parts: SafetyDeps) {
    this.#parts = parts
  }

  /** Why no release goes forward now; `undefined` if it may. A freeze comes before windows. */
  hold(outsideWindow = false): FrozenResult | undefined {
    const { freezing, releaseWindows } = this.#parts
    const freeze = freezing.toText()
    if (freeze !== undefined) return { kind: 'frozen', held: 'freeze', detail: freeze }
    const closed = outsideWindow ? undefined : releaseWindows.toText()
    return closed === undefined ? undefined : { kind: 'frozen', held: 'windows', detail: closed }
  }

  /** Why this change may not be made; `undefined` if it may. */
  findRefusal(
    before: Content | undefined,
    after: Content,
    { budget, isRollout = false, ...options }: RefusalOptions,
  ): FrozenResult | BelowFloorResult | DeniedResult | undefined {
    const { takesBack } = options
    const why = budget && this.#findOverBudget(before, after, { budget, takesBack, isRollout })
    if (why !== undefined) return { kind: 'denied', denial: 'forbidden', why }
    return this.findHeld(before, after, options)
  }

  /** The same for whoever has no token: a freeze or a floor. */
  findHeld(
    before: Content | undefined,
    after: Content,
    {
      takesBack,
      belowFloor,
      outsideWindow,
    }: Pick<RefusalOptions, 'takesBack' | 'belowFloor' | 'outsideWindow'>,
  ): FrozenResult | BelowFloorResult | undefined {
    const frozen = takesBack ? undefined : this.#findFrozen(before, after, outsideWindow)
    if (frozen || belowFloor || !before) return frozen
    const detail = findBelowFloor(before, after)
    return detail === undefined ? undefined : { kind: 'below_floor', detail }
  }

  #findOverBudget(
    before: Content | undefined,
    after: Content,
    {
      budget,
      takesBack,
      isRollout,
    }: Required<Pick<RefusalOptions, 'takesBack' | 'isRollout'>> & { readonly budget: Budget },
  ): string | undefined {
    if (!before) return 'the token has a budget, and the first document concerns everything'
    // What a rollout takes back, it may take back whole.
    if (isRollout && takesBack) return undefined
    const { served, listRunning } = this.#parts
    const placeOf = served.placesIn(before)
    return findOverBudget({
      ...{ budget, before, after, placeOf, isRollout },
      steps: findForward(before, after, placeOf),
      unproven: served.unprovenAfter(before, after, true),
      isRollback: takesBack,
      running: listRunning().flatMap(({ environment, base, baseline }) => [
        environment,
        base,
        ...(baseline === undefined ? [] : [baseline]),
      ]),
    })
  }

  /** Why this change may not be made now; `undefined` if it takes something back, or nothing holds it. */
  #findFrozen(
    before: Content | undefined,
    after: Content,
    outsideWindow: boolean | undefined,
  ): FrozenResult | undefined {
    const held = this.hold(outsideWindow)
    if (held === undefined) return undefined
    const first = { text: 'the first document gives versions to visitors' }
    const [step] = before
      ? findForward(before, after, this.#parts.served.placesIn(before))
      : [first]
    return step && { ...held, detail: `${held.detail}. What goes forward here: ${step.text}` }
  }
}
