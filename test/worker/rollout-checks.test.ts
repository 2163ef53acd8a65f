// Checks with sources that answer well, badly, too much, not at all, and with the differences of a shadow: what a
// rollout does, and that no secret is told.

import { describe, expect, it } from 'vitest'
import { MAX_PULLED_BYTES } from '../../src/control/webhooks/pulling.ts'
import { COUNTING_FORM } from '../../src/core/counting/batch.ts'
import { NO_SHADOW_COUNTS, type ShadowCounts } from '../../src/core/shadow/reports.ts'
import { ALICE } from './control-world.ts'
import {
  createRollingWorld,
  HOUR,
  live,
  MINUTE,
  type Rolling,
  releasedDocument,
} from './rollout-world.ts'

const PLAN = {
  steps: [{ weight: 5, gate: 'time', minMinutes: 1 }],
  checks: [{ name: 'errors', webhook: 'sentry', path: 'data.count', below: 10 }],
}

async function addSource({ life }: Rolling) {
  const added = await life.control.addWebhook(ALICE, {
    ...{ name: 'sentry', form: 'pull', secret: 'Bearer hidden' },
    url: 'https://sentry.example.com/{environment}/errors?release={version}&than={baseVersion}',
    dashboard: 'https://shop.example.com/.holo/',
  })
  expect(added).toMatchObject({ ok: true, value: { events: [], waiting: 0 } })
}

