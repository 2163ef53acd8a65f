// Calls the control for one request, with a timeout, and returns every failure as a `Failure`. Each call
// carries the credential of the request, and the control authenticates it. So a request that calls the
// control needs no separate call for authentication.

import type { Caller, ControlStub, DeniedResult } from '../../control/contract.ts'
import type { RolloutRefused } from '../../control/rollouts/contract.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { withTimeout } from '../../core/with-timeout.ts'
import { hasScope } from '../../wire/scopes.ts'
import { type Failure, toFailure } from './problems.ts'
import type { TurnedAway } from './turned-away.ts'

/** The control usually answers in about 50 ms. After this time an error is more useful than waiting. */
const CONTROL_READ_TIMEOUT_MS = 5000

/** A change gets more time than a read, because an unknown outcome costs the client more. */
const CONTROL_CHANGE_TIMEOUT_MS = 10_000

/** Returns a new stub for every call: a stub whose call failed stays broken. */
export type GetControl = () => ControlStub

/** `changes`: the call may have changed something even if its answer was lost. */
export type CallEffect = 'none' | 'changes'

/** The calls that take a caller and authenticate it. Routes make no other calls. */
type ProvingCalls = Omit<ControlStub, 'sync' | 'watch'>

type Refusal = { readonly kind: string }

export type Ask = {
  /** The value of the control's answer, or the failure that the API replies with. */
  <T>(
    effect: CallEffect,
    call: (control: ProvingCalls) => Promise<Result<T, RolloutRefused>>,
  ): Promise<Result<T, Failure>>
  /** For a call with its own reasons to refuse: `onRefused` converts them to a result. */
  <T, E extends Refusal, U = never>(
    effect: CallEffect,
    call: (control: ProvingCalls) => Promise<Result<T, E>>,
    onRefused: (refused: Exclude<E, DeniedResult>) => Result<U, Failure>,
  ): Promise<Result<T | U, Failure>>
}

/** What a function needs to call the control for a request: the caller, and the function that calls. */
export type Asker = { readonly ask: Ask; readonly caller: Caller }

export type ControlPatience = { readonly readMs: number; readonly changeMs: number }

const PATIENCE: ControlPatience = {
  readMs: CONTROL_READ_TIMEOUT_MS,
  changeMs: CONTROL_CHANGE_TIMEOUT_MS,
}

export type ControlClientOptions = {
  readonly getControl: GetControl
  readonly caller: Caller
  readonly turnedAway: TurnedAway
  readonly now: number
  readonly patience?: ControlPatience | undefined
}

export class ControlClient {
  readonly #options: ControlClientOptions
  /** The control has accepted credential and scope in an earlier call. */
  #isProved = false
  /** The failure of the first call that did not authenticate the caller. */
  #failure: Failure | undefined

  constructor(options: ControlClientOptions) {
    this.#options = options
  }

  readonly ask: Ask = async <T, E extends Refusal>(
    effect: CallEffect,
    call: (control: ProvingCalls) => Promise<Result<T, E>>,
    onRefused: (refused: Exclude<E, DeniedResult>) => Result<T, Failure> = toRefused,
  ): Promise<Result<T, Failure>> => {
    const sent = await this.#send(effect, call)
    if (!sent.ok) return this.#fail(sent.error)
    const answer = sent.value
    if (!answer.ok && isDenied(answer.error)) {
      const { caller, turnedAway, now } = this.#options
      await turnedAway.record(caller, answer.error, now)
      return this.#fail(toFailure(answer.error))
    }
    this.#isProved = true
    return answer.ok ? answer : onRefused(answer.error as Exclude<E, DeniedResult>)
  }

  /**
   * Authenticates the caller and checks the scope, unless a call of this request has done so. If such a
   * call failed, its failure is returned again, so that the client does not wait for the control twice.
   */
  async prove(): Promise<Result<undefined, Failure>> {
    if (this.#isProved) return ok(undefined)
    if (this.#failure) return err(this.#failure)
    const { caller } = this.#options
    const proved = await this.ask('none', (control) => control.authenticate(caller))
    if (!proved.ok) return proved
    const isAdmitted = caller.scope === undefined || hasScope(proved.value.scopes, caller.scope)
    if (isAdmitted) return ok(undefined)
    this.#isProved = false
    return this.#fail({ kind: 'forbidden' })
  }

  async #send<T>(
    effect: CallEffect,
    call: (control: ProvingCalls) => Promise<T>,
  ): Promise<Result<T, Failure>> {
    const { getControl, caller, patience = PATIENCE } = this.#options
    const ms = effect === 'changes' ? patience.changeMs : patience.readMs
    try {
      return ok(await withTimeout(call(getControl()), ms))
    } catch (cause) {
      console.error(`request ${caller.requestId}: the control gave no answer`, cause)
      return err({ kind: toKind(cause, effect) })
    }
  }

  #fail(failure: Failure): Result<never, Failure> {
    this.#failure ??= failure
    return err(failure)
  }
}

function isDenied(refused: Refusal): refused is DeniedResult {
  return refused.kind === 'denied'
}

function toRefused(refused: Refusal): Result<never, Failure> {
  return err(toFailure(refused as RolloutRefused))
}

/**
 * An overloaded control refuses a call before it does anything. After any other error the outcome is
 * unknown.
 */
function toKind(cause: unknown, effect: CallEffect) {
  const isOverloaded = (cause as { overloaded?: unknown } | null)?.overloaded === true
  if (isOverloaded) return 'control_overloaded'
  return effect === 'changes' ? 'unknown_outcome' : 'control_unavailable'
}
