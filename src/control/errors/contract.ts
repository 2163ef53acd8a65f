// The calls of the control that concern errors of browsers.

import type { ErrorGroupSummary } from '../../wire/errors.ts'
import type { Answer, Caller } from '../caller.ts'

export type ErrorsQuery = {
  readonly version: string | undefined
  readonly environment: string | undefined
  readonly isNew: boolean | undefined
  readonly limit: number
}

export type ErrorsPage = {
  readonly groups: readonly ErrorGroupSummary[]
  /** How many groups there are of those that were asked for. */
  readonly found: number
  /** Reports that were not kept since the control began. */
  readonly lost: number
}

export type ErrorDetail = ErrorGroupSummary & { readonly stack: string }

/** Whether the caller may read what happened in an environment. */
export type MayRead = (environment: string) => boolean

export type ErrorCalls = {
  readonly errors: (caller: Caller, query: ErrorsQuery) => Answer<ErrorsPage>
  readonly error: (caller: Caller, id: string) => Answer<ErrorDetail | undefined>
}
