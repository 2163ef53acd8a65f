// Keeps the health of each service of each environment, and since when it has its state. Updated after
// every probe; stored only when a state changes.

import { type Health, toServiceState } from '../../core/health.ts'
import type { OriginHealthReport, ServiceHealthReport } from '../../wire/health.ts'
import type { Outbox } from '../outbox.ts'
import type { HealthRecords } from './records.ts'
import type { ProbedService, ProbeTarget } from './targets.ts'

type HealthOf = (target: ProbeTarget) => Health

export class ServicesHealth {
  readonly #records: HealthRecords
  readonly #outbox: Pick<Outbox, 'add'>
  readonly #known: Map<string, Health>

  constructor(records: HealthRecords, outbox: Pick<Outbox, 'add'>) {
    this.#records = records
    this.#outbox = outbox
    this.#known = records.load('service')
  }

  /**
   * If an environment points at another version, its services count as new and their times start again.
   */
  update(services: readonly ProbedService[], healthOf: HealthOf, now: number): void {
    const current = new Set(services.map(toKey))
    for (const key of this.#known.keys()) {
      if (current.has(key)) continue
      this.#known.delete(key)
      this.#records.remove('service', key)
    }
    for (const service of services) {
      const key = toKey(service)
      const before = this.#known.get(key)
      const { state, why } = toState(service, healthOf)
      if (before?.state === state) {
        this.#known.set(key, { ...before, why })
      } else if (before || state !== 'Unknown') {
        this.#known.set(key, { state, since: now, why })
        this.#records.write('service', key, { state, since: now, why })
        const { environment, version, prefix } = service
        this.#outbox.add({
          kind: 'service.health',
          environment,
          version,
          prefix,
          before: before?.state ?? 'Unknown',
          state,
          why,
        })
      }
    }
  }

  report(services: readonly ProbedService[], healthOf: HealthOf): readonly ServiceHealthReport[] {
    return services.map((service) => {
      const { environment, version, prefix, targets } = service
      const known = this.#known.get(toKey(service))
      const { state, why } = known ?? toState(service, healthOf)
      const origins = targets.map((target): OriginHealthReport => {
        const { origin, path } = target
        return { origin, path, ...toTold(healthOf(target)) }
      })
      return { environment, version, prefix, state, since: known?.since, why, origins }
    })
  }
}

function toState({ targets }: ProbedService, healthOf: HealthOf): Pick<Health, 'state' | 'why'> {
  if (targets.length === 0) return { state: 'Unknown', why: 'no probe is configured' }
  return toServiceState(
    targets.map((target) => ({ name: target.origin, health: healthOf(target) })),
  )
}

/** Without `since` while the state is unknown. */
function toTold({ state, since, why }: Health) {
  return { state, since: state === 'Unknown' ? undefined : since, why }
}

function toKey({ environment, version, prefix }: ProbedService): string {
  return `${environment} ${version} ${prefix}`
}
