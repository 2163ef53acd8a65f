// Reads the body of a request of OFREP: the context, or what is wrong with it. Also says which flag it is about.

import { err, ok, type Result } from '../core/result.ts'
import { readSmallBody } from '../http/small-body.ts'
import type { FlagContext } from './evaluate.ts'

/** Contexts are a few facts about somebody. */
const MAX_CONTEXT_BYTES = 64 * 1024
/** Targeting runs once over a list of the context, so its length is the longest time of an evaluation. */
const MAX_LIST_ITEMS = 1000
const MAX_CONTEXT_DEPTH = 20

/** Why there is no context. */
export type ContextFailure = {
  readonly status: 400 | 413
  readonly errorCode: 'PARSE_ERROR' | 'INVALID_CONTEXT'
  readonly errorDetails: string
}

export async function parseContext(request: Request): Promise<Result<FlagContext, ContextFailure>> {
  const text = await readSmallBody(request, MAX_CONTEXT_BYTES)
  if (text === undefined) return fail('PARSE_ERROR', 'the body broke off')
  if (text === 'too_large') {
    return fail('INVALID_CONTEXT', `the context has at most ${MAX_CONTEXT_BYTES} bytes`, 413)
  }
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return fail('PARSE_ERROR', 'the body is not JSON')
  }
  const context = isRecord(body) ? body.context : undefined
  if (!isRecord(context)) return fail('INVALID_CONTEXT', 'the body has an object "context"')
  const problem = findContextFault(context)
  return problem === undefined ? ok(context) : fail('INVALID_CONTEXT', problem)
}

/** Says why flags are not evaluated for a context; `undefined` if they are. */
export function findContextFault(context: FlagContext): string | undefined {
  const { targetingKey } = context
  if (targetingKey !== undefined && typeof targetingKey !== 'string') {
    return '"targetingKey" is a text'
  }
  return findExcess(context)
}

/** The key of the one flag that a path asks for: all that follows the prefix, decoded. */
export function readKey(pathname: string, prefix: string): string {
  const written = pathname.slice(prefix.length)
  try {
    return decodeURIComponent(written)
  } catch {
    return written
  }
}

function fail(
  errorCode: ContextFailure['errorCode'],
  errorDetails: string,
  status: ContextFailure['status'] = 400,
): Result<FlagContext, ContextFailure> {
  return err({ status, errorCode, errorDetails })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function findExcess(value: unknown, depth = 0): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (depth > MAX_CONTEXT_DEPTH) return `a context is nested at most ${MAX_CONTEXT_DEPTH} deep`
  if (Array.isArray(value) && value.length > MAX_LIST_ITEMS) {
    return `a list of a context has at most ${MAX_LIST_ITEMS} items`
  }
  for (const part of Object.values(value)) {
    const problem = findExcess(part, depth + 1)
    if (problem !== undefined) return problem
  }
  return undefined
}
