// Webhooks: every event reaches each receiver at least once and in order, whatever its receiver does and
// whenever the control is killed; nothing that people or rollouts do waits for it.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  DELIVERIES_PER_RUN,
  MAX_FAILING_MS,
  MAX_WEBHOOK_DELIVERIES,
  MAX_WEBHOOKS,
  WEBHOOK_WAITS_MS,
} from '../../src/control/webhooks/limits.ts'
import type { OutgoingMessage, SendResult } from '../../src/control/webhooks/send.ts'
import type { NewWebhookBody } from '../../src/wire/webhooks.ts'
import { exampleDocument } from '../support/document.ts'
import { ALICE, type Life, World } from './control-world.ts'

const SECRET = `whsec_${btoa('0123456789012345678901234567890123456789')}`
const TAKEN: SendResult = { isTaken: true, status: 200, ms: 5 }
const BROKEN: SendResult = { isTaken: false, status: 500, why: 'answered 500', ms: 5 }

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})

async function createPublished(): Promise<World> {
  const world = await World.create()
  await world.live(async (life) => {
    await life.change({ kind: 'replace', document: exampleDocument() })
    await life.runAlarms()
  })
  return world
}

async function add(life: Life, more: Partial<NewWebhookBody> = {}) {
  const asked = { name: 'team', url: 'https://hooks.example.com/secret-path?key=1', ...more }
  const form = asked.form ?? 'standard'
  const signed = form === 'standard' || form === 'cdevents' ? { secret: SECRET } : {}
  const answer = await life.control.addWebhook(ALICE, {
    ...{ events: ['revision.committed'], ...signed, ...asked, form },
    dashboard: 'https://shop.example.com/.holo/',
  })
  if (!answer.ok) throw new Error(JSON.stringify(answer.error))
  return answer.value
}

async function listWebhooks(life: Life) {
  const answer = await life.control.webhooks(ALICE)
  if (!answer.ok) throw new Error('denied')
  return answer.value
}

async function shift(life: Life, canary: number) {
  return life.change({ kind: 'shift', weights: { canary } })
}

async function settle(life: Life, most = 40): Promise<void> {
  for (let left = most; left > 0; left--) {
    const ran = await life.runAlarm()
    await life.settle()
    if (!ran) return
  }
}

const toRevision = ({ body }: OutgoingMessage): number => JSON.parse(body).data.revision

