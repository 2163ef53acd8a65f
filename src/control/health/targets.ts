// Lists the origins to probe: those of every service with a probe, of every version that an environment
// points at. The same address is asked once.

import { PROBE_DEFAULTS } from '../../document/complete-service.ts'
import { checkOrigin, normaliseOrigin } from '../../document/origin.ts'
import type { AssignmentsDocument } from '../../document/schema.ts'

/**
 * The most addresses that are asked, so that a round ends before the next begins. The rest is reported
 * as not asked.
 */
export const MAX_PROBES = 200

/** One address to ask. Several environments and services may share it. */
export type ProbeTarget = {
  /** Identifies the address and the expected status. */
  readonly key: string
  readonly origin: string
  readonly path: string
  readonly status: number
  readonly intervalMs: number
  /** Why it is not asked; `undefined` if it is. */
  readonly refusal: string | undefined
}

/** A service of the version that an environment points at. */
export type ProbedService = {
  readonly environment: string
  readonly version: string
  readonly prefix: string
  /** Empty if no probe is configured. */
  readonly targets: readonly ProbeTarget[]
}

export type Targets = {
  readonly services: readonly ProbedService[]
  /** Each target that is asked, once. */
  readonly asked: readonly ProbeTarget[]
}

/** Versions that no environment points at are not probed. */
export function findTargets(
  { environments, versions }: Pick<AssignmentsDocument, 'environments' | 'versions'>,
  allowInsecure: boolean,
): Targets {
  const asked = new Map<string, ProbeTarget>()
  const services: ProbedService[] = []
  for (const [environment, { version }] of Object.entries(environments)) {
    for (const { prefix, origins, probe } of versions[version]?.services ?? []) {
      const targets: ProbeTarget[] = []
      for (const text of probe ? origins : []) {
        const { path = '/', status = PROBE_DEFAULTS.status, intervalMs } = probe ?? {}
        const origin = normaliseOrigin(text)
        const key = `${status} ${origin}${path}`
        const known = asked.get(key)
        const target = {
          key,
          origin,
          path,
          status,
          intervalMs: Math.min(
            intervalMs ?? PROBE_DEFAULTS.intervalMs,
            known?.intervalMs ?? Number.POSITIVE_INFINITY,
          ),
          refusal: findRefusal(
            text,
            allowInsecure,
            known === undefined && asked.size >= MAX_PROBES,
          ),
        }
        targets.push(target)
        if (target.refusal === undefined) asked.set(key, target)
      }
      services.push({ environment, version, prefix, targets })
    }
  }
  return { services, asked: [...asked.values()] }
}

/** Why an origin may not be asked. Its document may be older than the setting that forbids it. */
function findRefusal(origin: string, allowInsecure: boolean, isTooMany: boolean) {
  const message = checkOrigin(origin, allowInsecure)
  if (message !== undefined) return `not asked: ${message}`
  return isTooMany ? `not asked: only the first ${MAX_PROBES} addresses are` : undefined
}
