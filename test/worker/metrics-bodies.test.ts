import { describe, expect, it } from 'vitest'
import { hasError } from '../../src/metrics/bodies.ts'

describe('a body says that something went wrong', () => {
  it.each([
    [{ errors: [{ message: 'no' }] }, ['errors']],
    [{ result: { error: 'no' } }, ['result', 'error']],
    [
      [{}, { error: { code: 7 } }],
      ['1', 'error'],
    ],
    [{ failed: true }, ['failed']],
    [{ status: 1 }, ['status']],
  ])('%j', (value, at) => {
    expect(hasError(value, at)).toBe(true)
  })

  it.each([
    [{ errors: [] }, ['errors']],
    [{ errors: {} }, ['errors']],
    [{ errors: null }, ['errors']],
    [{ error: '' }, ['error']],
    [{ error: false }, ['error']],
    [{ status: 0 }, ['status']],
    [{ data: 1 }, ['errors']],
    [{ result: 'no' }, ['result', 'length']],
    [{}, ['constructor']],
    [{}, ['__proto__', 'toString']],
    [null, ['errors']],
    ['errors', ['errors']],
  ])('not: %j at %j', (value, at) => {
    expect(hasError(value, at)).toBe(false)
  })
})
