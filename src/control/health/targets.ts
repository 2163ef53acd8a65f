// What a document asks to be probed: every origin of every service that an environment points at,
// each address once.

import { checkOrigin, normaliseOrigin } from '../../document/origin.ts'
import type { AssignmentsDocument } from '../../document/schema.ts'
import { PROBE_DEFAULTS } from '../../document/service.ts'

/** Beyond these nothing is asked, and that is said: a look has to end before the next. */
export const MAX_PROBES = 200

/** One address to ask, however many environments and services share it. */
export type ProbeTarget = {
  /** The same for the same address and expectation. */
  readonly key: string
  readonly origin: string
  readonly path: string
  readonly status: number
  readonly intervalMs: number
  /** Why it is not asked; `undefined` where it is. */
  readonly refusal: string | undefined
}

/** A service as an environment has it. */
export type ProbedService = {
  readonly environment: string
  readonly version: string
  readonly prefix: string
  /** Empty where no probe is configured. */
  readonly targets: readonly ProbeTarget[]
}

export type Targets = {
  readonly services: readonly ProbedService[]
  /** Each that is to be asked, once. */
  readonly asked: readonly ProbeTarget[]
}

/** Versions that no environment points at are not asked, whatever they say. */
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

/** The edge checks origins as well; a document may be older than the setting. */
function findRefusal(origin: string, allowInsecure: boolean, isTooMany: boolean) {
  const message = checkOrigin(origin, allowInsecure)
  if (message !== undefined) return `not asked: ${message}`
  return isTooMany ? `not asked: the first ${MAX_PROBES} are` : undefined
}
