// The smoke requests of one rollout together: one after the other, and for a bounded time.

import { afterEach, expect, it, vi } from 'vitest'
import { MAX_SMOKE_MS, Smoking, type SmokingDeps } from '../../src/control/rollouts/smoking.ts'
import { PRESETS } from '../../src/core/rollout/plan.ts'
import type { SmokeRequest, SmokeResult } from '../../src/core/rollout/smoke.ts'
import { newRollout } from '../../src/core/rollout/state.ts'
import { step } from '../../src/core/rollout/step.ts'

const NOW = Date.UTC(2026, 10, 27)
const REQUEST: SmokeRequest = {
  ...{ method: 'GET', path: '/api/health', headers: {}, timeoutMs: 10_000 },
  ...{ status: [200, 399], expectedHeaders: {} },
}

afterEach(() => vi.restoreAllMocks())

it('stop when all together take too long, and the last waits for what is left', async () => {
  let passed = 0
  vi.spyOn(performance, 'now').mockImplementation(() => passed)
  const plan = { ...PRESETS.standard, smoke: Array.from({ length: 8 }, () => REQUEST) }
  const { state } = step(newRollout(plan), { kind: 'start', by: 'ada', now: NOW })
  const waits: number[] = []
  const results: SmokeResult[] = []
  const smoking = new Smoking({
    store: { running: () => [{ id: 1, seen: { version: '2' }, state }] },
    find: () => ({ manifest: '0'.repeat(64) }),
    open: async () => ({ services: [], manifest: '' }),
    ask: async (_, __, timeoutMs) => {
      waits.push(timeoutMs)
      passed += 9500
      return { status: 200, header: () => null, body: '' }
    },
    tell: async (_, __, result) => void results.push(result),
    now: () => NOW,
    arm: () => undefined,
  } as unknown as SmokingDeps)
  expect(smoking.dueAt()).toBe(NOW)
  await smoking.run()
  expect(waits).toEqual([...Array.from({ length: 6 }, () => 10_000), MAX_SMOKE_MS - 6 * 9500])
  expect(results).toEqual([
    {
      outcome: 'fail',
      text: 'smoke request 8 of 8, GET /api/health: all together may take 60 s, which are over',
    },
  ])
  // What could not be stored is made again, and not at once.
  expect(smoking.dueAt()).toBe(NOW + 30_000)
})
