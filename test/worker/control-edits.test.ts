// Documents that people put into KV by hand, while the control is there.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { KV_PROPAGATION_MS } from '../../src/control/publishing/adopt-edits.ts'
import { exampleDocument } from '../support/document.ts'
import { env, identify, type Life, World } from './control-world.ts'

const edited = (text: string | undefined, change: object) =>
  `${JSON.stringify({ ...JSON.parse(text ?? '{}'), ...change }, null, 2)}\n`

const textOf = async (life: Life) => (await life.document())?.text ?? ''

beforeEach(() => {
  for (const level of ['warn', 'error'] as const) {
    vi.spyOn(console, level)
      .mockReset()
      .mockImplementation(() => undefined)
  }
})

/** A world whose control has published revision 2, long ago. */
async function createPublished(): Promise<World> {
  const world = await World.create()
  await world.live(async (life) => {
    await life.change({ kind: 'replace', document: exampleDocument() })
    await life.change({ kind: 'shift', weights: { canary: 10 } })
    await life.runAlarms()
  })
  world.now += 10 * KV_PROPAGATION_MS
  return world
}

/** In the end KV and control agree, and every isolate takes what they have, whatever it held. */
async function expectAgreement(life: Life, ...held: string[]): Promise<string> {
  const text = await textOf(life)
  expect(await life.world.read()).toBe(text)
  expect(await life.verify(text)).toMatchObject({ problems: [] })
  for (const one of held) {
    const reply = await life.report(one)
    expect(reply.text).toBe(text)
    expect(reply.current?.revision).toBeGreaterThan(JSON.parse(one).revision)
  }
  return text
}

describe('a hand edit that is reported by an isolate', () => {
  it('with a higher revision is adopted under the next one and republished', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const own = await textOf(life)
      const edit = edited(own, { revision: 7, traffic: { main: 50, canary: 50 } })
      await world.write(edit)
      await life.report(own, edit)
      expect(await life.actions()).toEqual(['adopt', 'shift', 'replace'])
      expect(await life.runAlarms()).toBe(1)
      const text = await expectAgreement(life, own, edit)
      const { revision, traffic } = JSON.parse(text)
      expect(revision).toBe(8)
      expect(traffic).toEqual({ main: [[0, 5000]], canary: [[5000, 10000]] })
      expect(await life.health()).toMatchObject({ overwritten: 0, published: 8 })
    })
  })

  it('that forgot to raise "revision" is adopted under the next one', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const own = await textOf(life)
      const edit = edited(own, { traffic: { main: 50, canary: 50 } })
      await world.write(edit)
      await life.report(own, edit)
      await life.runAlarms()
      const text = await expectAgreement(life, own, edit)
      expect(JSON.parse(text)).toMatchObject({ revision: 3, traffic: { main: [[0, 5000]] } })
    })
  })

  it('is adopted once, though KV shows it for a while', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const own = await textOf(life)
      const edit = edited(own, { revision: 3, rules: [] })
      await world.write(edit)
      for (let i = 0; i < 20; i++) await life.report(own, edit)
      await life.runAlarms()
      await world.write(edit)
      for (let i = 0; i < 20; i++) {
        world.now += 1000
        await life.report(edit)
        await life.control.watch()
      }
      expect(await life.actions()).toEqual(['adopt', 'shift', 'replace'])
      world.now += KV_PROPAGATION_MS
      await life.report(edit)
      await life.runAlarms()
      await expectAgreement(life, own, edit)
      expect(await life.actions()).toEqual(['adopt', 'shift', 'replace'])
    })
  })

  it('is adopted by an empty control', async () => {
    const world = await World.create()
    const edit = JSON.stringify(exampleDocument())
    await world.write(edit)
    await world.live(async (life) => {
      expect((await life.report(undefined)).current).toBeUndefined()
      await life.runAlarms()
      expect(JSON.parse(await expectAgreement(life, edit)).revision).toBe(43)
    })
  })

  it('is adopted by an empty control before it is asked for its document or a change', async () => {
    for (const ask of ['document', 'change'] as const) {
      const world = await World.create()
      await world.write(exampleDocument())
      await world.live(async (life) => {
        if (ask === 'document') expect(JSON.parse(await textOf(life)).revision).toBe(43)
        const answer = await life.control.change(
          { credential: { kind: 'token', token: 'alice' }, requestId: '', address: '' },
          {
            command: { kind: 'replace', document: exampleDocument() },
            expectedRevision: 0,
            reason: undefined,
            dryRun: false,
          },
        )
        expect(answer).toMatchObject({ ok: false, error: { kind: 'stale', current: 43 } })
      })
    }
  })

  it('is never overlooked by an empty control, which changes nothing while KV is silent', async () => {
    const world = await World.create()
    await world.write(exampleDocument())
    await world.live(async (life) => {
      world.beforeKv = () => {
        throw new Error('KV is down')
      }
      await expect(life.change({ kind: 'replace', document: exampleDocument() })).rejects.toThrow(
        'KV could not be read',
      )
      world.beforeKv = () => undefined
      expect(JSON.parse(await textOf(life)).revision).toBe(43)
    })
  })
})

