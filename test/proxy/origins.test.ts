import { beforeEach, describe, expect, it } from 'vitest'
import type { Service } from '../../src/core/types.ts'
import {
  FAILURES_TO_EJECT,
  FIRST_EJECTION_MS,
  HINT_LIFETIME_MS,
  LONGEST_EJECTION_MS,
  MAX_TROUBLED_ORIGINS,
  Origins,
} from '../../src/proxy/origins.ts'

const TIMEOUT_MS = 1000
const START = 1_700_000_000_000

let now: number
let origins: Origins

beforeEach(() => {
  now = START
  origins = new Origins({ now: () => now, random: () => 0 })
})

const toService = (...names: string[]): Service => ({
  prefix: '/',
  origins: names,
  timeoutMs: TIMEOUT_MS,
  stripPrefix: false,
  maxBodyBytes: Number.POSITIVE_INFINITY,
  fallback: undefined,
})

const ABC = toService('a', 'b', 'c')

/** Whom the next requests go to. */
const take = (count: number, service = ABC) =>
  Array.from({ length: count }, () => origins.take(service, true))

function fail(origin: string, times = FAILURES_TO_EJECT): void {
  for (let time = 0; time < times; time++) origins.record(origin, 'down')
}

describe('healthy origins', () => {
  it('take turns', () => {
    expect(take(7)).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a'])
  })

  it('take turns in each service by itself', () => {
    const other = toService('x', 'y')
    const taken = [ABC, other, ABC, other].map((service) => origins.take(service, true))
    expect(taken).toEqual(['a', 'x', 'b', 'y'])
  })

  it('do not all begin with the first one', () => {
    origins = new Origins({ now: () => now, random: () => 0.5 })
    expect(take(3)).toEqual(['b', 'c', 'a'])
  })
})

describe('an origin that fails', () => {
  it('keeps its turn until it has failed often enough in a row', () => {
    fail('b', FAILURES_TO_EJECT - 1)
    origins.record('b', 'up')
    fail('b', FAILURES_TO_EJECT - 1)
    expect(take(3)).toEqual(['a', 'b', 'c'])
    fail('b', 1)
    expect(take(4)).toEqual(['a', 'c', 'a', 'c'])
  })

  it('is not blamed for clients that leave', () => {
    for (let time = 0; time < 10; time++) origins.record('b', 'none')
    expect(take(3)).toEqual(['a', 'b', 'c'])
  })

  it('is given one trial when its time is over, and one more when nothing came of it', () => {
    fail('b')
    now += FIRST_EJECTION_MS
    expect(take(6).filter((origin) => origin === 'b')).toHaveLength(1)
    now += TIMEOUT_MS
    expect(take(6).filter((origin) => origin === 'b')).toHaveLength(1)
  })

  it('is back after one good answer', () => {
    fail('b')
    now += FIRST_EJECTION_MS
    take(3)
    origins.record('b', 'up')
    expect(take(6).filter((origin) => origin === 'b')).toHaveLength(2)
  })

  it('waits twice as long after each trial that failed, up to a bound', () => {
    fail('b')
    let lengthMs = FIRST_EJECTION_MS
    for (let round = 0; round < 10; round++) {
      now += lengthMs - 1
      expect(take(3)).not.toContain('b')
      now += 1
      expect(take(3)).toContain('b')
      origins.record('b', 'down')
      lengthMs = Math.min(2 * lengthMs, LONGEST_EJECTION_MS)
    }
    expect(lengthMs).toBe(LONGEST_EJECTION_MS)
  })

  it('does not wait longer because requests that were under way failed as well', () => {
    fail('b', 100)
    now += FIRST_EJECTION_MS
    expect(take(3)).toContain('b')
  })

  it('is tried with a request that cannot be repeated only where no other came', () => {
    fail('b')
    now += FIRST_EJECTION_MS
    const takeOnce = () => [1, 2, 3].map(() => origins.take(ABC, false))
    expect(takeOnce()).not.toContain('b')
    now += FIRST_EJECTION_MS
    expect(takeOnce()).toContain('b')
  })
})