/** What is asked goes on behind the alarms: it gets a turn after each. */
async function pass(rolling: Rolling, ms: number) {
  for (let left = ms; left > 0; left -= 10_000) {
    await rolling.pass(10_000)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

const answers: Record<string, () => Promise<Response>> = {
  'an error': async () => new Response('{"data":{"count":0}}', { status: 500 }),
  'a redirect': async () => new Response(null, { status: 302, headers: { location: '/' } }),
  'no JSON': async () => new Response('<html>'),
  'JSON without the value': async () => Response.json({ data: {} }),
  'too much': async () => new Response(`"${'x'.repeat(MAX_PULLED_BYTES)}"`),
  'nothing at all': async () => {
    throw new Error('connection refused')
  },
}

describe('a check', () => {
  it('lets a rollout go on while its value is good, and asks for both versions with the secret', async () => {
    const made = await createRollingWorld()
    const asked: { url: string; options: RequestInit }[] = []
    made.world.fetch = async (url, options) => {
      asked.push({ url, options })
      return Response.json({ data: { count: 3 } })
    }
    await live(made, async (rolling) => {
      await addSource(rolling)
      await rolling.start({ plan: PLAN })
      await pass(rolling, 2 * MINUTE)
      expect(await rolling.status()).toMatchObject({ phase: 'bake' })
      expect(asked[0]).toMatchObject({
        url: 'https://sentry.example.com/canary/errors?release=0.0.7&than=0.0.3',
        options: { headers: { authorization: 'Bearer hidden' }, redirect: 'manual' },
      })
      // Twice a minute.
      expect(asked.length).toBeLessThanOrEqual(6)
      const told = [await rolling.status(), await rolling.explain(), await rolling.life.events()]
      expect(JSON.stringify(told)).not.toContain('hidden')
      expect(await rolling.replay()).toMatchObject({ same: true })
    })
  })

  it('takes a release back whose value stays bad', async () => {
    const made = await createRollingWorld()
    made.world.fetch = async () => Response.json({ data: { count: 30 } })
    await live(made, async (rolling) => {
      await addSource(rolling)
      await rolling.start({ plan: PLAN })
      await pass(rolling, 3 * MINUTE)
      expect(await rolling.status()).toMatchObject({
        phase: 'rolledBack',
        reason: expect.stringContaining('"data.count" is 30, and has to be below 10'),
      })
    })
  })

  it.each(Object.entries(answers))('is no pass where its source answers %s', async (_, answer) => {
    const made = await createRollingWorld()
    made.world.fetch = answer
    await live(made, async (rolling) => {
      await addSource(rolling)
      await rolling.start({ plan: PLAN })
      await pass(rolling, 2 * MINUTE)
      expect(await rolling.status()).toMatchObject({
        ...{ phase: 'step', weight: 5, obstacle: { kind: 'check' } },
      })
    })
  })

  it('whose source there is not, or is no source, is refused with its place in the plan', async () => {
    const made = await createRollingWorld()
    await live(made, async (rolling) => {
      await expect(rolling.start({ plan: PLAN })).rejects.toThrow(
        /plan\.checks\[0\]\.webhook.+there is no webhook/,
      )
    })
  })
})

const BOUNDED = {
  steps: [{ weight: 5, gate: 'time', minMinutes: 1 }],
  checks: [{ name: 'answers', metric: 'shadowDifferences', atMost: 0.01, minCopies: 100 }],
}
const RELEASED = releasedDocument()

/** main is copied to the environment of the release. */
function toShadowed(shadow: object = { to: 'canary', percent: 10 }) {
  const main = { version: '0.0.3', shadow }
  return { ...RELEASED, environments: { ...RELEASED.environments, main } }
}

let sequence = 0

/** What an isolate tells of copies. */
async function tell({ life }: Rolling, counts: Partial<ShadowCounts>, shadow = '0.0.7') {
  const pair = { from: 'main', base: '0.0.3', to: 'canary', shadow, service: '/api/' }
  const report = { ...pair, route: 'GET /api/items', ...NO_SHADOW_COUNTS, ...counts }
  await life.control.sync({
    ...{ held: undefined, kv: undefined },
    batch: {
      ...{ form: COUNTING_FORM, isolate: 'i', sequence: ++sequence, windows: [], dropped: 0 },
      shadows: [{ ...report, differences: [], lost: 0 }],
    },
  })
}

describe('a check of the differences of a shadow', () => {
  it('lets a rollout go on while few differ, by the pair that it rolls out, and is counted', async () => {
    const made = await createRollingWorld(toShadowed())
    await live(made, async (rolling) => {
      await tell(rolling, { compared: 500, differing: 500 }, '0.0.8')
      await rolling.start({ plan: BOUNDED })
      await pass(rolling, 2 * MINUTE)
      expect(await rolling.status()).toMatchObject({
        phase: 'step',
        obstacle: {
          kind: 'check',
          reason:
            'the check "answers" has not passed: 0 copies were compared in the last hour, and 100 are needed',
        },
      })
      await tell(rolling, { compared: 300, differing: 2, baselines: 30 })
      await pass(rolling, MINUTE)
      expect(await rolling.status()).toMatchObject({ phase: 'bake' })
      expect((await rolling.counted()).shadowDifferences).toContainEqual({
        ...{ from: 'main', base: '0.0.3', to: 'canary', shadow: '0.0.7' },
        ...{ compared: 300, differing: 2, baselines: 30, noisy: 0, rate: 2 / 300 },
      })
      expect(await rolling.replay()).toMatchObject({ same: true })
    })
  })

  it('takes a release back of whose copies too many differ now, however good they once were', async () => {
    const made = await createRollingWorld(toShadowed())
    await live(made, async (rolling) => {
      await tell(rolling, { compared: 50_000 })
      made.world.now += HOUR
      await rolling.start({ plan: BOUNDED })
      await tell(rolling, { compared: 400, differing: 60, baselines: 400, noisy: 20 })
      await pass(rolling, 3 * MINUTE)
      expect(await rolling.status()).toMatchObject({
        phase: 'rolledBack',
        reason: expect.stringContaining(
          '60 of 400 compared copies differ, 10 % without the noise (20 of 400); at most 1 % may',
        ),
      })
      expect(await rolling.replay()).toMatchObject({ same: true })
    })
  })

  it.each<[string, object | undefined, RegExp]>([
    ['no shadow', undefined, /no request of .+main.+ is copied/],
    ['a shadow that is off', { to: 'canary', percent: 10, off: true }, /no request of/],
    [
      'a shadow of another version',
      { to: 'qa', percent: 10 },
      /goes to .+qa.+does not have 0\.0\.7/,
    ],
  ])('is refused with its place where there is %s', async (_, shadow, message) => {
    const made = await createRollingWorld(shadow ? toShadowed(shadow) : RELEASED)
    await live(made, async (rolling) => {
      const started = await rolling.tryStart({ plan: BOUNDED })
      expect(started).toMatchObject({
        ok: false,
        error: {
          problems: [{ path: 'plan.checks[0].metric', message: expect.stringMatching(message) }],
        },
      })
    })
  })
})
