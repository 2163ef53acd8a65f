// Sends one health probe. core/health.ts decides what the reply means.

import type { ProbeResult } from '../../core/health.ts'
import { findBoundWorker, splitOrigin } from '../../core/services.ts'
import type { ProbeTarget } from './targets.ts'

/** Lets backends recognise probes and leave them out of their statistics. */
export const PROBE_USER_AGENT = 'Holo-Probe/1 (+active health check)'

/** A probe that takes longer has failed. */
const PROBE_TIMEOUT_MS = 5000

const BINDING = 'service:'
/** The host in the URL for a bound Worker, which has none of its own. */
const BINDING_ORIGIN = 'https://probe.holo.invalid'

export type Asking = {
  /** All bindings by name, bound Workers among them. */
  readonly bindings: object
  readonly timeoutMs?: number
  /** The clock for the duration, in milliseconds. */
  readonly now: () => number
}

/** Never throws. Redirects are not followed, caches are not used, and the body is not read. */
export async function askOrigin(
  { origin, path }: Pick<ProbeTarget, 'origin' | 'path'>,
  { bindings, timeoutMs = PROBE_TIMEOUT_MS, now }: Asking,
): Promise<ProbeResult> {
  const isBinding = origin.startsWith(BINDING)
  const { address, basePath } = splitOrigin(origin)
  const fetcher = isBinding ? findBoundWorker(bindings, address.slice(BINDING.length)) : globalThis
  if (!fetcher) return { kind: 'silent', why: 'no Worker is bound under this name' }
  const began = now()
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetcher.fetch((isBinding ? BINDING_ORIGIN : address) + basePath + path, {
      headers: { 'user-agent': PROBE_USER_AGENT, accept: '*/*' },
      redirect: 'manual',
      cache: 'no-store',
      signal: timeout,
    })
    void Promise.allSettled([response.body?.cancel()])
    return { kind: 'answered', status: response.status, ms: now() - began }
  } catch (cause) {
    if (timeout.aborted) return { kind: 'silent', why: `does not answer within ${timeoutMs} ms` }
    console.warn(`the probe of ${origin}${path} failed`, cause)
    return { kind: 'silent', why: 'cannot be reached' }
  }
}