describe('a hand edit that nobody reports', () => {
  it('is found within a minute by the watchdog', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const edit = edited(await textOf(life), { revision: 3, rules: [] })
      await world.write(edit)
      await life.control.watch()
      await life.runAlarms()
      expect(JSON.parse(await expectAgreement(life, edit)).revision).toBe(4)
    })
  })

  it('because it took the key away is made good', async () => {
    const world = await createPublished()
    await env.ASSIGNMENTS.delete('assignments')
    await world.live(async (life) => {
      await life.control.watch()
      expect(await life.runAlarms()).toBe(1)
      await expectAgreement(life)
      expect(await life.actions()).toHaveLength(2)
    })
  })
})

describe('a hand edit between a change and its publication', () => {
  it('is kept, and the change gets a revision above it', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const own = await textOf(life)
      const edit = edited(own, { revision: 3, rules: [] })
      await world.write(edit)
      const { text: changed } = await life.change({ kind: 'shift', weights: { canary: 20 } })
      await life.runAlarms()
      const text = await expectAgreement(life, own, edit, changed)
      expect(JSON.parse(text)).toMatchObject({
        revision: 4,
        traffic: JSON.parse(changed).traffic,
        rules: exampleDocument().rules,
      })
      expect(await life.actions()).toEqual(['republish', 'shift', 'shift', 'replace'])
      expect((await life.health()).overwritten).toBe(1)
      const kept = [...life.state.storage.sql.exec('SELECT outcome, text FROM edits')]
      expect(kept).toEqual([{ outcome: 'overwritten', text: edit }])
    })
  })

  it('of a lower revision is kept and overwritten', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const edit = edited(await textOf(life), { revision: 1, rules: [] })
      await world.write(edit)
      await life.change({ kind: 'shift', weights: { canary: 20 } })
      await life.runAlarms()
      await expectAgreement(life, edit)
      expect(await life.actions()).toEqual(['shift', 'shift', 'replace'])
      expect((await life.health()).overwritten).toBe(1)
    })
  })

  it('is kept once, however often the put fails', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const edit = edited(await textOf(life), { revision: 9, rules: [] })
      await world.write(edit)
      await life.change({ kind: 'shift', weights: { canary: 20 } })
      world.beforeKv = (kind) => {
        if (kind === 'put') throw new Error('KV PUT failed: 429 Too Many Requests')
      }
      for (let i = 0; i < 5; i++) await life.runAlarm()
      expect((await life.health()).publishError).toContain('429')
      world.beforeKv = () => undefined
      await life.runAlarms()
      await expectAgreement(life, edit)
      expect(await life.actions()).toEqual(['republish', 'shift', 'shift', 'replace'])
      expect(await life.health()).toMatchObject({ overwritten: 1, publishError: undefined })
    })
  })
})

