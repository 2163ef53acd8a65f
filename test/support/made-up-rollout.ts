// A made-up rollout for pages of the dashboard: made-up counts, and what the machine and the judge of the control
// make of them.

import { judge } from '../../src/core/judge/verdict.ts'
import { nameVersions } from '../../src/core/judge/words.ts'
import type { RolloutEvent, Window } from '../../src/core/rollout/events.ts'
import { type GivenEvents, giveEvents } from '../../src/core/rollout/give-events.ts'
import { PRESETS } from '../../src/core/rollout/plan.ts'
import {
  isRunning,
  newRollout,
  toObserved,
  toPhaseText,
  toStepNumber,
} from '../../src/core/rollout/state.ts'
import type { Operations } from '../../src/dashboard/api/operations.ts'
import { type Answers, LOOKED_AT } from './made-up-site.ts'

const ID = 7
const TICK_MS = 10_000
const TICKS = 90
/** A release that fails does so after this many. */
const FAILS_FROM = 75
const PLAN = PRESETS.standard

/** What came in within ten seconds. A release that fails does so for its last visitors. */
function makeUpWindow(id: number, isFailing: boolean): Window {
  const canary = 3
  const failed = isFailing ? canary : 0
  return {
    id,
    generation: 1,
    sets: isFailing
      ? [
          {
            metric: 'errors',
            edge: 0,
            route: '',
            share: 0.01,
            visitors: [0, failed],
            weights: [0, failed],
            codes: { status_5xx: failed },
            warmUp: false,
          },
        ]
      : [],
    visitors: [120, canary],
    present: [{ share: 0.01, base: 120, canary: canary - failed }],
    crowd: 0,
    assigned: [],
  }
}

function give(events: readonly RolloutEvent[]): GivenEvents {
  const given = giveEvents(newRollout(PLAN), events)
  if ('refused' in given) throw new Error(given.refused)
  return given
}

/** As it comes out of a reply. */
const toReply = <T>(value: unknown): T => JSON.parse(JSON.stringify(value)) as T

/** The rollout `#/rollouts/7`, as it stands a quarter of an hour after its start. */
export function makeUpRollout(end: 'running' | 'rolledBack'): Answers {
  const startedAt = LOOKED_AT - TICKS * TICK_MS
  const events: RolloutEvent[] = [{ kind: 'start', by: 'ada', now: startedAt }]
  let given = give(events)
  for (let i = 0; i < TICKS && given.state.phase.name === 'step'; i++) {
    const isFailing = end === 'rolledBack' && i >= FAILS_FROM
    const window = makeUpWindow(i + 1, isFailing)
    events.push({ kind: 'tick', windows: [window], now: startedAt + i * TICK_MS })
    given = give(events)
  }
  const { state } = given
  if ((state.phase.name === 'rolledBack') !== (end === 'rolledBack')) {
    throw new Error(`the made-up rollout is ${state.phase.name}`)
  }
  const { phase, sampleRatio, data, generation, lastWindow, oddities, weight } = state
  const summary = {
    id: ID,
    environment: 'canary',
    base: 'main',
    version: '1.1.0',
    baseVersion: '1.0.0',
    startedAt,
    startedBy: 'ada',
    phase: phase.name === 'ready' ? 'step' : phase.name,
    phaseText: toPhaseText(PLAN, phase),
    step: toStepNumber(PLAN, phase),
    weight,
    ...('reason' in phase
      ? { endedAt: LOOKED_AT - 60_000, reason: nameVersions(phase.reason, '1.1.0', '1.0.0') }
      : {}),
  } as const
  const verdict = judge(PLAN, toObserved(state))
  const status = toReply<Operations['GET /rollouts/{id}']['reply']>({
    ...summary,
    plan: PLAN,
    generation,
    elapsedMs: isRunning(phase) ? phase.elapsedMs : 0,
    held: false,
    ...(isRunning(phase) ? { obstacle: { kind: 'time', reason: 'its time is not over' } } : {}),
    verdict: { ...verdict, reason: nameVersions(verdict.reason, '1.1.0', '1.0.0') },
    visitors: data.visitors,
    sampleRatio: { log: 0, threshold: 6.9, alarmed: sampleRatio.alarmed },
    oddities,
    lastWindow,
    lookedAt: LOOKED_AT,
  })
  const transitions = given.transitions.map(({ row }) => row)
  return {
    'GET /rollouts': { rollouts: [toReply(summary)] },
    'GET /rollouts/{id}/explain': toReply({ rollout: status, lines: [], transitions }),
    'GET /rollouts/{id}/events': toReply({
      recorded: { events: events.length, state },
      events,
      transitions: given.transitions.map(({ event, place, row }) => ({ event, place, row })),
    }),
    'GET /rollouts/{id}': status,
  }
}
