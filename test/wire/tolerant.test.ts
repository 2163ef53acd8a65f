// How replies are read: whatever a newer Holo adds to one, an older reader takes it. The replies are made
// from the shapes themselves, so that a field that is added tomorrow is held to this too.

import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { controlHealth, healthReply, servicesHealthReply } from '../../src/wire/health.ts'
import { metricsReply } from '../../src/wire/metrics.ts'
import { rolloutExplanation, rolloutStatus, rolloutsReply } from '../../src/wire/rollouts.ts'
import { toTolerant } from '../../src/wire/tolerant.ts'

type Sampling = {
  /** Whether fields that may be left out are there. */
  readonly whole: boolean
  /** Words that no shape knows, and a field more in each object. */
  readonly newer: boolean
}

const NEW_WORD = 'some-later-word'

function toSample(schema: z.ZodType, how: Sampling): unknown {
  if (schema instanceof z.ZodOptional) return toSample(schema.unwrap() as z.ZodType, how)
  if (schema instanceof z.ZodNullable) {
    return how.whole ? toSample(schema.unwrap() as z.ZodType, how) : null
  }
  if (schema instanceof z.ZodArray) return [toSample(schema.element as z.ZodType, how)]
  if (schema instanceof z.ZodTuple) {
    return schema.def.items.map((item) => toSample(item as z.ZodType, how))
  }
  if (schema instanceof z.ZodRecord) {
    return { some: toSample(schema.valueType as z.ZodType, how) }
  }
  if (schema instanceof z.ZodObject) {
    const fields = Object.entries(schema.shape as Record<string, z.ZodType>)
    const told = fields.filter(([, field]) => how.whole || !(field instanceof z.ZodOptional))
    return {
      ...Object.fromEntries(told.map(([name, field]) => [name, toSample(field, how)])),
      ...(how.newer ? { added: { later: true } } : {}),
    }
  }
  if (schema instanceof z.ZodEnum) return how.newer ? NEW_WORD : schema.options[0]
  if (schema instanceof z.ZodLiteral) return how.newer ? NEW_WORD : [...schema.values][0]
  if (schema instanceof z.ZodString) return how.newer ? 'Not a name, but a text' : 'name'
  return schema instanceof z.ZodBoolean ? true : 1
}

function withoutAdded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAdded)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([name]) => name !== 'added')
  return Object.fromEntries(kept.map(([name, one]) => [name, withoutAdded(one)]))
}

const REPLIES: readonly [string, z.ZodType][] = [
  ['a list of rollouts', rolloutsReply],
  ['a rollout', rolloutStatus],
  ['an explanation', rolloutExplanation],
  ['the health of services', servicesHealthReply],
  ['the health of the control', healthReply],
  ['what fills up', controlHealth],
  ['metrics', metricsReply],
]

describe.each(REPLIES)('%s', (_, schema) => {
  it.each([true, false])('of this version is read exactly (all fields: %s)', (whole) => {
    const sample = toSample(schema, { whole, newer: false })
    expect(schema.parse(sample)).toEqual(sample)
    expect(toTolerant(schema).parse(sample)).toEqual(sample)
  })

  it.each([true, false])('of a newer Holo is read, word by word (all fields: %s)', (whole) => {
    const sample = toSample(schema, { whole, newer: true })
    expect(schema.safeParse(sample).success).toBe(false)
    expect(toTolerant(schema).parse(sample)).toEqual(withoutAdded(sample))
  })
})

describe('a tolerant reader', () => {
  it('still refuses what is no such reply', () => {
    const sample = toSample(rolloutStatus, { whole: true, newer: false }) as object
    for (const wrong of [{ id: 'one' }, { plan: undefined }, { visitors: [1] }, { held: 'yes' }]) {
      expect(toTolerant(rolloutStatus).safeParse({ ...sample, ...wrong }).success).toBe(false)
    }
  })

  it('is not made of a shape whose parts cannot be told apart', () => {
    const either = z.object({ one: z.union([z.string(), z.number()]) })
    expect(() => toTolerant(either)).toThrow(TypeError)
  })

  it('says in its description which words are known', () => {
    const { properties } = z.toJSONSchema(toTolerant(rolloutStatus), { io: 'input' })
    expect(properties?.phase).toMatchObject({
      type: 'string',
      description: 'One of smoke, step, bake, promoted, rolledBack, or a word that came later',
    })
  })
})