describe('an older document that was put back into KV', () => {
  it('is replaced by the control, once it cannot be a late copy any more', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const own = await textOf(life)
      const older = await life.control.revision(
        { credential: { kind: 'token', token: 'alice' }, requestId: '', address: '' },
        1,
      )
      const text = (older.ok && older.value?.text) || ''
      await world.write(text)
      await life.report(own, text)
      expect(await life.runAlarms()).toBe(1)
      expect(await expectAgreement(life, text)).toBe(own)
      expect((await life.health()).overwritten).toBe(0)
    })
  })

  it('is expected for two minutes after a publication', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const own = await textOf(life)
      await life.change({ kind: 'shift', weights: { canary: 20 } })
      await life.runAlarms()
      await world.write(own)
      const calls = world.kvCalls.length
      for (let i = 0; i < 100; i++) {
        world.now += 1000
        await life.report(undefined, own)
      }
      expect(world.kvCalls.length - calls).toBe(0)
      expect(await life.state.storage.getAlarm()).toBeNull()
      world.now += KV_PROPAGATION_MS
      await life.report(undefined, own)
      expect(await life.runAlarms()).toBe(1)
      await expectAgreement(life, own)
    })
  })
})

describe('a document that cannot be taken', () => {
  const bad: [string, (own: string) => string, RegExp][] = [
    ['a newer schema', (own) => edited(own, { schema: 2, revision: 9 }), /"schema": 1/],
    ['a revision of 2^53', (own) => edited(own, { revision: 2 ** 53 }), /revision/],
    ['the last revision there is', (own) => edited(own, { revision: 2 ** 40 }), /at most 2\^39/],
    ['one a little below it', (own) => edited(own, { revision: 2 ** 40 - 5 }), /at most 2\^39/],
    ['the first that is kept', (own) => edited(own, { revision: 2 ** 39 + 1 }), /one more than/],
    [
      'one that says it is the control’s, and leaves nothing to follow',
      (own) => edited(own, { revision: 2 ** 40 - 5, reserve: true }),
      /is too high, because later revisions need higher numbers/,
    ],
    ['broken JSON', () => '{"revision": 9', /not JSON/],
    ['nothing at all', () => '', /empty/],
    ['weights that sum to 90', (own) => edited(own, { revision: 9, traffic: { main: 90 } }), /90/],
    ['too many bytes', () => ' '.repeat(300_000), /larger than/],
  ]
  it.each(bad)(
    'because of %s is told, and left until the next publication',
    async (_, make, why) => {
      const world = await createPublished()
      await world.live(async (life) => {
        const own = await textOf(life)
        const edit = make(own)
        await world.write(edit)
        await life.control.watch()
        expect((await life.health()).externalProblem).toMatch(why)
        const rows = world.rowsWritten
        for (let i = 0; i < 10; i++) await life.control.watch()
        expect(world.rowsWritten).toBe(rows)
        expect(await life.state.storage.getAlarm()).toBeNull()
        expect(await world.read()).toBe(edit)
        // Isolates refuse it too, and go on with what they hold.
        expect(await life.report(own)).toMatchObject({ current: { revision: 2 }, text: undefined })

        await life.change({ kind: 'shift', weights: { canary: 20 } })
        await life.runAlarms()
        expect(JSON.parse(await expectAgreement(life, own)).revision).toBe(3)
        expect(await life.health()).toMatchObject({ externalProblem: undefined, overwritten: 1 })
      })
    },
  )

  it('is no longer told when somebody has mended it', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const own = await textOf(life)
      await world.write('{')
      await life.control.watch()
      expect((await life.health()).externalProblem).toBeDefined()
      await world.write(own)
      await life.control.watch()
      expect((await life.health()).externalProblem).toBeUndefined()
    })
  })
})

