// The call of the control that concerns shadows.

import type { ShadowPair } from '../../wire/shadow.ts'
import type { Answer, Caller } from '../caller.ts'

export type ShadowsQuery = {
  readonly environment: string | undefined
  /** Routes of each pair of versions. */
  readonly limit: number
}

export type ShadowCalls = {
  readonly shadows: (caller: Caller, query: ShadowsQuery) => Answer<readonly ShadowPair[]>
}
