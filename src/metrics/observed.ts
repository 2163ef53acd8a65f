// What counting is told of a request: who asked and what was decided, then who answered. Plain values
// and references to what the router has anyway; nothing is read here.

import type { Assignments, Decision } from '../core/types.ts'
import type { Facts } from '../http/facts.ts'

/** A request that has been decided. */
export type Asked = {
  readonly request: Request
  readonly facts: Facts
  readonly decision: Decision
  readonly assignments: Pick<Assignments, 'buckets' | 'salt'>
  /** A copy that nobody waits for, or a question of our own, is no visitor's request. */
  readonly by: 'visitor' | 'shadow' | 'probe'
}

/** What became of the service of the chosen version, whoever answered in the end. */
export type ServiceAnswer = {
  /** Of its own reply; `undefined` where there was none. */
  readonly status: number | undefined
  /** Why there was none, or none that can be used; retries that went well left none. */
  readonly failure: string | undefined
  /** Milliseconds spent waiting for it, sending and thinking of the client not included. */
  readonly waitedMs: number
}

/** Where the reply came from. */
export type Source = 'memory' | 'cache' | 'r2' | 'service' | 'fallback' | 'none'

export type Answered = {
  readonly status: number
  readonly source: Source
  /** The body's length where it is announced. */
  readonly bytes: number
  /** `undefined` where no service of the version was asked. */
  readonly service: ServiceAnswer | undefined
  /** The chosen version's own manifest names the file that was asked for. */
  readonly isNamed: boolean
}
