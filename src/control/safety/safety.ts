// Decides whether a change may go forward now, for everybody who commits one: commands of people, rollouts,
// and edits of KV.

import type { BelowFloorResult, FrozenResult } from '../caller.ts'
import type { Content } from '../document/content.ts'
import { findBelowFloor } from './floor.ts'
import { findForward } from './forward.ts'
import type { Freezing } from './freezing.ts'
import type { Served } from './served.ts'

/** `takesBack`: it is a rollback, which no freeze holds. `belowFloor`: a floor is disregarded. */
export type RefusalOptions = { readonly takesBack: boolean; readonly belowFloor: boolean }

export type SafetyDeps = { readonly freezing: Freezing; readonly served: Served }

export class Safety {
  readonly #parts: SafetyDeps

  constructor(parts: SafetyDeps) {
    this.#parts = parts
  }

  /** Why no release goes forward now, in words; `undefined` if it may. */
  hold(): string | undefined {
    return this.#parts.freezing.toText()
  }

  /** Why this change may not be made; `undefined` if it may. */
  findRefusal(
    before: Content | undefined,
    after: Content,
    { takesBack, belowFloor }: RefusalOptions,
  ): FrozenResult | BelowFloorResult | undefined {
    const frozen = takesBack ? undefined : this.#findFrozen(before, after)
    if (frozen || belowFloor || !before) return frozen
    const detail = findBelowFloor(before, after)
    return detail === undefined ? undefined : { kind: 'below_floor', detail }
  }

  /** Why this change may not be made now; `undefined` if it takes something back, or nothing holds it. */
  #findFrozen(before: Content | undefined, after: Content): FrozenResult | undefined {
    const held = this.hold()
    if (held === undefined) return undefined
    const first = { text: 'the first document gives versions to visitors' }
    const [step] = before
      ? findForward(before, after, this.#parts.served.placesIn(before))
      : [first]
    return step && { kind: 'frozen', detail: `${held}. What goes forward here: ${step.text}` }
  }
}
