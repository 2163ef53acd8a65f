import { describe, expect, it } from 'vitest'
import { MAX_MEMOISED, memoise, memoiseByObject } from '../../src/core/memoise.ts'

describe('memoise', () => {
  const counting = () => {
    const counts = new Map<string, number>()
    const read = memoise((text) => {
      counts.set(text, (counts.get(text) ?? 0) + 1)
      if (text.startsWith('bad')) throw new TypeError(text)
      return { text }
    })
    return { counts, read }
  }

  it('reads a text once', () => {
    const { counts, read } = counting()
    expect(read('a')).toBe(read('a'))
    expect(counts.get('a')).toBe(1)
  })

  it('throws again for what cannot be read', () => {
    const { counts, read } = counting()
    expect(() => read('bad')).toThrow('bad')
    expect(() => read('bad')).toThrow('bad')
    expect(counts.get('bad')).toBe(2)
  })

  it('keeps what is asked for again and again, whatever else is asked for once', () => {
    const { counts, read } = counting()
    for (let i = 0; i < 20_000; i++) {
      read(`once ${i}`)
      if (i % 1000 === 0) read('often')
    }
    expect(counts.get('often')).toBe(1)
  })

  it('does not keep everything that was ever asked for', () => {
    const { counts, read } = counting()
    for (let i = 0; i < 20_000; i++) read(`${i}`)
    read('0')
    expect(counts.get('0')).toBe(2)
  })

  it('answers right for more texts, and longer ones, than it remembers', () => {
    const { counts, read } = counting()
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 10_000; i++) expect(read(`${i}`).text).toBe(`${i}`)
    }
    const long = 'x'.repeat(10_000)
    expect([read(long).text, read(long).text]).toEqual([long, long])
    expect(counts.get(long)).toBe(2)
  })

  it.each([
    [0, 1],
    [1, 2],
  ])('remembers MAX_MEMOISED texts; with %i more the first is read %i times', (more, times) => {
    const { counts, read } = counting()
    for (let i = 0; i < MAX_MEMOISED + more; i++) read(`${i}`)
    expect(read('0').text).toBe('0')
    expect(counts.get('0')).toBe(times)
    const last = `${MAX_MEMOISED + more - 1}`
    expect(read(last).text).toBe(last)
    expect(counts.get(last)).toBe(1)
  })
})

describe('what is made of an object', () => {
  it('is made once for each, whatever it is', () => {
    let made = 0
    const count = memoiseByObject<readonly number[], number | undefined>(([first]) => {
      made++
      return first
    })
    const [one, other, none] = [[1], [1], []]
    for (let i = 0; i < 3; i++)
      expect([count(one), count(other), count(none)]).toEqual([1, 1, undefined])
    expect(made).toBe(3)
  })
})
