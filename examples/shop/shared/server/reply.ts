// What a route answers, and the one JSON form of everything that goes wrong. No sockets here.

import type { z } from 'zod'

export type Reply = {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** One thing wrong with a body: `path` is dotted (`items.0.quantity`), empty for the whole. */
export type Problem = { readonly path: string; readonly message: string }

export type FailureCode =
  | 'bad-path'
  | 'invalid-json'
  | 'invalid-input'
  | 'no-such-endpoint'
  | 'no-such-item'
  | 'no-such-basket'
  | 'method-not-allowed'
  | 'already-ordered'
  | 'out-of-stock'
  | 'too-large'
  | 'internal'

/** A failure as JSON: `{ error: { code, message, problems? } }`. */
export function failure(status: number, code: FailureCode, message: string): Reply {
  return { status, body: { error: { code, message } } }
}

/** 400 with everything that is wrong with the body. */
export function invalid(problems: readonly Problem[]): Reply {
  const message = `The body has ${problems.length} problem(s).`
  return { status: 400, body: { error: { code: 'invalid-input', message, problems } } }
}

/** zod's findings in the form that `invalid` wants. */
export function toProblems(error: z.ZodError): Problem[] {
  return error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
}
