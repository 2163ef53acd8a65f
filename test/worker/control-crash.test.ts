import { describe, expect, it } from 'vitest'
import { PUT_SPACING_MS } from '../../src/control/publishing/schedule.ts'
import type { CommitResult } from '../../src/wire/changes.ts'
import { exampleDocument } from '../support/document.ts'
import { type Life, World } from './control-world.ts'

/** What happens in a life that may be cut short; `accepted` is what the client heard of it. */
async function changeAndPublish(life: Life, accepted: CommitResult[]): Promise<void> {
  const committed = await life.change({ kind: 'shift', weights: { canary: 20 } })
  // As the platform holds back an answer until what it speaks of is stored.
  await life.state.storage.sync()
  accepted.push(committed)
  await life.runAlarms()
}

async function createPublished(): Promise<World> {
  const world = await World.create()
  await world.live(async (life) => {
    await life.change({ kind: 'replace', document: exampleDocument() })
    await life.runAlarms()
  })
  return world
}

/** All steps of a change and its publication, in the order in which they happen. */
async function listSteps(): Promise<string[]> {
  const world = await createPublished()
  const steps: string[] = []
  await world.live((life) => {
    world.onStep = (step) => steps.push(step)
    return changeAndPublish(life, [])
  })
  return steps
}

/** Runs the same until a step and ends the control there, with all that it has not stored. */
async function killAt(number: number) {
  const world = await createPublished()
  const accepted: CommitResult[] = []
  let left = number
  let killed: string | undefined
  await world
    .live((life) => {
      world.onStep = (step, state) => {
        if (left-- > 0) return
        killed ??= step
        state.abort('killed')
      }
      return changeAndPublish(life, accepted)
    })
    .catch(() => undefined)
  world.onStep = () => undefined
  return { world, accepted, killed }
}

/** The revision that is left, once all has caught up. */
async function expectWhole({ world, accepted }: Awaited<ReturnType<typeof killAt>>) {
  // The alarm may have been lost with the control: then the watchdog of the next minute finds out.
  world.now += 60_000
  return world.live(async (life) => {
    await life.control.watch()
    await life.runAlarms()
    const document = await life.document()
    const { revision, published } = await life.health()
    expect(published).toBe(revision)
    expect(await world.read()).toBe(document?.text)
    expect(await life.verify(document?.text)).toMatchObject({ rows: revision, problems: [] })
    const heard = accepted[0]
    if (heard) expect(document?.text).toBe(heard.text)
    // Nothing twice: one row for the change, and one put for each revision that reached KV.
    expect(await life.actions()).toEqual(['shift', 'replace'].slice(-revision))
    const after = world.kvCalls.length
    await life.control.watch()
    expect(await life.runAlarms()).toBe(0)
    expect(world.kvCalls.slice(after).filter(({ kind }) => kind === 'put')).toEqual([])
    return revision
  })
}

describe('a control that is killed', () => {
  it('at any step of a change starts with a whole state, and KV catches up', async () => {
    const steps = await listSteps()
    expect(steps).toContain('before INSERT INTO revisions')
    expect(steps).toContain('after setAlarm')
    expect(steps).toContain('before KV put')
    expect(steps).toContain('after KV put')
    const survived: number[] = []
    for (const [number, step] of steps.entries()) {
      const life = await killAt(number)
      expect(life.killed).toBe(step)
      survived.push(await expectWhole(life))
    }
    // All or nothing: up to the end of the transaction the change never was, after it it stays.
    expect(survived).toEqual(survived.toSorted())
    expect(survived[0]).toBe(1)
    expect(survived[steps.indexOf('before KV get')]).toBe(2)
    console.log(steps.map((step, i) => `killed ${step}: revision ${survived[i]}`).join('\n'))
  })

  it('between put and note does not put again', async () => {
    const steps = await listSteps()
    const { world } = await killAt(steps.indexOf('after KV put'))
    const before = world.puts.length
    world.now += 60_000
    await world.live(async (life) => {
      await life.control.watch()
      expect(await life.runAlarms()).toBe(1)
      expect(await life.health()).toMatchObject({ revision: 2, published: 2 })
    })
    expect(world.puts).toHaveLength(before)
  })

  it('keeps the distance of puts across the restart', async () => {
    const steps = await listSteps()
    const { world } = await killAt(steps.indexOf('before KV put'))
    await world.live(async (life) => {
      await life.control.watch()
      await life.runAlarms()
    })
    const times = world.puts.map(({ at }) => at)
    expect((times.at(-1) ?? 0) - (times.at(-2) ?? 0)).toBeGreaterThanOrEqual(PUT_SPACING_MS)
  })
})
