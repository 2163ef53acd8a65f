// An experiment with two variants of a flag: what was counted so far, and what is known by it. The statistics
// are those of the judge (core/judge); visitors of the flag's base variant stand for those of the old version,
// and visitors of the other one for those of the new version.

import { addTally } from '../judge/evidence.ts'
import { toAllText, toFindingText } from '../judge/finding.ts'
import { addToMetric, findAll, toLogBetter } from '../judge/metric.ts'
import { addVisitors } from '../judge/sample-ratio.ts'
import { type Metric, MIN_CLIENTS, type Pair, toClients, toRow } from '../judge/sets.ts'
import { judge } from '../judge/verdict.ts'
import { nameVersions, toChanceText } from '../judge/words.ts'
import type { Window } from '../rollout/events.ts'
import type { Plan } from '../rollout/plan.ts'
import { type Analysis, newAnalysis, toObserved } from '../rollout/state.ts'
import { enterBlock } from '../rollout/tick.ts'

/**
 * How often an experiment whose variants do not differ says that they do, over its whole time and all of its
 * metrics and variants, however often somebody looks.
 */
export const EXPERIMENT_ALPHA = 0.05

/** How often visitors who arrive as they should are said not to. */
const SAMPLE_RATIO_ALPHA = 0.001

/** All that is remembered of the comparison of one variant with the base. Plain JSON. */
export type Experiment = Analysis & {
  readonly plan: Pick<Plan, 'metrics'>
  /** The id of the last window that was added; 0 before the first. */
  readonly lastWindow: number
  readonly lastNowMs: number
}

export type ExperimentVerdict = {
  /** `uneven`: visitors do not arrive in the shares of the variants, so that nothing can be said. */
  readonly outcome: 'better' | 'worse' | 'unknown' | 'uneven'
  /** What is known so far. */
  readonly sentence: string
  /** Visitors who were exposed, about: of the base and of the variant. */
  readonly visitors: Pair
}

/** @param metrics names of the table of metrics, each once. */
export function startExperiment(metrics: readonly string[], now: number): Experiment {
  const plan = { metrics: metrics.map(toMetric) }
  return { ...newAnalysis(plan), plan, lastWindow: 0, lastNowMs: now }
}

function toMetric(name: string): Metric {
  return { name, weight: 1, tolerance: 1, margin: null }
}

/** Adds what was counted since the window before. One that was added already changes nothing. */
export function addToExperiment(state: Experiment, window: Window, now: number): Experiment {
  if (window.id <= state.lastWindow) return state
  // After the clock goes back, the present block of time goes on.
  const entered = enterBlock({ ...state, lastNowMs: Math.max(now, state.lastNowMs) }, window)
  const { plan, metrics, visitors, block } = entered
  return {
    ...entered,
    lastWindow: window.id,
    metrics: metrics.map((before, i) =>
      addToMetric(plan.metrics[i] as Metric, before, window.sets),
    ),
    visitors: [visitors[0] + window.visitors[0], visitors[1] + window.visitors[1]],
    present: window.present.reduce(addTally, entered.present),
    crowd: window.crowd,
    block: {
      ...block,
      atRisk: window.present.reduce((sum, { canary }) => sum + canary, block.atRisk),
    },
    sampleRatio: window.assigned.reduce(
      (ratio, stratum) => addVisitors(ratio, stratum, SAMPLE_RATIO_ALPHA),
      entered.sampleRatio,
    ),
  }
}

/**
 * What is known so far.
 *
 * @param names the variants, for the sentence.
 * @param comparisons how many variants are compared with the base: they share the chance of an error.
 */
export function judgeExperiment(
  state: Experiment,
  names: { readonly base: string; readonly variant: string },
  comparisons: number,
): ExperimentVerdict {
  const [base, variant] = [JSON.stringify(names.base), JSON.stringify(names.variant)]
  const told = (outcome: ExperimentVerdict['outcome'], text: string): ExperimentVerdict => ({
    outcome,
    sentence: nameVersions(text, variant, base),
    visitors: state.visitors,
  })
  if (state.sampleRatio.alarmed) {
    return told(
      'uneven',
      'nothing can be said, because visitors do not arrive in the shares of the new version and the old one: some are lost, or are counted twice',
    )
  }
  // One half for "worse", one for "better".
  const alpha = EXPERIMENT_ALPHA / comparisons / 2
  const { metrics } = state.plan
  const question = { metrics, alpha, combine: 'split' as const }
  const { outcome, findings } = judge(question, toObserved(state))
  const worst = findings.toSorted((one, other) => other.logWorse - one.logWorse)[0]
  if (outcome === 'rollback') {
    const chance = toChanceText((worst?.logWorse ?? 0) - Math.log(metrics.length))
    return told(
      'worse',
      `the new version is worse than the old one: ${toFindingText(worst)}; by chance alone: ${chance}`,
    )
  }
  const best = findBest(state)
  if (best && best.log >= Math.log(metrics.length / alpha)) {
    const finding = findings[best.index]
    const chance = toChanceText(best.log - Math.log(metrics.length))
    const text = finding ? toAllText(finding) : ''
    return told(
      'better',
      `the new version is better than the old one: ${text}; by chance alone: ${chance}`,
    )
  }
  if (state.visitors[0] + state.visitors[1] === 0)
    return told('unknown', 'no visitor was exposed yet')
  const seen = findings.find(({ met }) => met[0] + met[1] > 0) ?? findings[0]
  const text = seen ? toAllText(seen) : 'nothing was seen'
  return told('unknown', `no difference is shown yet: ${text}`)
}

/** The metric that speaks most for the variant. Of measurements no such thing is asked. */
function findBest({ plan, metrics }: Experiment) {
  const all = metrics.flatMap((of, index) => {
    const metric = plan.metrics[index] as Metric
    const set = findAll(of.sets, 0)
    const { edges, bad } = toRow(metric)
    // One client must not decide: those speak who met it where it is met more often.
    const speaks = set ? toClients(set)[bad === 'more' ? 0 : 1] : 0
    return edges !== null || speaks < MIN_CLIENTS ? [] : [{ index, log: toLogBetter(metric, of) }]
  })
  return all.toSorted((one, other) => other.log - one.log)[0]
}
