// Takes a window of counts into the state, once. What the evidence then means is tick.ts' affair.

import { addToMetric, readWindow } from '../judge/metric.ts'
import { addVisitors, type Stratum } from '../sample-ratio/sample-ratio.ts'
import { addData, type MetricData } from './data.ts'
import type { Window } from './events.ts'
import type { RolloutState } from './state.ts'

/** A window that came before, that is late, or that counted another generation only counts as odd. */
export function addWindow(state: RolloutState, window: Window): RolloutState {
  const { oddities } = state
  if (!(Number.isSafeInteger(window.id) && window.id > state.lastWindow)) {
    return { ...state, oddities: { ...oddities, oldWindows: oddities.oldWindows + 1 } }
  }
  const seen = { ...state, lastWindow: window.id }
  if (window.generation !== state.generation) {
    return { ...seen, oddities: { ...oddities, foreignWindows: oddities.foreignWindows + 1 } }
  }
  return addAssigned(addMetrics(seen, window), window.assigned)
}

function addMetrics(state: RolloutState, { metrics }: Window): RolloutState {
  const { plan } = state
  const states = [...state.metrics]
  const data: MetricData[] = [...state.data.metrics]
  for (const [i, metric] of plan.metrics.entries()) {
    const [before, dataBefore] = [states[i], data[i]]
    const given = Object.hasOwn(metrics, metric.name) ? metrics[metric.name] : undefined
    if (!given || !before || !dataBefore) continue
    const counts = readWindow(metric, given)
    if (typeof counts === 'string') {
      data[i] = { ...dataBefore, error: counts }
    } else {
      states[i] = addToMetric(metric, before, counts)
      data[i] = addData(dataBefore, counts, state.weight < 100)
    }
  }
  return { ...state, metrics: states, data: { ...state.data, metrics: data } }
}

function addAssigned(state: RolloutState, assigned: readonly Stratum[]): RolloutState {
  let { sampleRatio } = state
  let [control, canary] = state.data.visitors
  for (const stratum of assigned) {
    const next = addVisitors(sampleRatio, stratum, state.plan.sampleRatioAlpha)
    if (next === sampleRatio) continue
    sampleRatio = next
    control += stratum.visitors[0] ?? 0
    canary += stratum.visitors[1] ?? 0
  }
  return { ...state, sampleRatio, data: { ...state.data, visitors: [control, canary] } }
}
