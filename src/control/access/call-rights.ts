// Decides for each call of the control whether its caller may make it: the scope, and what a limited
// token must not reach. Who a credential belongs to is decided by authority.ts.

import { err, ok, type Result } from '../../core/result.ts'
import type { Scope } from '../../wire/scopes.ts'
import type { Answer, Authorise, Caller, DeniedResult } from '../contract.ts'
import type { Author } from '../document/change.ts'
import type { MayRead } from '../errors/contract.ts'
import { OneAtATime, toOwner } from '../one-at-a-time.ts'
import { findEnvironmentTrespass, findVersionTrespass, isLimited } from './token-limits.ts'

type Denied = Result<never, DeniedResult>

/** What a call does for its author, once it is known that the author may. */
type Act<T> = (author: Author) => T | Promise<T>

export class CallRights {
  readonly #authorise: Authorise
  readonly #alone = new OneAtATime()

  constructor(authorise: Authorise) {
    this.#authorise = authorise
  }

  async authorise(caller: Caller, scope: Scope): Promise<Result<Author, DeniedResult>> {
    const principal = await this.#authorise(caller, scope)
    if (!principal.ok) return principal
    return ok({ principal: principal.value, requestId: caller.requestId })
  }

  async act<T>(caller: Caller, scope: Scope, act: Act<T>): Promise<T | Denied> {
    const author = await this.authorise(caller, scope)
    return author.ok ? act(author.value) : author
  }

  /** Acts if the scope is `publish`, and the token's limits allow this version. */
  async actOnVersion<T>(caller: Caller, version: string, act: Act<T>): Promise<T | Denied> {
    const author = await this.authorise(caller, 'publish')
    if (!author.ok) return author
    const why = findVersionTrespass(author.value.principal.limits ?? {}, version)
    return why ? err({ kind: 'denied', denial: 'forbidden', why }) : act(author.value)
  }

  /** For what concerns all versions: a limited token is refused. */
  async actUnlimited<T>(caller: Caller, scope: Scope, act: Act<T>): Promise<T | Denied> {
    const author = await this.authorise(caller, scope)
    if (!author.ok) return author
    const { limits = {} } = author.value.principal
    if (!isLimited(limits) && limits.budget === undefined) return act(author.value)
    const why = 'the token is limited, and this concerns every version'
    return err({ kind: 'denied', denial: 'forbidden', why })
  }

  async answer<T>(caller: Caller, scope: Scope, tell: () => T | Promise<T>): Answer<T> {
    const principal = await this.#authorise(caller, scope)
    return principal.ok ? ok(await tell()) : principal
  }

  /** For what a limited token reads only of its environments. */
  async answerWithin<T>(caller: Caller, tell: (mayRead: MayRead) => T): Answer<T> {
    const principal = await this.#authorise(caller, 'read')
    if (!principal.ok) return principal
    const { limits = {} } = principal.value
    return ok(tell((environment) => findEnvironmentTrespass(limits, environment) === undefined))
  }

  /** For slow work: each token gets one call at a time, so that abandoned calls do not pile up. */
  async answerAlone<T>(caller: Caller, name: string, tell: () => Promise<T>): Answer<T> {
    const principal = await this.#authorise(caller, 'read')
    if (!principal.ok) return principal
    const told = await this.#alone.run(name, toOwner(principal.value), tell)
    return told.ok ? told : err({ kind: 'denied', denial: 'one_at_a_time' })
  }
}
