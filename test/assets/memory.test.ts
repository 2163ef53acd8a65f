import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BoundedMemory } from '../../src/assets/memory.ts'

describe('a bounded memory', () => {
  it('lets go of what was used least lately', () => {
    const memory = new BoundedMemory<string>(30)
    memory.put('a', 'A', 10)
    memory.put('b', 'B', 10)
    memory.put('c', 'C', 10)
    expect(memory.get('a')).toBe('A')
    memory.put('d', 'D', 10)
    expect(['a', 'b', 'c', 'd'].map((key) => memory.get(key))).toEqual(['A', undefined, 'C', 'D'])
  })

  it('does not keep what is bigger than itself, and loses nothing over it', () => {
    const memory = new BoundedMemory<string>(30)
    memory.put('a', 'A', 30)
    memory.put('b', 'B', 31)
    expect(memory.get('a')).toBe('A')
    expect(memory.get('b')).toBeUndefined()
  })

  it('never keeps more than its bound, and always what was put last', () => {
    const puts = fc.array(fc.record({ key: fc.nat(20), bytes: fc.integer({ min: 0, max: 100 }) }))
    fc.assert(
      fc.property(puts, (list) => {
        const memory = new BoundedMemory<number>(100)
        for (const [index, { key, bytes }] of list.entries()) {
          memory.put(String(key), index, bytes)
          expect(memory.get(String(key))).toBe(index)
          expect(memory.bytes).toBeLessThanOrEqual(100)
        }
      }),
    )
  })
})