describe('when all origins are ejected', () => {
  beforeEach(() => {
    for (const origin of ABC.origins) {
      now += 1
      fail(origin)
    }
  })

  it('none is free, and the service counts as down', () => {
    expect(origins.take(ABC, true)).toBe(undefined)
    expect(origins.isDown(ABC, [])).toBe(true)
  })

  it('the one whose failure is longest ago is asked all the same, and then the next', () => {
    const asked = []
    for (let request = 0; request < 4; request++) {
      const origin = origins.takeEjected(ABC)
      asked.push(origin)
      now += 1
      origins.record(origin ?? '', 'down')
    }
    expect(asked).toEqual(['a', 'b', 'c', 'a'])
  })

  it('one good answer ends it', () => {
    origins.record('c', 'up')
    expect(take(2)).toEqual(['c', 'c'])
    expect(origins.isDown(ABC, [])).toBe(false)
    expect(origins.isDown(ABC, ['c'])).toBe(true)
  })
})

describe('who takes over', () => {
  it('is the one that failed least, and never one that is ejected', () => {
    fail('b', 1)
    expect(origins.takeOther(ABC, 'a')).toBe('c')
    fail('c')
    expect(origins.takeOther(ABC, 'a')).toBe('b')
    fail('b')
    expect(origins.takeOther(ABC, 'a')).toBe(undefined)
  })
})

describe('memory', () => {
  it('holds a bounded number of failing origins, and forgets the oldest', () => {
    for (let number = 0; number <= MAX_TROUBLED_ORIGINS; number++) fail(`origin-${number}`)
    expect(origins.take(toService('origin-0'), true)).toBe('origin-0')
    expect(origins.take(toService('origin-1'), true)).toBe(undefined)
  })
})

describe('an origin that somebody else found down', () => {
  it('is asked last: two of three are asked when the third cannot be', () => {
    origins.hint(['a', 'b'])
    expect(take(3)).toEqual(['c', 'c', 'c'])
    fail('c')
    expect(take(4)).toEqual(['a', 'b', 'a', 'b'])
  })

  it('takes over only where there is no other', () => {
    origins.hint(['b'])
    fail('c', FAILURES_TO_EJECT - 1)
    expect(origins.takeOther(ABC, 'a')).toBe('c')
    fail('c', 1)
    expect(origins.takeOther(ABC, 'a')).toBe('b')
  })

  it('is asked as ever when all are said to be down', () => {
    origins.hint(['a', 'b', 'c'])
    expect(take(4)).toEqual(['a', 'b', 'c', 'a'])
    const only = toService('a')
    expect(take(2, only)).toEqual(['a', 'a'])
  })

  it('is an origin like others once the hint is taken back, or is not repeated', () => {
    origins.hint(['a', 'b'])
    origins.hint([])
    expect(take(3)).toEqual(['a', 'b', 'c'])
    origins.hint(['a', 'b'])
    now += HINT_LIFETIME_MS
    expect(take(3)).toEqual(['a', 'b', 'c'])
  })

  it('is not down for the service as a whole', () => {
    origins.hint(['a', 'b', 'c'])
    expect(origins.isDown(ABC, ['a'])).toBe(false)
  })
})

describe('the origin of a copy', () => {
  it('is whichever chance chooses of those that are well, and takes no turn and no trial', () => {
    let chance = 0
    origins = new Origins({ now: () => now, random: () => chance })
    fail('b')
    now += FIRST_EJECTION_MS
    chance = 0.99
    expect(origins.pickSound(ABC)).toBe('c')
    chance = 0
    expect(origins.pickSound(ABC)).toBe('a')
    expect(take(3)).toEqual(['a', 'b', 'c'])
  })

  it('is one that is known to be down only where there is no other, and never one that is left out', () => {
    origins.hint(['a', 'c'])
    expect(origins.pickSound(ABC)).toBe('b')
    fail('b')
    expect(origins.pickSound(ABC)).toBe('a')
    for (const origin of ['a', 'c']) fail(origin)
    expect(origins.pickSound(ABC)).toBeUndefined()
  })
})
