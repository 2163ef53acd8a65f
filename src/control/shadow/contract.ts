// The calls of the control that concern shadows.

import type { ShadowPair } from '../../wire/shadow.ts'
import type { KeptSoak, Soak } from '../../wire/soak.ts'
import type { Answer, Caller } from '../caller.ts'

export type ShadowsQuery = {
  readonly environment: string | undefined
  /** Routes of each pair of versions. */
  readonly limit: number
}

export type ShadowCalls = {
  readonly shadows: (caller: Caller, query: ShadowsQuery) => Answer<readonly ShadowPair[]>
  readonly soaks: (caller: Caller) => Answer<readonly KeptSoak[]>
  readonly keepSoak: (caller: Caller, soak: Soak) => Answer<KeptSoak>
}
