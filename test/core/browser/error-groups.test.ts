import { describe, expect, it } from 'vitest'
import { type ErrorGroup, MAX_BATCH_ERROR_GROUPS } from '../../../src/core/browser/error-groups.ts'
import { ERROR_ID, toErrorId, toErrorKin } from '../../../src/core/browser/error-ids.ts'
import { isBatch } from '../../../src/core/counting/batch.ts'
import { toBatch } from '../../control/counting/batches.ts'

const GROUP: ErrorGroup = {
  environment: 'main',
  version: '1.0.0',
  kind: 'error',
  message: 'TypeError: total is undefined',
  frame: '/assets/index-BqXhYzWk.js:1:2345',
  count: 3,
  stack: 'sum@/assets/index-BqXhYzWk.js:1:2345',
}

const long = (length: number) => 'x'.repeat(length)

describe('the errors of a batch', () => {
  it('are taken as isolates send them, with and without a stack', () => {
    const { stack: _, ...bare } = GROUP
    const taken = [GROUP, bare, { ...GROUP, frame: '', message: '' }]
    expect(isBatch({ ...toBatch('a', 1, {}), errorGroups: taken })).toBe(true)
    expect(isBatch(toBatch('a', 1, {}))).toBe(true)
  })

  it.each<[string, Partial<Record<keyof ErrorGroup, unknown>>]>([
    ['a kind that there is none of', { kind: 'panic' }],
    ['a long message', { message: long(201) }],
    ['a long frame', { frame: long(301) }],
    ['a long stack', { stack: long(2001) }],
    ['a message that is none', { message: 7 }],
    ['no environment', { environment: '' }],
    ['no version', { version: undefined }],
    ['a count of nothing', { count: 0 }],
    ['half a count', { count: 1.5 }],
    ['an endless count', { count: Number.POSITIVE_INFINITY }],
  ])('are refused with %s, and the batch with them', (_, wrong) => {
    const errorGroups = [{ ...GROUP, ...wrong }]
    expect(isBatch({ ...toBatch('a', 1, {}), errorGroups })).toBe(false)
  })

  it('are refused when they are too many, or no list', () => {
    const many = (length: number) => Array.from({ length }, () => GROUP)
    const isTaken = (errorGroups: unknown) => isBatch({ ...toBatch('a', 1, {}), errorGroups })
    expect(isTaken(many(MAX_BATCH_ERROR_GROUPS))).toBe(true)
    expect(isTaken(many(MAX_BATCH_ERROR_GROUPS + 1))).toBe(false)
    expect(isTaken({ 0: GROUP, length: 1 })).toBe(false)
  })
})

describe('the name of a group', () => {
  it('is that of its version, kind, message and frame, whatever else it has', () => {
    const id = toErrorId(GROUP)
    expect(id).toMatch(ERROR_ID)
    expect(toErrorId({ ...GROUP, count: 9, stack: '', environment: 'canary' } as ErrorGroup)).toBe(
      id,
    )
    const others = [
      { version: '2.0.0' },
      { kind: 'rejection' as const },
      { message: 'other' },
      { frame: '/other.js:1:1' },
    ]
    for (const other of others) expect(toErrorId({ ...GROUP, ...other })).not.toBe(id)
  })

  it.each([
    ['/assets/index-BqXhYzWk.js:1:2345', '/assets/index-D-a_3kX1.js:1:2399'],
    ['/static/js/main.3f9c1478.chunk.js:2:10', '/static/js/main.77aa01be.chunk.js:2:11'],
    [
      '/_next/static/chunks/123-0a1b2c3d4e5f6a7b.js:1:1',
      '/_next/static/chunks/123-ffee2c3d4e5f6a7b.js:1:9',
    ],
    ['/app.js:10:2', '/app.js:12:2'],
  ])('is of one kin with that of another build: %s and %s', (frame, other) => {
    expect(toErrorKin({ ...GROUP, frame })).toBe(toErrorKin({ ...GROUP, frame: other }))
  })

  it('is of another kin for another file or message', () => {
    expect(toErrorKin({ ...GROUP, frame: '/assets/cart-BqXhYzWk.js:1:2345' })).not.toBe(
      toErrorKin(GROUP),
    )
    expect(toErrorKin({ ...GROUP, message: 'other' })).not.toBe(toErrorKin(GROUP))
  })
})
