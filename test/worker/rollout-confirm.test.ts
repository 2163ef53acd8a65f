// Confirmations by webhooks: a gate that confirms, refuses, hangs or is gone, and a control that is killed while
// it asks. Nothing holds up a rollback.

import { describe, expect, it } from 'vitest'
import type { OutgoingMessage, SendResult } from '../../src/control/webhooks/send.ts'
import { ALICE } from './control-world.ts'
import { createRollingWorld, FAILING, live, MINUTE, type Rolling } from './rollout-world.ts'

const YES: SendResult = { isTaken: true, status: 204, ms: 3 }
const NO: SendResult = { isTaken: false, status: 403, why: 'answered 403', ms: 3 }

const STEPS = [
  { weight: 5, gate: 'time', minMinutes: 1 },
  { weight: 25, gate: 'time', minMinutes: 1 },
]

async function addGate({ life }: Rolling) {
  const added = await life.control.addWebhook(ALICE, {
    ...{ name: 'approvals', url: 'https://gate.example.com/', form: 'standard', events: [] },
    ...{ secret: `whsec_${btoa('0'.repeat(32))}`, dashboard: 'https://shop.example.com/.holo/' },
  })
  expect(added.ok).toBe(true)
}

/** What is asked goes on behind the alarms: it gets a turn after each. */
async function pass(rolling: Rolling, ms: number) {
  const { life } = rolling
  for (let left = ms; left > 0; left -= 10_000) {
    await rolling.pass(10_000)
    await life.state.storage.sync()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

const toData = ({ body }: OutgoingMessage) => JSON.parse(body).data

describe('a gate', () => {
  it('that refuses at first is asked again with the same id, and opens when it confirms', async () => {
    const made = await createRollingWorld()
    const { world } = made
    const asked: OutgoingMessage[] = []
    let answer = NO
    world.sendWebhook = async (message) => {
      asked.push(message)
      return answer
    }
    await live(made, async (rolling) => {
      await addGate(rolling)
      const confirm = [{ before: 'step', webhook: 'approvals', minutes: 30 }]
      await rolling.start({ plan: { steps: STEPS, confirm } })
      await pass(rolling, 3 * MINUTE)
      expect(await rolling.status()).toMatchObject({
        weight: 5,
        obstacle: { kind: 'confirmation', reason: expect.stringContaining('"approvals"') },
      })
      expect(asked.length).toBeGreaterThan(3)
      expect(new Set(asked.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
      expect(toData(asked[0] as OutgoingMessage)).toMatchObject({
        ...{ before: 'step', rollout: 1, version: '0.0.7', baseVersion: '0.0.3', weight: 5 },
      })
      answer = YES
      await pass(rolling, MINUTE / 2)
      expect(await rolling.status()).toMatchObject({ weight: 25 })
      const log = await rolling.life.control.deliveries(ALICE, 'approvals')
      expect(log).toMatchObject({
        value: [{ cause: 'confirmation', kind: 'rollout.confirm', outcome: 'delivered' }],
      })
      expect(await rolling.replay()).toMatchObject({ same: true })
    })
  })

  it('that never answers holds up neither a command nor, beyond its bound, the judge', async () => {
    const made = await createRollingWorld()
    const { world } = made
    world.sendWebhook = () => new Promise(() => undefined)
    await live(made, async (rolling) => {
      await addGate(rolling)
      const confirm = [
        { before: 'step', webhook: 'approvals' },
        { before: 'rollback', webhook: 'approvals', minutes: 0.5 },
      ]
      await rolling.start({ plan: { steps: STEPS, confirm } })
      await pass(rolling, 2 * MINUTE)
      expect(await rolling.status()).toMatchObject({ weight: 5 })
      rolling.script.load = FAILING
      const began = world.now
      while ((await rolling.status())?.phase === 'step' && world.now - began < 5 * MINUTE) {
        await pass(rolling, 10_000)
      }
      expect(await rolling.status()).toMatchObject({ phase: 'rolledBack' })
      const told = (await rolling.life.events()).events
      const askedAt = told.find(
        (one) => 'reason' in one && one.reason?.includes('before it is taken back'),
      )?.at
      const endedAt = told.find(({ kind }) => kind === 'rollout.ended')?.at
      expect((endedAt ?? 0) - (askedAt ?? 0)).toBeLessThanOrEqual(MINUTE / 2 + 10_000)
      rolling.script.load = { ...FAILING, visitorsPerMinute: 1 }
      await rolling.start({ plan: { steps: STEPS, confirm } })
      expect(await rolling.command('abort', 2)).toMatchObject({ phase: 'rolledBack' })
    })
  })

  it('before the start refuses it, or lets it go on, as the plan says for silence', async () => {
    const made = await createRollingWorld()
    const { world } = made
    let answer = NO
    world.sendWebhook = async () => answer
    await live(made, async (rolling) => {
      await addGate(rolling)
      const gate = (silence: string) => ({
        plan: { steps: STEPS, confirm: [{ before: 'start', webhook: 'approvals', silence }] },
      })
      await expect(rolling.start(gate('hold'))).rejects.toThrow('has not confirmed the start')
      await rolling.start(gate('goOn'))
      await rolling.command('abort')
      answer = YES
      await rolling.start(gate('hold'))
      expect(await rolling.status(2)).toMatchObject({ phase: 'step' })
    })
  })

  it('that there is not, or that is a chat, is refused with its place in the plan', async () => {
    const made = await createRollingWorld()
    await live(made, async (rolling) => {
      const confirm = [{ before: 'step', webhook: 'nobody' }]
      await expect(rolling.start({ plan: { steps: STEPS, confirm } })).rejects.toThrow(
        /plan\.confirm\[0\]\.webhook.+there is no webhook/,
      )
    })
  })

  it('is asked again by the next life of the control, and one that was removed is silent', async () => {
    const made = await createRollingWorld()
    const { world } = made
    let asked = 0
    world.sendWebhook = async () => {
      asked++
      return NO
    }
    const confirm = [{ before: 'step', webhook: 'approvals', minutes: 2, silence: 'goOn' }]
    await live(made, async (rolling) => {
      await addGate(rolling)
      await rolling.start({ plan: { steps: STEPS, confirm } })
      await pass(rolling, 1.5 * MINUTE)
      expect(asked).toBeGreaterThan(0)
    })
    asked = 0
    await live(made, async (rolling) => {
      await pass(rolling, MINUTE / 2)
      expect(asked).toBeGreaterThan(0)
      await rolling.life.control.removeWebhook(ALICE, 'approvals')
      await pass(rolling, 3 * MINUTE)
      expect(await rolling.status()).toMatchObject({ weight: 25 })
    })
  })
})
