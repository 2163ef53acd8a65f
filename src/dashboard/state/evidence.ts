// The evidence of one rollout over time, as it is computed in the page from the stored events.

import { signal } from '@preact/signals'
import type { ReplayResult } from '../../core/rollout/replay.ts'
import { type CallFailure, type CallResult, call } from '../api/client.ts'
import type { EvidencePoint } from '../work/evidence.ts'
import type { JudgeNews, JudgeTask } from '../work/judge-worker.ts'

export type EvidenceState = {
  readonly points: readonly EvidencePoint[]
  /** How many events were read, of how many. */
  readonly read: number
  readonly all: number | undefined
  readonly result: ReplayResult | undefined
  readonly failure: CallFailure | undefined
  /** So many events that somebody is asked before they are read. */
  readonly isLong: boolean
}

const NONE: EvidenceState = {
  points: [],
  read: 0,
  all: undefined,
  result: undefined,
  failure: undefined,
  isLong: false,
}

export const evidence = signal<EvidenceState>(NONE)

/** Some eight hours of a rollout: a few megabytes. */
const LONG_EVENTS = 3_000

export function createJudgeWorker(): Worker {
  return new Worker(new URL('../work/judge-worker.ts', import.meta.url), { type: 'module' })
}

/** Reads all events of a rollout and gives them to the machine, page by page. Returns what ends it. */
export function readEvidence(id: number, isAsked = false): () => void {
  const worker = createJudgeWorker()
  const ended = new AbortController()
  const tell = (task: JudgeTask) => worker.postMessage(task)
  worker.onmessage = ({ data }: MessageEvent<JudgeNews>) => {
    if (data.kind !== 'evidence' || ended.signal.aborted) return
    const { points, events, result } = data
    evidence.value = { ...evidence.value, points, read: events, result }
    if (result) worker.terminate()
  }
  const read = async () => {
    let cursor: string | undefined
    do {
      const page: CallResult<'GET /rollouts/{id}/events'> = await call(
        'GET /rollouts/{id}/events',
        {
          params: { id: String(id) },
          query: cursor === undefined ? {} : { cursor },
          signal: ended.signal,
        },
      )
      if (ended.signal.aborted) return
      if (!page.ok) {
        evidence.value = { ...evidence.value, failure: page.error }
        return
      }
      const { recorded, events, transitions, next } = page.value
      if (recorded) {
        const isLong = recorded.events > LONG_EVENTS && !isAsked
        evidence.value = { ...evidence.value, all: recorded.events, isLong, failure: undefined }
        if (isLong) return
        tell({ kind: 'begin', recorded } as unknown as JudgeTask)
      }
      tell({
        kind: 'page',
        events,
        transitions,
        isLast: next === undefined,
      } as unknown as JudgeTask)
      cursor = next
    } while (cursor !== undefined)
  }
  read()
  return () => {
    ended.abort()
    worker.terminate()
  }
}

export function forgetEvidence(): void {
  evidence.value = NONE
}
