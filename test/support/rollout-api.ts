// The API of rollouts as a server of replies that a test sets: whatever it says is held to the
// schemas of the real one.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type * as z from 'zod'
import {
  explanation,
  replay,
  rolloutStatus,
  rolloutSummary,
} from '../../src/api/http/rollout-schemas.ts'
import type { RolloutStatus } from '../../src/control/rollouts/contract.ts'
import { judge } from '../../src/core/judge/verdict.ts'
import { PRESETS } from '../../src/core/rollout/plan.ts'
import { newRollout } from '../../src/core/rollout/state.ts'

export const NOW = Date.UTC(2026, 10, 24, 12)

/** A rollout by the standard plan in its second step. */
export function exampleRollout(changes: Partial<RolloutStatus> = {}): RolloutStatus {
  const { metrics, oddities } = newRollout(PRESETS.standard)
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
    reason: undefined,
    weight: 5,
    paused: undefined,
    plan: PRESETS.standard,
    generation: 1,
    elapsedMs: 90_000,
    held: false,
    obstacle: { kind: 'time', reason: '1.5 min of 10 min' },
    verdict: judge(PRESETS.standard, metrics),
    visitors: [1900, 100],
    sampleRatio: { log: -2, threshold: 6.9, alarmed: false },
    oddities,
    lastWindow: 12,
    lookedAt: NOW,
    problem: undefined,
    ...changes,
  }
}

/** Nothing is other than it was. */
export const REPLAYED = {
  ...{ done: true, same: true, events: 1, windows: 0, transitions: 1, differences: [] },
} as const satisfies z.input<typeof replay>

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
  /** `explain` and `replay` say this. */
  explanation: Omit<z.input<typeof explanation>, 'rollout'>
  /** The last one stays. */
  replays: z.input<typeof replay>[]
  readonly stop: () => void
}

export async function startRolloutApi(): Promise<RolloutApi> {
  const answer = (method: string, path: string): unknown => {
    if (path === '/rollouts') return { rollouts: api.rollouts.map(toSummary) }
    const [, id, verb] = /^\/rollouts\/(\d+)(?:\/(\w+))?$/.exec(path) ?? []
    const at = api.rollouts.findIndex((one) => String(one.id) === id)
    const found = api.rollouts[at]
    if (!found) return undefined
    if (verb === 'explain') {
      return explanation.parse({ rollout: plain(found), ...api.explanation })
    }
    if (verb === 'replay') {
      return replay.parse(api.replays.length > 1 ? api.replays.shift() : api.replays[0])
    }
    if (method === 'POST' && verb !== undefined) api.rollouts[at] = api.after(verb, found)
    return rolloutStatus.parse(plain(api.rollouts[at]))
  }
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://holo')
    const path = pathname.replace('/.holo/api', '')
    api.calls.push(`${request.method} ${path}${search}`)
    const body = answer(request.method ?? 'GET', path)
    const isFound = body !== undefined
    response.writeHead(isFound ? 200 : 404, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(body ?? { code: 'not_found', title: 'There is nothing at this address.' }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const api: RolloutApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    rollouts: [],
    after: (_, status) => status,
    explanation: { lines: [], transitions: [] },
    replays: [REPLAYED],
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  return api
}
