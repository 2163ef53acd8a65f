import { describe, expect, it } from 'vitest'
import { toCheckedForm } from '../../src/loading/checked.ts'
import { exampleDocument } from '../support/document.ts'
import { ALICE, env, toChange, World } from './control-world.ts'

const FORM = toCheckedForm(false)

describe('a change', () => {
  it('is committed, published byte for byte, and told to isolates', async () => {
    const world = await World.create()
    await world.live(async (life) => {
      const first = await life.change({ kind: 'replace', document: exampleDocument() })
      expect(first).toMatchObject({ revision: 1, changed: true })
      expect(await life.runAlarms()).toBe(1)
      const second = await life.change({ kind: 'shift', weights: { canary: 10 } })
      expect(second.moved).toEqual([{ from: 'main', to: 'canary', buckets: 500 }])
      expect(await life.runAlarms()).toBe(1)
      expect(await world.read()).toBe(second.text)
      const reply = await life.control.sync({ held: undefined, kv: undefined })
      expect(reply).toMatchObject({
        current: { revision: 2, digest: second.digest },
        text: second.text,
        form: FORM,
      })
      const { metadata } = await env.ASSIGNMENTS.getWithMetadata('assignments')
      expect(metadata).toEqual({ form: FORM, digest: second.digest })
      expect(await life.verify(second.text)).toMatchObject({ rows: 2, problems: [] })
    })
  })

  it('is refused as stale against an old revision, with what changed since', async () => {
    const world = await World.create()
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      await life.change({ kind: 'shift', weights: { canary: 10 } })
      const answer = await life.control.change(
        ALICE,
        toChange({ kind: 'shift', weights: { canary: 20 } }, 1),
      )
      expect(answer).toMatchObject({
        ok: false,
        error: {
          kind: 'stale',
          expected: 1,
          current: 2,
          changes: [{ revision: 2, actor: 'alice', action: 'shift' }],
        },
      })
    })
  })
})
