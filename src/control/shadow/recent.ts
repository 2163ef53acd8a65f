// What was compared in the last hour, by pair of versions: what a rollout goes by, so that an old good time does not
// outweigh a bad one of now. In memory: after a restart of the control it begins with nothing, which is no pass.

import type { ComparedCounts } from '../../core/shadow/differences.ts'
import type { ShadowReport } from '../../core/shadow/reports.ts'
import { MAX_SHADOW_PAIRS } from './limits.ts'

const MINUTE_MS = 60_000
const MINUTES = 60

type Named = Pick<ShadowReport, 'from' | 'base' | 'to' | 'shadow'>
type Recent = { readonly named: Named; readonly minutes: Map<number, ComparedCounts> }

const NOTHING: ComparedCounts = { compared: 0, differing: 0, baselines: 0, noisy: 0 }

export class RecentDifferences {
  /** The pair that was compared last is the last one. */
  readonly #pairs = new Map<string, Recent>()

  add(report: Named & ComparedCounts, now: number): void {
    const { from, base, to, shadow } = report
    const key = JSON.stringify([from, base, to, shadow])
    const minutes = this.#pairs.get(key)?.minutes ?? new Map<number, ComparedCounts>()
    const minute = Math.floor(now / MINUTE_MS)
    minutes.set(minute, addUp([minutes.get(minute) ?? NOTHING, report]))
    for (const old of minutes.keys()) if (!isRecent(old, now)) minutes.delete(old)
    this.#pairs.delete(key)
    this.#pairs.set(key, { named: { from, base, to, shadow }, minutes })
    const [oldest] = this.#pairs.keys()
    if (this.#pairs.size > MAX_SHADOW_PAIRS && oldest !== undefined) this.#pairs.delete(oldest)
  }

  /** Pairs of which anything was compared. */
  list(now: number): readonly (Named & ComparedCounts)[] {
    return [...this.#pairs.values()]
      .map(({ named, minutes }) => {
        const recent = [...minutes].filter(([minute]) => isRecent(minute, now))
        return { ...named, ...addUp(recent.map(([, counts]) => counts)) }
      })
      .filter(({ compared }) => compared > 0)
  }

  /** All copies of the requests of `from` from one version to another, to whatever environment. */
  sum({ from, base, shadow }: Omit<Named, 'to'>, now: number): ComparedCounts {
    return addUp(
      this.list(now).filter(
        (one) => one.from === from && one.base === base && one.shadow === shadow,
      ),
    )
  }
}

/** A minute that lies ahead was counted before the clock went back. */
function isRecent(minute: number, now: number): boolean {
  const age = Math.floor(now / MINUTE_MS) - minute
  return age >= 0 && age < MINUTES
}

function addUp(all: readonly ComparedCounts[]): ComparedCounts {
  return all.reduce<ComparedCounts>(
    (sum, one) => ({
      compared: sum.compared + one.compared,
      differing: sum.differing + one.differing,
      baselines: sum.baselines + one.baselines,
      noisy: sum.noisy + one.noisy,
    }),
    NOTHING,
  )
}
