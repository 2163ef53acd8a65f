// Checks with sources that answer well, badly, too much, not at all: what a rollout does, and that no secret
// is told.

import { describe, expect, it } from 'vitest'
import { MAX_PULLED_BYTES } from '../../src/control/webhooks/pulling.ts'
import { ALICE } from './control-world.ts'
import { createRollingWorld, live, MINUTE, type Rolling } from './rollout-world.ts'

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
