// How the router counts what it answers: a request that is decided, a reply whose body is watched, and a
// failure of Holo itself. metrics/ does the counting.

import type { ActResult } from './act.ts'
import type { Decision } from './core/types.ts'
import type { CompiledAssignments } from './document/compile.ts'
import { listExperimentViews } from './flags/experiments.ts'
import type { Facts } from './http/facts.ts'
import type { WaitUntil } from './loading/turns.ts'
import { watchBody } from './metrics/bodies.ts'
import type { Counter } from './metrics/counter.ts'
import type { CountedReply, CountedRequest } from './metrics/observed.ts'

/** @param by whether a visitor asks, or somebody who looks at a version by a grant. */
export function toCountedRequest(
  request: Request,
  facts: Facts,
  decision: Decision,
  assignments: CompiledAssignments,
  by: CountedRequest['by'],
): CountedRequest {
  const { flags } = assignments
  const asked = { request, facts, decision, assignments, by }
  if (!flags) return asked
  return {
    ...asked,
    listExperiments: (places) => listExperimentViews(facts, decision, flags, places),
  }
}

/** The reply, whose body is watched if somebody wants to know what is in it. */
export function withWatchedBody(
  { response, watched, isRaw = false }: ActResult,
  asked: CountedRequest,
  recorder: Counter['recorder'],
  { flushLater, waitUntil }: { flushLater: () => void; waitUntil: WaitUntil },
): Response {
  if (!watched) return response
  const record = (metric: 'brokenBodies' | 'errorBodies') => () => {
    recorder.recordBody(asked, metric)
    flushLater()
  }
  const { forBreaks, errorAt } = watched
  return watchBody(response, {
    onBroken: forBreaks ? record('brokenBodies') : undefined,
    error: errorAt && { at: errorAt, onFound: record('errorBodies') },
    isRaw,
    signal: asked.request.signal,
    waitUntil,
  })
}

/** What is counted for a request that failed because of an error in Holo itself, not in a service. */
export const BROKEN_REPLY: CountedReply = {
  status: 500,
  source: 'none',
  bytes: 0,
  service: undefined,
  isNamed: false,
}
