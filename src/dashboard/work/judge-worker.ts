// A thread of its own for what takes long: replaying a rollout and simulating one. The page stays quick meanwhile.

import type { RolloutEvent } from '../../core/rollout/events.ts'
import type { Plan } from '../../core/rollout/plan.ts'
import type { ReplayResult } from '../../core/rollout/replay.ts'
import { type RecordedRollout, type RecordedTransition, Replay } from '../../core/rollout/replay.ts'
import { type EvidencePoint, EvidenceTrace } from './evidence.ts'
import { type ForecastRun, type KnownTraffic, simulateAll } from './forecast.ts'

/** What the page asks. A replay gets its pages one by one. */
export type JudgeTask =
  | { readonly kind: 'begin'; readonly recorded: RecordedRollout }
  | {
      readonly kind: 'page'
      readonly events: readonly RolloutEvent[]
      readonly transitions: readonly RecordedTransition[]
      readonly isLast: boolean
    }
  | { readonly kind: 'simulate'; readonly plan: Plan; readonly traffic: KnownTraffic }

export type JudgeNews =
  | {
      readonly kind: 'evidence'
      readonly points: readonly EvidencePoint[]
      readonly events: number
      readonly result: ReplayResult | undefined
    }
  | { readonly kind: 'run'; readonly run: ForecastRun }
  | { readonly kind: 'simulated' }

const scope = globalThis as unknown as {
  onmessage: (event: { data: JudgeTask }) => void
  postMessage: (news: JudgeNews) => void
}

let replay: Replay | undefined
let trace: EvidenceTrace | undefined

scope.onmessage = ({ data: task }) => {
  switch (task.kind) {
    case 'begin':
      replay = new Replay(task.recorded)
      trace = new EvidenceTrace(task.recorded.state.plan)
      return
    case 'page': {
      if (!replay || !trace) return
      replay.add(task.events, task.transitions)
      trace.add(task.events)
      scope.postMessage({
        kind: 'evidence',
        points: trace.points,
        events: replay.events,
        result: task.isLast ? replay.result() : undefined,
      })
      return
    }
    case 'simulate':
      for (const run of simulateAll(task.plan, task.traffic))
        scope.postMessage({ kind: 'run', run })
      scope.postMessage({ kind: 'simulated' })
  }
}
