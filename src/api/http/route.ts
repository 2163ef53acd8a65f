// The type of a route: one row of the table from which the app and the OpenAPI document are built.

import type { z } from 'zod'
import type { Result } from '../../core/result.ts'
import type { ProblemCode } from '../../wire/problems.ts'
import type { Scope } from '../../wire/scopes.ts'
import type { ContentStore, Octets } from '../content/content-store.ts'
import type { Asker } from './ask-control.ts'
import type { Failure } from './problems.ts'

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

/** The arguments of a handler. Precondition and schemas have been checked before. */
export type Call<Params, Query, Body> = Asker & {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** The revision that If-Match names; 0 for routes without If-Match. */
  readonly expectedRevision: number
  /**
   * Returns the store after the control has authenticated the caller: in an earlier call of the handler,
   * or else in a call that this function makes.
   */
  readonly openStore: () => Promise<Result<ContentStore, Failure>>
  readonly now: number
  /** The only host name where browsers may sign in; any if undefined. */
  readonly dashboardHost: string | undefined
  /** Of the address under which the client called, such as `https://shop.example.com`. */
  readonly origin: string
}

/** The arguments that functions need which call the control and the store for a handler. */
export type StoreAsker = Pick<Call<unknown, unknown, unknown>, 'ask' | 'caller' | 'openStore'>

export type RouteReply = {
  /** JSON, or bytes for a route with `repliesOctets`. */
  readonly body: unknown
  /** Becomes the ETag. */
  readonly revision?: number
  /** There is more to do: the client repeats the request to continue. */
  readonly isUnfinished?: boolean
  /** The browser keeps the secret of a new session, or forgets the one it has. */
  readonly session?: { readonly secret: string; readonly endsAt: number } | 'ended'
  /** The reply of the control that makes this request a WebSocket, in the place of `body`. */
  readonly upgraded?: Response
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
  readonly changes?:
    | 'document'
    | 'tokens'
    | 'store'
    | 'rollouts'
    | 'sessions'
    | 'previews'
    | 'webhooks'
    | 'freeze'
    | 'soaks'
  /** The route needs a document, and answers 404 `no_document` without one. */
  readonly readsDocument?: true
  readonly reply: z.ZodType
  /** The content type of a reply that is text; JSON when left out. */
  readonly type?: string
  readonly status?: 201
  /** The body is bytes, at most this many; the handler reads them. */
  readonly maxOctets?: number
  /** The reply is bytes. */
  readonly repliesOctets?: true
  /** The reply is a WebSocket, whose messages have the form of `reply`. */
  readonly upgrades?: true
  /** May answer 202 with the same reply, while there is more to do. */
  readonly hasSteps?: true
  /** The work takes long: a second request of the same token meanwhile gets a 429 `one_at_a_time`. */
  readonly oneAtATime?: true
  /** Further failure codes for the OpenAPI document. Those of all routes and of schemas are added there. */
  readonly failures?: readonly ProblemCode[]
}

/** A route that needs no credential. If the request has one, it must be valid all the same. */
export type OpenRoute = Row & {
  readonly scope: 'open'
  /** `undefined` when the request has no credential. */
  readonly handle: (
    asker: (Asker & { readonly staleAfterMs: number | undefined }) | undefined,
  ) => Handled
}

/** The route whose credential is in the body. */
export type SignInRoute = Row & {
  readonly scope: 'sign-in'
  readonly handle: (asker: Asker) => Handled
}

export type ScopedRoute = Row & {
  readonly scope: Scope
  readonly handle: (call: Call<never, never, never>) => Handled
}

export type Route = OpenRoute | SignInRoute | ScopedRoute

/** Checks that the handler of a row takes what its schemas define. */
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

/** The same for a row whose body is bytes. */
export function octetsRoute<Params extends z.ZodObject, Query extends z.ZodObject>(
  row: Omit<Row, 'body'> & {
    readonly scope: Scope
    readonly maxOctets: number
    readonly params?: Params
    readonly query?: Query
    readonly handle: (call: Call<z.infer<Params>, z.infer<Query>, Octets>) => Handled
  },
): ScopedRoute {
  return row
}
