// What a route of the API is: one row of the table that the app is built from, the OpenAPI document
// is generated from, and the tests go through.

import type { z } from 'zod'
import type { Result } from '../../core/result.ts'
import type { ProblemCode } from '../../wire/problems.ts'
import type { Scope } from '../../wire/scopes.ts'
import type { ContentStore, Octets } from '../content/content-store.ts'
import type { Asker } from './ask-control.ts'
import type { Failure } from './problems.ts'

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

/** What a handler works with, once precondition and schemas have been checked. */
export type Call<Params, Query, Body> = Asker & {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** The revision that If-Match names; 0 on routes that take none. */
  readonly expectedRevision: number
  /**
   * The store, once the control has proved the credential: by a call that the handler has made before,
   * else by one that this makes.
   */
  readonly openStore: () => Promise<Result<ContentStore, Failure>>
  readonly now: number
}

/** The part of a call with which functions beside the handler ask the control and the store. */
export type StoreAsker = Pick<Call<unknown, unknown, unknown>, 'ask' | 'caller' | 'openStore'>

export type RouteReply = {
  /** JSON, or bytes where the route replies with these. */
  readonly body: unknown
  /** Becomes the ETag. */
  readonly revision?: number
  /** There is more to do: the same request goes on with it. */
  readonly isUnfinished?: boolean
}

export type Handled = Promise<Result<RouteReply, Failure>>

type Row = {
  readonly method: Method
  /** Below `/.holo/api`, with parameters in braces. */
  readonly path: string
  readonly summary: string
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** A change of the document takes If-Match, `dryRun` and `reason`. */
  readonly changes?: 'document' | 'tokens' | 'store' | 'rollouts'
  /** There has to be a document; a 404 `no_document` where there is none. */
  readonly readsDocument?: true
  readonly reply: z.ZodType
  /** Of a reply that is a text; it is JSON where this is left out. */
  readonly type?: string
  readonly status?: 201
  /** The body is bytes, of this length at most; the handler reads them. */
  readonly maxOctets?: number
  /** The reply is bytes. */
  readonly repliesOctets?: true
  /** May answer 202 with the same reply, while there is more to do. */
  readonly hasSteps?: true
  /** Long work: a token that asks again before it has its answer gets a 429 `one_at_a_time`. */
  readonly oneAtATime?: true
  /** Codes of failures, for the OpenAPI document: those of every route and of its schemas are known. */
  readonly failures?: readonly ProblemCode[]
}

/** Answers strangers, too; a credential that is shown must count all the same. */
export type OpenRoute = Row & {
  readonly scope: 'open'
  /** `undefined` where no credential was shown. */
  readonly handle: (asker: Asker | undefined) => Handled
}

export type ScopedRoute = Row & {
  readonly scope: Scope
  readonly handle: (call: Call<never, never, never>) => Handled
}

export type Route = OpenRoute | ScopedRoute

/** A row whose handler gets what its schemas say. */
export function route<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
>(
  row: Row & {
    readonly scope: Scope
    readonly params?: Params
    readonly query?: Query
    readonly body?: Body
    readonly handle: (call: Call<z.infer<Params>, z.infer<Query>, z.infer<Body>>) => Handled
  },
): ScopedRoute {
  return row
}

/** A row whose body is bytes. */
export function octetsRoute<Params extends z.ZodObject>(
  row: Omit<Row, 'body'> & {
    readonly scope: Scope
    readonly maxOctets: number
    readonly params: Params
    readonly handle: (call: Call<z.infer<Params>, undefined, Octets>) => Handled
  },
): ScopedRoute {
  return row
}
