// What a test tells the forwarding Worker, which is in another runtime: the part of the router's
// knowledge that a test is about, as JSON.

import type { Service } from '../../src/core/types.ts'

/** A service without what the test does not care about. */
export type AskedService = Pick<Service, 'prefix' | 'origins'> & Partial<Service>

export type Order = {
  readonly services: readonly AskedService[]
  readonly fallback?: AskedService | undefined
  readonly identity: Readonly<Record<string, string>>
  /** How far the Worker's clock is ahead, from this request on. */
  readonly laterMs?: number | undefined
}

/** An outcome that a Worker's control was told. */
export type Told = { readonly metric: string; readonly route: string }
