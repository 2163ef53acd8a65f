// What the control tells of the health of services, as plain data.

import type { HealthState } from '../../core/health.ts'
import type { Answer, Caller } from '../caller.ts'

/** How one origin is, or a service. Times are milliseconds since the epoch. */
type Told = {
  readonly state: HealthState
  /** Since when it is in this state; `undefined` while that is not known. */
  readonly since: number | undefined
  /** In words. */
  readonly why: string
}

export type OriginReport = Told & { readonly origin: string; readonly path: string }

export type ServiceReport = Told & {
  readonly environment: string
  readonly version: string
  readonly prefix: string
  /** Empty where no probe is configured. */
  readonly origins: readonly OriginReport[]
}

/** An environment is as its worst service. */
export type EnvironmentReport = Told & { readonly environment: string }

export type ServicesReport = {
  readonly environments: readonly EnvironmentReport[]
  readonly services: readonly ServiceReport[]
  /** Origins that isolates are told to ask last. */
  readonly down: readonly string[]
}

export type HealthCalls = {
  readonly services: (caller: Caller) => Answer<ServicesReport>
}