describe('a hand edit with the highest revision that a person may write', () => {
  it('is adopted, and changes, rollbacks and further edits go on above it', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const own = await textOf(life)
      const highest = edited(own, { revision: 2 ** 39, rules: [] })
      await world.write(highest)
      await life.report(own, highest)
      await life.runAlarms()
      const adopted = await expectAgreement(life, own, highest)
      expect(JSON.parse(adopted)).toMatchObject({ revision: 2 ** 39 + 1, reserve: true })

      await life.change({ kind: 'shift', weights: { canary: 20 } })
      const back = await life.change({ kind: 'rollback', to: 1 })
      await life.runAlarms()
      expect(JSON.parse(await expectAgreement(life, own, highest, adopted))).toEqual({
        ...JSON.parse(back.text),
        revision: 2 ** 39 + 3,
      })

      // Edited from what KV has, as docs/assignments.md says.
      world.now += 10 * KV_PROPAGATION_MS
      const next = edited(back.text, { revision: 2 ** 39 + 4, rules: [] })
      await world.write(next)
      await life.report(back.text, next)
      await life.runAlarms()
      expect(JSON.parse(await expectAgreement(life, back.text, next)).revision).toBe(2 ** 39 + 5)

      // An isolate that holds what no history has is followed here, too.
      await life.report(edited(back.text, { revision: 2 ** 39 + 100 }), await textOf(life))
      await life.runAlarms()
      expect(JSON.parse(await textOf(life)).revision).toBe(2 ** 39 + 101)
      await life.change({ kind: 'shift', weights: { canary: 30 } })
    })
  })

  it('leaves no mark of it once a document is written below', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const own = JSON.parse(await textOf(life))
      const { text } = await life.change({
        kind: 'replace',
        document: { ...own, reserve: true, rules: [] },
      })
      expect(JSON.parse(text)).not.toHaveProperty('reserve')
      expect(await life.verify(text)).toMatchObject({ problems: [] })
    })
  })
})

describe('an isolate that holds what nobody wrote', () => {
  it('gets the control above it', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const own = await textOf(life)
      const lost = edited(own, { revision: 12, rules: [] })
      await life.report(lost, own)
      expect(await life.actions()).toEqual(['republish', 'shift', 'replace'])
      await life.runAlarms()
      expect(JSON.parse(await expectAgreement(life, lost, own)).revision).toBe(13)
    })
  })

  it('under the same revision as the control gets the next one', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const own = await textOf(life)
      const other = edited(own, { rules: [] })
      await life.report(other, own)
      await life.runAlarms()
      expect(JSON.parse(await expectAgreement(life, other, own)).revision).toBe(3)
    })
  })

  it('though KV gave it, is waited for until KV shows it here, and then gone above', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const own = await textOf(life)
      const seenElsewhere = edited(own, { revision: 12, rules: [] })
      for (let ms = 0; ms < KV_PROPAGATION_MS; ms += 10_000) {
        await life.report(seenElsewhere)
        expect(await life.actions()).toEqual(['shift', 'replace'])
        world.now += 10_000
      }
      world.now += 30_000
      await life.report(seenElsewhere)
      await life.runAlarms()
      expect(JSON.parse(await expectAgreement(life, seenElsewhere, own)).revision).toBe(13)
    })
  })

  it('cannot use up all revisions', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const own = await textOf(life)
      await life.report(edited(own, { revision: 2 ** 40 }), own)
      expect(await textOf(life)).toBe(own)
    })
  })
})

describe('looks at KV', () => {
  it('are few, however many isolates report something odd', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const own = await textOf(life)
      const odd = edited(own, { revision: 99, rules: [] })
      const calls = world.kvCalls.length
      const report = { held: await identify(own), kv: await identify(odd) }
      for (let i = 0; i < 6000; i++) {
        world.now += 10
        await life.control.sync(report)
      }
      await life.settle()
      expect(world.kvCalls.length - calls).toBeLessThanOrEqual(6 + 3)
    })
  })

  it('do not hold up the answer, and end when KV hangs', async () => {
    const world = await createPublished()
    await world.live(async (life) => {
      const own = await textOf(life)
      // What the publication before has left behind.
      await life.settle()
      world.beforeKv = () => new Promise(() => undefined)
      const odd = edited(own, { revision: 99 })
      const report = { held: await identify(own), kv: await identify(odd) }
      expect(await life.control.sync(report)).toMatchObject({ current: { revision: 2 } })
      expect(await life.control.sync(report)).toMatchObject({ current: { revision: 2 } })
      expect(world.work).toHaveLength(1)
      expect(await Promise.race(world.work.splice(0))).toBe('unreadable')
    })
  })
})
