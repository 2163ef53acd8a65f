import { runDurableObjectAlarm } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import type { RefusedResult } from '../../src/control/contract.ts'
import { PUT_SPACING_MS } from '../../src/control/publishing/schedule.ts'
import type { CommitResult } from '../../src/wire/changes.ts'
import type { Command } from '../../src/wire/commands.ts'
import { exampleDocument } from '../support/document.ts'
import { type KvCall, type Life, toCaller, toChange, World } from './control-world.ts'

const CLIENTS = ['alice', 'bob']

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

type Stale = Extract<RefusedResult, { kind: 'stale' }>

/** Lets time pass, and runs an alarm when its time has come, until `work` is done. */
async function withPlatform<T>(life: Life, work: Promise<T>): Promise<T> {
  let isOver = false
  const done = work.finally(() => {
    isOver = true
  })
  while (!isOver) {
    life.world.now += 300
    await pause(1)
    const alarm = await life.state.storage.getAlarm()
    if (alarm !== null && alarm <= life.world.now) await life.runAlarm()
  }
  return done
}

function expectSpaced(puts: readonly KvCall[]) {
  for (const [i, { at }] of puts.slice(1).entries()) {
    expect(at - (puts[i]?.at ?? 0)).toBeGreaterThanOrEqual(PUT_SPACING_MS)
  }
}

describe('50 changes at once from two clients', () => {
  it('are each in the history in order, or refused as stale with what changed', async () => {
    const world = await World.create()
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      const accepted: CommitResult[] = []
      const refusals: Stale[] = []
      const send = async (i: number, expectedRevision: number) => {
        const command: Command = { kind: 'shift', weights: { canary: 10 + i } }
        const caller = toCaller(CLIENTS[i % 2] ?? '')
        const answer = await life.control.change(caller, toChange(command, expectedRevision))
        if (answer.ok) accepted.push(answer.value)
        else if (answer.error.kind === 'stale') refusals.push(answer.error)
        else throw new Error(JSON.stringify(answer.error))
        return answer
      }
      // First all against the same revision; then each again, until it has seen the newest.
      const insist = async (i: number) => {
        let answer = await send(i, 1)
        while (!answer.ok && answer.error.kind === 'stale') {
          const { current } = answer.error
          await pause(i)
          answer = await send(i, current)
        }
      }
      const all = Array.from({ length: 50 }, (_, i) => insist(i))
      await withPlatform(life, Promise.all(all))
      await life.runAlarms()

      const revisions = Array.from({ length: 51 }, (_, i) => 51 - i)
      const history = await life.control.revisions(toCaller('carol'), {
        before: undefined,
        limit: 200,
      })
      if (!history.ok) throw new Error('denied')
      expect(history.value.map(({ revision }) => revision)).toEqual(revisions)
      expect(accepted.map(({ revision }) => revision)).toEqual(revisions.toReversed().slice(1))
      for (const { revision, digest } of accepted) {
        expect(history.value.find((one) => one.revision === revision)?.digest).toBe(digest)
      }
      for (const name of CLIENTS) {
        expect(history.value.some(({ actor }) => actor === name)).toBe(true)
      }
      expect(refusals.length).toBeGreaterThanOrEqual(49)
      for (const { expected, current, changes } of refusals) {
        expect(current).toBeGreaterThan(expected)
        const since = Array.from({ length: current - expected }, (_, i) => current - i)
        expect(changes.map(({ revision }) => revision)).toEqual(since)
      }
      const { text } = (await life.document()) ?? {}
      expect(await world.read()).toBe(text)
      expect(text).toBe(accepted.at(-1)?.text)
      expect(await life.verify(text)).toMatchObject({ rows: 51, problems: [] })
      expect(world.puts.length).toBeGreaterThan(1)
      expectSpaced(world.puts)
      console.log(`50 accepted, ${refusals.length} refused as stale, ${world.puts.length} puts`)
    })
  })

  it('keep their distance also when the control starts anew in between', async () => {
    const world = await World.create()
    await world.live((life) => life.change({ kind: 'replace', document: exampleDocument() }))
    for (let i = 1; i <= 10; i++) {
      await world.live((life) => life.change({ kind: 'shift', weights: { canary: 10 + i } }))
      await world.live((life) => life.runAlarm())
      world.now += i * 30
    }
    await world.live((life) => life.runAlarms())
    expect(world.puts.length).toBeGreaterThan(1)
    expectSpaced(world.puts)
    expect(await world.read()).toBe((await world.live((life) => life.document()))?.text)
  })
})

describe('a slow KV', () => {
  it('never has two puts under way, and gets the newest that was committed meanwhile', async () => {
    const world = await World.create()
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      let meanwhile = 0
      world.beforeKv = async (kind) => {
        if (kind === 'get' && meanwhile++ === 0) {
          await life.change({ kind: 'shift', weights: { canary: 50 } })
          await life.control.alarm()
        }
      }
      await life.runAlarms()
      expect(world.puts).toHaveLength(1)
      expect(await world.read()).toBe((await life.document())?.text)
      expect((await life.health()).published).toBe(2)
    })
  })
})

describe('the platform', () => {
  it('runs the alarm of a change that came by a call', async () => {
    const world = await World.create()
    await world.live((life) => life.change({ kind: 'replace', document: exampleDocument() }))
    // This runs the deployed class, with its own clock and the real KV.
    expect(await runDurableObjectAlarm(world.stub)).toBe(true)
    const document = await world.live((life) => life.document())
    expect(await world.read()).toBe(document?.text)
    expect(await runDurableObjectAlarm(world.stub)).toBe(false)
  })
})
