// The API of rollouts as a server of replies that a test sets: whatever it says is held to the
// schemas of the real one.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type * as z from 'zod'
import { judge } from '../../src/core/judge/verdict.ts'
import { giveEvents } from '../../src/core/rollout/give-events.ts'
import { PRESETS } from '../../src/core/rollout/plan.ts'
import { newRollout, toObserved } from '../../src/core/rollout/state.ts'
import { type MetricPoint, metricsReply } from '../../src/wire/metrics.ts'
import { rolloutEventsReply } from '../../src/wire/rollout-events.ts'
import {
  type RolloutStatus,
  rolloutExplanation,
  rolloutStatus,
  rolloutSummary,
} from '../../src/wire/rollouts.ts'

export const NOW = Date.UTC(2026, 10, 24, 12)

/** A rollout by the standard plan in its second step. */
export function exampleRollout(changes: Partial<RolloutStatus> = {}): RolloutStatus {
  const state = newRollout(PRESETS.standard)
  return {
    id: 7,
    environment: 'canary',
    base: 'main',
    version: 'v2',
    baseVersion: 'v1',
    startedAt: NOW,
    startedBy: 'alice',
    endedAt: undefined,
    phase: 'step',
    phaseText: 'step 2 of 3 (5 %)',
    step: { number: 2, of: 3 },
    reason: undefined,
    weight: 5,
    paused: undefined,
    pause: undefined,
    plan: PRESETS.standard,
    generation: 1,
    elapsedMs: 90_000,
    held: false,
    obstacle: {
      kind: 'time',
      reason: 'this step takes at least 10 min, of which 1 min 30 s have passed',
    },
    verdict: judge(PRESETS.standard, toObserved(state)),
    visitors: [1900, 100],
    sampleRatio: { log: -2, threshold: 6.9, alarmed: false },
    oddities: state.oddities,
    lastWindow: 12,
    lookedAt: NOW,
    problem: undefined,
    ...changes,
  }
}

/** A page as it comes over the wire. */
type Page = z.input<typeof rolloutEventsReply>

/** A rollout that was started, paused and resumed, on one page. */
export function exampleEvents(): Page {
  const events = (['start', 'pause', 'resume'] as const).map((kind, i) => ({
    kind,
    by: 'alice',
    now: NOW + i * 1000,
  }))
  const given = giveEvents(newRollout(PRESETS.standard), events)
  if ('refused' in given) throw new Error(given.refused)
  const transitions = given.transitions.map(({ event, place, row }) => ({ event, place, row }))
  return JSON.parse(
    JSON.stringify({ recorded: { events: 3, state: given.state }, events, transitions }),
  )
}

export function toSummary(status: RolloutStatus): z.infer<typeof rolloutSummary> {
  const keys = new Set(Object.keys(rolloutSummary.shape))
  return rolloutSummary.parse(
    Object.fromEntries(Object.entries(plain(status)).filter(([key]) => keys.has(key))),
  )
}

/** As it comes over the wire. */
function plain<T>(value: T): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value))
}

export type RolloutApi = {
  readonly url: string
  /** Method, path and query of every call, in order. */
  readonly calls: string[]
  /** What there is, newest first; a command leaves what `after` makes of it. */
  rollouts: RolloutStatus[]
  after: (command: string, status: RolloutStatus) => RolloutStatus
  /** `explain` says this. */
  explanation: Omit<z.input<typeof rolloutExplanation>, 'rollout'>
  /** Pages of events; the cursor of each is its place in the list. */
  pages: Page[]
  /** What was counted, by minute. */
  points: readonly MetricPoint[]
  /** Makes of a reply what another Holo would say. */
  alter: (body: Record<string, unknown>) => unknown
  readonly stop: () => void
}

export async function startRolloutApi(): Promise<RolloutApi> {
  const answer = (
    method: string,
    path: string,
    search: URLSearchParams,
  ): Record<string, unknown> | undefined => {
    if (path === '/rollouts') return { rollouts: api.rollouts.map(toSummary) }
    if (path === '/metrics')
      return metricsReply.parse({
        points: plain(api.points),
        visitors: {},
        compared: [],
        losses: {},
      })
    const [, id, verb] = /^\/rollouts\/(\d+)(?:\/(\w+))?$/.exec(path) ?? []
    const at = api.rollouts.findIndex((one) => String(one.id) === id)
    const found = api.rollouts[at]
    if (!found) return undefined
    if (verb === 'explain') {
      return rolloutExplanation.parse({ rollout: plain(found), ...api.explanation })
    }
    if (verb === 'events') {
      return rolloutEventsReply.parse(api.pages[Number(search.get('cursor') ?? 0)])
    }
    if (method === 'POST' && verb !== undefined) api.rollouts[at] = api.after(verb, found)
    return rolloutStatus.parse(plain(api.rollouts[at]))
  }
  const server = createServer((request, response) => {
    const { pathname, search, searchParams } = new URL(request.url ?? '/', 'http://holo')
    const path = pathname.replace('/.holo/api', '')
    api.calls.push(`${request.method} ${path}${search}`)
    const body = answer(request.method ?? 'GET', path, searchParams)
    const isFound = body !== undefined
    response.writeHead(isFound ? 200 : 404, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(
        body ? api.alter(body) : { code: 'not_found', title: 'There is nothing at this address.' },
      ),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const api: RolloutApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    rollouts: [],
    after: (_, status) => status,
    explanation: { lines: [], transitions: [] },
    pages: [exampleEvents()],
    points: [],
    alter: (body) => body,
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  return api
}
