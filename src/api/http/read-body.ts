// The JSON of a request, bounded in size, depth and time. What it must say is the route's schema.

import { err, ok, type Result } from '../../core/result.ts'
import { withTimeout } from '../../core/with-timeout.ts'
import { BODY_TIMEOUT_MS, MAX_BODY_BYTES, MAX_JSON_DEPTH } from './limits.ts'
import type { Failure } from './problems.ts'

const JSON_TYPE = /^application\/json[ \t]*(;|$)/i

const TOO_LARGE: Failure = { kind: 'body_too_large', limit: MAX_BODY_BYTES }

export async function readBody({ headers, body }: Request): Promise<Result<unknown, Failure>> {
  if (!JSON_TYPE.test(headers.get('content-type') ?? '')) {
    return err({ kind: 'unsupported_media_type' })
  }
  if (Number(headers.get('content-length')) > MAX_BODY_BYTES) return err(TOO_LARGE)
  let text: string | undefined
  try {
    text = await withTimeout(readText(body), BODY_TIMEOUT_MS)
  } catch {
    // It broke off, took too long, or is not UTF-8: in each case there is nothing to work with.
    return invalid('the body did not arrive whole, or is not UTF-8')
  }
  if (text === undefined) return err(TOO_LARGE)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    return invalid(`the body is not JSON: ${cause instanceof Error ? cause.message : cause}`)
  }
  if (isDeeperThan(value, MAX_JSON_DEPTH)) {
    return invalid(`the body is nested more than ${MAX_JSON_DEPTH} levels deep`)
  }
  return ok(value)
}

/** `undefined` when there is more than is read. */
async function readText(body: ReadableStream<Uint8Array> | null): Promise<string | undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let text = ''
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) return undefined
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1))
}

function invalid(message: string): Result<never, Failure> {
  return err({ kind: 'invalid_request', problems: [{ path: 'body', message }] })
}
