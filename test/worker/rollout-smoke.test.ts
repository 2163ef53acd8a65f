// Smoke requests: a version is asked before anybody gets it, at its services and in its files. One that does not
// answer as expected is taken back without a visitor, and a control that is killed meanwhile begins again.

import { env as bindings } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { MAX_SMOKE_BODY_BYTES } from '../../src/control/rollouts/ask-version.ts'
import { MAX_SMOKE_MS, Smoking, type SmokingDeps } from '../../src/control/rollouts/smoking.ts'
import { PRESETS } from '../../src/core/rollout/plan.ts'
import type { SmokeRequest, SmokeResult } from '../../src/core/rollout/smoke.ts'
import { newRollout } from '../../src/core/rollout/state.ts'
import { step } from '../../src/core/rollout/step.ts'
import type { Env } from '../../src/env.ts'
import { publishVersion } from '../support/published.ts'
import { toCaller } from './control-world.ts'
import {
  createRollingWorld,
  live,
  MINUTE,
  type Rolling,
  releasedDocument,
} from './rollout-world.ts'

const env = bindings as Env
const STEPS = [{ weight: 5, gate: 'time', minMinutes: 1 }]
const ORIGIN = 'https://api-5.example.com'

/** Requests are made behind the alarms: they get a turn after each. */
async function pass(rolling: Rolling, ms: number) {
  for (let left = ms; left > 0; left -= 10_000) {
    await rolling.pass(10_000)
    await rolling.life.state.storage.sync()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const ok = { path: '/api/health?deep=1', expect: { status: 200, json: { ok: true } } }

describe('smoke requests', () => {
  it('that are answered let the first visitors in', async () => {
    const made = await createRollingWorld()
    const asked: string[] = []
    made.world.fetch = async (url, { method }) => {
      asked.push(`${method} ${url}`)
      return Response.json({ ok: true })
    }
    await live(made, async (rolling) => {
      const smoke = [ok, { path: '/api/x', method: 'HEAD' }]
      const started = await rolling.start({ plan: { steps: STEPS, smoke } })
      expect(started.rollout).toMatchObject({
        ...{ phase: 'smoke', phaseText: 'smoke (0 %)', weight: 0, obstacle: { kind: 'smoke' } },
      })
      expect(await rolling.buckets()).toMatchObject({ main: 10_000 })
      await pass(rolling, 20_000)
      expect(asked).toEqual([`GET ${ORIGIN}/api/health?deep=1`, `HEAD ${ORIGIN}/api/x`])
      expect(await rolling.status()).toMatchObject({ phase: 'step', weight: 5 })
      expect(await rolling.replay()).toMatchObject({ same: true })
    })
  })

  it('stop at the first that fails, and nobody has had the version', async () => {
    const made = await createRollingWorld()
    const asked: string[] = []
    made.world.fetch = async (url) => {
      asked.push(url)
      return new Response('password=hunter2', { status: asked.length === 2 ? 500 : 200 })
    }
    await live(made, async (rolling) => {
      const smoke = ['/api/a', '/api/b?key=hunter2', '/api/c'].map((path) => ({ path }))
      await rolling.start({ plan: { steps: STEPS, smoke } })
      await pass(rolling, 20_000)
      const status = await rolling.status()
      expect(status).toMatchObject({
        ...{ phase: 'rolledBack', weight: 0 },
        reason: 'smoke request 2 of 3, GET /api/b: answered 500, and has to answer 200 to 399',
      })
      expect(asked).toHaveLength(2)
      expect(await rolling.buckets()).toMatchObject({ main: 10_000 })
      expect(await rolling.replay()).toMatchObject({ same: true })
      const { events } = await rolling.life.events()
      expect(events.at(-1)).toMatchObject({ kind: 'rollout.ended', outcome: 'rolledBack' })
    })
  })

  it('that hang, or have an endless body, end by their timeout and size', async () => {
    const made = await createRollingWorld()
    const { world } = made
    world.fetch = (_, { signal }) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    const smoke = [{ path: '/api/a', timeoutSeconds: 0.1, expect: { contains: 'x' } }]
    await live(made, async (rolling) => {
      await rolling.start({ plan: { steps: STEPS, smoke } })
      await pass(rolling, 10_000)
      await expect
        .poll(() => rolling.status())
        .toMatchObject({
          reason: 'smoke request 1 of 1, GET /api/a: no answer within 0.1 s',
        })
      let sent = 0
      world.fetch = async () => {
        const pull = (controller: ReadableStreamDefaultController) => {
          sent += 65_536
          controller.enqueue(new Uint8Array(65_536))
        }
        return new Response(new ReadableStream({ pull }))
      }
      await rolling.start({ plan: { steps: STEPS, smoke } })
      await pass(rolling, 20_000)
      expect(await rolling.status(2)).toMatchObject({
        reason: expect.stringContaining('does not hold the expected text'),
      })
      expect(sent).toBeLessThanOrEqual(2 * MAX_SMOKE_BODY_BYTES)
    })
  })

  it('are made again by the next life of the control', async () => {
    const made = await createRollingWorld()
    const { world } = made
    let asked = 0
    world.fetch = () => {
      asked++
      return new Promise(() => undefined)
    }
    await live(made, async (rolling) => {
      await rolling.start({ plan: { steps: STEPS, smoke: [ok] } })
      await pass(rolling, 10_000)
      expect(asked).toBe(1)
    })
    world.fetch = async () => Response.json({ ok: true })
    await live(made, async (rolling) => {
      await pass(rolling, MINUTE / 2)
      expect(await rolling.status()).toMatchObject({ phase: 'step', weight: 5 })
    })
  })

  it('look at files of the version in the store', async () => {
    const type = 'text/html; charset=utf-8'
    const files = { '/index.html': { body: '<h1>Shop 7</h1>', type } }
    const { manifest } = await publishVersion(env.STORE, '0.0.7', files)
    const document = releasedDocument()
    const made = await createRollingWorld({
      ...document,
      versions: { ...document.versions, '0.0.7': { manifest } },
    })
    await live(made, async (rolling) => {
      const good = {
        path: '/',
        expect: { status: 200, contains: 'Shop 7', headers: { 'Content-Type': type } },
      }
      await rolling.start({
        plan: { steps: STEPS, smoke: [good, { path: '/none', expect: { status: 404 } }] },
      })
      await pass(rolling, 20_000)
      expect(await rolling.status()).toMatchObject({ phase: 'step', weight: 5 })
      await rolling.command('abort')
      await rolling.start({ plan: { steps: STEPS, smoke: [{ path: '/app.js' }] } })
      await pass(rolling, 20_000)
      expect(await rolling.status(2)).toMatchObject({
        reason: expect.stringContaining('GET /app.js: answered 404'),
      })
    })
  })

  it('leave what a budget allows as it is, over all rollouts together', async () => {
    const made = await createRollingWorld({ ...releasedDocument(), rules: [] })
    const { world } = made
    world.fetch = async () => Response.json({ ok: true })
    world.limits = { agent: { budget: { maxShare: 1 } } }
    await live(made, async (rolling) => {
      const { life } = rolling
      const start = async (weight: number) =>
        life.control.startRollout(toCaller('agent'), {
          ...{ version: '0.0.7', environment: 'canary', base: undefined, reason: undefined },
          ...{ dryRun: false, expectedRevision: (await life.health()).revision },
          plan: { steps: [{ weight, gate: 'manual' }], smoke: [ok] },
        })
      expect(await start(5)).toMatchObject({
        error: { kind: 'denied', why: expect.stringContaining('after the smoke requests 5 %') },
      })
      expect(await start(1)).toMatchObject({ ok: true })
      // Meanwhile the same budget is used up elsewhere.
      await life.change({ kind: 'set-environment', name: 'next', version: '0.0.8' })
      await life.change({ kind: 'shift', weights: { next: 0.5 } }, toCaller('agent'))
      await pass(rolling, MINUTE / 2)
      expect(await rolling.status()).toMatchObject({
        ...{ phase: 'smoke', weight: 0, problem: expect.stringContaining('at most 1 %') },
      })
      await life.change({ kind: 'shift', weights: { next: 0 } })
      await pass(rolling, 2 * MINUTE)
      expect(await rolling.status()).toMatchObject({ phase: 'step', weight: 1 })
    })
  })
})

it('end when all of a rollout together take too long, and the last waits for what is left', async () => {
  const at = Date.UTC(2026, 10, 27)
  const request: SmokeRequest = {
    ...{ method: 'GET', path: '/api/health', headers: {}, timeoutMs: 10_000 },
    ...{ status: [200, 399], expectedHeaders: {} },
  }
  let passed = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => passed)
  const plan = { ...PRESETS.standard, smoke: Array.from({ length: 8 }, () => request) }
  const { state } = step(newRollout(plan), { kind: 'start', by: 'ada', now: at })
  const waits: number[] = []
  const results: SmokeResult[] = []
  const smoking = new Smoking({
    store: { running: () => [{ id: 1, seen: { version: '2' }, state }] },
    find: () => ({ manifest: '0'.repeat(64) }),
    open: async () => ({ services: [], manifest: '' }),
    ask: async (_: unknown, __: unknown, timeoutMs: number) => {
      waits.push(timeoutMs)
      passed += 9500
      return { status: 200, header: () => null, body: '' }
    },
    tell: async (_: unknown, __: unknown, result: SmokeResult) => void results.push(result),
    now: () => at,
    arm: () => undefined,
  } as unknown as SmokingDeps)
  expect(smoking.dueAt()).toBe(at)
  await smoking.run()
  clock.mockRestore()
  expect(waits).toEqual([...Array.from({ length: 6 }, () => 10_000), MAX_SMOKE_MS - 6 * 9500])
  expect(results).toEqual([
    {
      outcome: 'fail',
      text: 'smoke request 8 of 8, GET /api/health: all together may take 60 s, which are over',
    },
  ])
  // What could not be stored is made again, and not at once.
  expect(smoking.dueAt()).toBe(at + 30_000)
})