describe('a webhook', () => {
  it('gets every event that it asked for once, in order, and signed', async () => {
    const world = await createPublished()
    const sent: OutgoingMessage[] = []
    world.sendWebhook = async (message) => {
      sent.push(message)
      return TAKEN
    }
    await world.live(async (life) => {
      await add(life)
      for (let i = 1; i <= DELIVERIES_PER_RUN + 2; i++) await shift(life, i)
      await settle(life)
    })
    await world.live(async (life) => {
      await shift(life, 40)
      await settle(life)
      expect((await listWebhooks(life))[0]).toMatchObject({ state: 'active', waiting: 0 })
    })
    expect(sent.map(toRevision)).toEqual(
      Array.from({ length: DELIVERIES_PER_RUN + 3 }, (_, i) => i + 2),
    )
    const [first] = sent
    if (!first) throw new Error('nothing was sent')
    expect(JSON.parse(first.body)).toMatchObject({
      type: 'revision.committed',
      timestamp: '2100-01-01T00:00:00.000Z',
      data: { action: 'shift', by: 'alice', link: 'https://shop.example.com/.holo/' },
    })
    const { 'webhook-id': id, 'webhook-timestamp': at, ...rest } = first.headers
    const key = await crypto.subtle.importKey(
      'raw',
      new TextEncoder().encode('0123456789012345678901234567890123456789'),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['verify'],
    )
    const signature = Uint8Array.from(
      atob(rest['webhook-signature']?.replace('v1,', '') ?? ''),
      (char) => char.charCodeAt(0),
    )
    const signed = new TextEncoder().encode(`${id}.${at}.${first.body}`)
    expect(await crypto.subtle.verify('HMAC', key, signature, signed)).toBe(true)
    expect(Number(at)).toBe(Date.UTC(2100, 0, 1) / 1000)
  })

  it('that fails gets the same event again, later and later, and delays nobody', async () => {
    const world = await createPublished()
    const tried: number[] = []
    const well: number[] = []
    let isIll = true
    world.sendWebhook = async (message) => {
      if (message.url.includes('well')) {
        well.push(toRevision(message))
        return TAKEN
      }
      tried.push(world.now)
      if (isIll) return BROKEN
      well.push(-toRevision(message))
      return TAKEN
    }
    await world.live(async (life) => {
      await add(life)
      await add(life, { name: 'other', url: 'https://well.example.com/' })
      await shift(life, 10)
      await shift(life, 20)
      await settle(life, 9)
      expect(await life.health()).toMatchObject({ revision: 3, published: 3 })
      expect(well).toEqual([2, 3])
      const [other, team] = await listWebhooks(life)
      expect(other).toMatchObject({ state: 'active', waiting: 0 })
      expect(team).toMatchObject({ state: 'failing', waiting: 2, why: 'answered 500' })
      const waits = tried.slice(1).map((at, i) => at - (tried[i] ?? 0))
      expect(waits.length).toBeGreaterThan(4)
      expect(waits).toEqual(waits.map((_, i) => WEBHOOK_WAITS_MS[Math.min(i, 5)]))
      isIll = false
      expect(await life.control.resumeWebhook(ALICE, 'team', false)).toMatchObject({ ok: true })
      await settle(life)
      expect(well).toEqual([2, 3, -2, -3])
      const told = await life.control.deliveries(ALICE, 'team')
      expect(told).toMatchObject({
        ok: true,
        value: [
          { cause: 'event', outcome: 'delivered', attempts: 1 },
          { cause: 'event', outcome: 'delivered', attempts: tried.length - 1 },
        ],
      })
    })
  })

  it('that fails for days is disabled, others are told, and it can be resumed', async () => {
    const world = await createPublished()
    const told: string[] = []
    let isIll = true
    world.sendWebhook = async ({ url, body }) => {
      if (url.includes('chat')) told.push(JSON.parse(body).text)
      return isIll && !url.includes('chat') ? BROKEN : TAKEN
    }
    await world.live(async (life) => {
      await add(life)
      await add(life, {
        name: 'chat',
        url: 'https://chat.example.com/',
        form: 'slack',
        events: ['webhook.disabled'],
      })
      await shift(life, 10)
      await settle(life, 4)
      world.now += MAX_FAILING_MS
      await settle(life)
      const [, team] = await listWebhooks(life)
      expect(team).toMatchObject({ state: 'disabled', why: 'answered 500', waiting: 1 })
      expect(told).toEqual([
        'The webhook "team" is disabled, and nothing more is sent to it: answered 500.',
      ])
      expect((await life.actions())[0]).toBe('webhook-disable')
      expect(await life.runAlarm()).toBe(false)
      isIll = false
      await life.control.resumeWebhook(ALICE, 'team', true)
      await settle(life)
      expect((await listWebhooks(life))[1]).toMatchObject({ state: 'active', waiting: 0 })
    })
  })

  it('whose receiver says that it is gone is disabled at once', async () => {
    const world = await createPublished()
    world.sendWebhook = async () => ({ isTaken: false, status: 410, why: 'answered 410', ms: 1 })
    await world.live(async (life) => {
      await add(life)
      await shift(life, 10)
      await settle(life)
      expect((await listWebhooks(life))[0]).toMatchObject({ state: 'disabled', failures: 1 })
    })
  })

  it('that hangs holds up neither changes nor the publication', async () => {
    const world = await createPublished()
    let release: ((result: SendResult) => void) | undefined
    world.sendWebhook = () =>
      new Promise((resolve) => {
        release = resolve
      })
    await world.live(async (life) => {
      await add(life)
      await shift(life, 10)
      await life.runAlarms()
      await shift(life, 20)
      await life.runAlarms()
      expect(await life.health()).toMatchObject({ revision: 3, published: 3 })
      world.sendWebhook = async () => TAKEN
      release?.(TAKEN)
      await settle(life)
      expect((await listWebhooks(life))[0]).toMatchObject({ waiting: 0 })
    })
  })

  it('that is removed while it hangs stays removed, and one of the same name begins anew', async () => {
    const world = await createPublished()
    let release: ((result: SendResult) => void) | undefined
    world.sendWebhook = () =>
      new Promise((resolve) => {
        release = resolve
      })
    await world.live(async (life) => {
      await add(life)
      await shift(life, 10)
      await life.runAlarm()
      await vi.waitFor(() => expect(release).toBeDefined(), { timeout: 30_000 })
      await life.control.removeWebhook(ALICE, 'team')
      world.now += 1
      await add(life)
      release?.(BROKEN)
      await life.settle()
      expect(await listWebhooks(life)).toMatchObject([{ state: 'active', failures: 0 }])
      expect(await life.control.deliveries(ALICE, 'team')).toEqual({ ok: true, value: [] })
    })
  })

  it('costs nothing while nothing happens, nor for what it did not ask for', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      await add(life, { events: ['service.health'] })
      await settle(life)
      await shift(life, 10)
      await settle(life)
      const before = world.rowsWritten
      for (let minute = 0; minute < 10; minute++) {
        world.now += 60_000
        await life.control.watch()
      }
      expect(world.rowsWritten).toBe(before)
      expect(await life.state.storage.getAlarm()).toBeNull()
    })
  })

  it('is never shown with its secret or address, not in the audit log either', async () => {
    const world = await createPublished()
    world.sendWebhook = async () => TAKEN
    await world.live(async (life) => {
      const added = await add(life)
      await shift(life, 10)
      await settle(life)
      await life.control.testWebhook(ALICE, 'team')
      const audit = await life.control.audit(ALICE, { before: undefined, limit: 50 })
      const events = await life.events()
      const deliveries = await life.control.deliveries(ALICE, 'team')
      const shown = JSON.stringify([added, await listWebhooks(life), audit, events, deliveries])
      expect(added.origin).toBe('https://hooks.example.com')
      expect(shown).not.toMatch(/secret-path|key=1|whsec_|MDEyMzQ1/)
      expect(await life.actions()).toEqual(expect.arrayContaining(['webhook-add', 'webhook-test']))
    })
  })

  it.each([
    'http://hooks.example.com/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://10.1.2.3/',
    'https://169.254.169.254/latest/meta-data/',
    'https://localhost/',
    'https://db.internal/',
    'https://user:word@hooks.example.com/',
    'file:///etc/passwd',
  ])('cannot have the address %s', async (url) => {
    const world = await createPublished()
    await world.live(async (life) => {
      await expect(add(life, { url })).rejects.toThrow(/"path":"url"/)
    })
  })

  it('sends nothing to an address that has become forbidden', async () => {
    const world = await createPublished()
    world.variables = { ALLOW_INSECURE_ORIGINS: 'true' }
    await world.live((life) => add(life, { url: 'http://127.0.0.1:1/' }))
    world.variables = {}
    await world.live(async (life) => {
      await shift(life, 10)
      await settle(life, 3)
      expect((await listWebhooks(life))[0]?.why).toMatch(/^the address is refused/)
    })
  })

  it('is sent again what was delivered, with the same id, and the order of others stays', async () => {
    const world = await createPublished()
    const ids: (string | undefined)[] = []
    world.sendWebhook = async ({ headers }) => {
      ids.push(headers['webhook-id'])
      return TAKEN
    }
    await world.live(async (life) => {
      await add(life)
      await shift(life, 10)
      await shift(life, 20)
      await settle(life)
      const again = await life.control.redeliver(ALICE, 'team', 1)
      expect(again).toMatchObject({
        value: { id: 3, cause: 'redelivery', outcome: 'delivered', event: 3 },
      })
      expect(ids).toEqual([ids[0], ids[1], ids[0]])
      expect(await life.control.redeliver(ALICE, 'team', 99)).toEqual({
        ok: true,
        value: undefined,
      })
      expect(await life.control.testWebhook(ALICE, 'none')).toEqual({ ok: true, value: undefined })
      life.state.storage.sql.exec('DELETE FROM outbox WHERE id <= 3')
      expect(await life.control.redeliver(ALICE, 'team', 1)).toMatchObject({
        error: { kind: 'invalid', problems: [{ message: 'its event is no longer kept' }] },
      })
    })
  })

  it('keeps the newest deliveries within their bound, and there are so many webhooks at most', async () => {
    const world = await createPublished()
    world.sendWebhook = async () => TAKEN
    await world.live(async (life) => {
      await add(life)
      for (let i = 0; i < MAX_WEBHOOK_DELIVERIES + 2; i++) {
        await life.control.testWebhook(ALICE, 'team')
      }
      const told = await life.control.deliveries(ALICE, 'team')
      expect(told.ok && told.value?.length).toBe(MAX_WEBHOOK_DELIVERIES)
      expect(told.ok && told.value?.[0]?.id).toBe(MAX_WEBHOOK_DELIVERIES + 2)
      for (let i = 1; i < MAX_WEBHOOKS; i++) await add(life, { name: `team-${i}` })
      await expect(add(life, { name: 'more' })).rejects.toThrow('no more can be')
      await expect(add(life)).rejects.toThrow('already')
    })
  })

  it('that was down for very long is told what is still kept, and how much it missed', async () => {
    const world = await createPublished()
    const sent: number[] = []
    world.sendWebhook = async (message) => {
      sent.push(toRevision(message))
      return TAKEN
    }
    await world.live(async (life) => {
      await add(life)
      await shift(life, 10)
      await shift(life, 20)
      life.state.storage.sql.exec('DELETE FROM outbox WHERE id <= 3')
    })
    await world.live(async (life) => {
      await settle(life)
      expect(sent).toEqual([3])
      expect((await listWebhooks(life))[0]).toMatchObject({ missed: 2, waiting: 0 })
    })
  })

  it('misses nothing and keeps the order when the control is killed at any step', async () => {
    const act = async (life: Life) => {
      await shift(life, 20)
      await shift(life, 30)
      await life.state.storage.sync()
      await settle(life)
    }
    let isKilled = false
    const begin = async (sent: OutgoingMessage[]) => {
      isKilled = false
      const world = await createPublished()
      world.sendWebhook = async (message) => {
        if (isKilled) throw new Error('killed')
        sent.push(message)
        return TAKEN
      }
      await world.live((life) => add(life))
      return world
    }
    const steps: string[] = []
    const first = await begin([])
    await first.live(async (life) => {
      first.onStep = (step) => steps.push(step)
      await act(life)
      first.onStep = () => undefined
    })
    const sending = steps.indexOf('before sending')
    expect(sending).toBeGreaterThan(0)
    expect(steps).toContain('after UPDATE webhooks SET')
    for (const [number, step] of steps.entries()) {
      // What comes before is tried by the tests of the outbox.
      if (number < sending - 1) continue
      const sent: OutgoingMessage[] = []
      const world = await begin(sent)
      let left = number
      await world
        .live((life) => {
          world.onStep = (_, state) => {
            if (left-- > 0) return
            isKilled = true
            state.abort('killed')
          }
          return act(life)
        })
        .catch(() => undefined)
      world.onStep = () => undefined
      isKilled = false
      world.work.length = 0
      world.now += 60_000
      await world.live(async (life) => {
        await life.control.watch()
        await settle(life)
        expect((await listWebhooks(life))[0]).toMatchObject({ waiting: 0, state: 'active' })
      })
      const revisions = sent.map(toRevision)
      expect({ step, told: [...new Set(revisions)] }).toEqual({ step, told: [2, 3] })
      expect({ step, revisions }).toEqual({ step, revisions: revisions.toSorted((a, b) => a - b) })
      const ids = new Set(sent.map(({ headers }) => headers['webhook-id']))
      expect({ step, ids: ids.size }).toEqual({ step, ids: 2 })
    }
  })
})
