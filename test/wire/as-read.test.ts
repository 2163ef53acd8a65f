// An older command understands a newer Holo. This is the rule for every shape by which the command reads a
// reply: whoever adds one to src/wire under a name that ends in "AsRead" is held to it.

/// <reference types="vite/types/importMeta.d.ts" />

import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { makeSamples } from './samples.ts'

const modules = import.meta.glob<Record<string, unknown>>('../../src/wire/*.ts', { eager: true })

const shapes = Object.values(modules)
  .flatMap((module) => Object.entries(module))
  .filter((pair): pair is [string, z.ZodType] => isShape(pair[1]))
const read = shapes.filter(([name]) => name.endsWith('AsRead'))
const byName = new Map(shapes)

function isShape(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'safeParse' in value
}

/** Without the fields that no shape names. */
const EXTRA = 'addedLater'
const withoutExtras = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (name, field) => (name === EXTRA ? undefined : field)))

describe('a shape by which the command reads a reply', () => {
  it('is known for every topic', () => {
    expect(read.length).toBeGreaterThan(15)
  })

  it.each(read)('%s: takes a field that it does not know, in every object', (_, shape) => {
    const plain = makeSamples(shape)
    for (const [i, more] of makeSamples(shape, { hasExtras: true }).entries()) {
      expect(JSON.stringify(more)).toContain(EXTRA)
      const parsed = shape.safeParse(more)
      expect(parsed.error?.issues).toBeUndefined()
      expect(withoutExtras(parsed.data)).toEqual(withoutExtras(shape.parse(plain[i])))
    }
  })

  it.each(read)('%s: takes a word that it does not know, and keeps it', (_, shape) => {
    for (const other of makeSamples(shape, { otherWord: 'a-later-word' })) {
      const parsed = shape.safeParse(other)
      expect(parsed.error?.issues).toBeUndefined()
      expect(parsed.data).toEqual(other)
    }
  })

  it.each(read)('%s: takes a reply that says no more than it must', (_, shape) => {
    for (const short of makeSamples(shape, { isShort: true })) {
      expect(shape.safeParse(short).error?.issues).toBeUndefined()
    }
  })

  it.each(read)('%s: takes what this version replies', (name, shape) => {
    const reply = byName.get(name.replace(/AsRead$/, 'Reply'))
    for (const sample of reply ? makeSamples(reply) : []) {
      expect(shape.safeParse(sample).error?.issues).toBeUndefined()
    }
  })
})

describe('the words of a reply', () => {
  it('are read as any text where this version knows a list of them', () => {
    const word = { otherWord: 'a-later-word' }
    const replies = shapes.filter(([name]) => name.endsWith('Reply'))
    const readers = replies.flatMap(([name, reply]) => {
      const reader = byName.get(name.replace(/Reply$/, 'AsRead'))
      return reader && !('options' in reply) ? [{ name, reply, reader }] : []
    })
    expect(readers.length).toBeGreaterThan(8)
    for (const { name, reply, reader } of readers) {
      for (const sample of makeSamples(reply, word)) {
        expect(reader.safeParse(sample).error?.issues, name).toBeUndefined()
      }
    }
  })
})
