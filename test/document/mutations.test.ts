import { expect, it } from 'vitest'
import { decide } from '../../src/core/decide.ts'
import { compileAssignments } from '../../src/document/compile.ts'
import { parseAssignments } from '../../src/document/parse.ts'
import { mutations } from '../support/mutations.ts'

it('never throws on a damaged document: it is refused with reasons, or decides for every bucket', () => {
  const damaged = mutations(2000)
  let refused = 0
  for (const text of damaged) {
    const parsed = parseAssignments(text, { allowInsecure: false })
    if (!parsed.ok) {
      refused += 1
      expect(parsed.error.length).toBeGreaterThan(0)
      for (const { message } of parsed.error) expect(message).not.toBe('')
      continue
    }
    const compiled = compileAssignments(parsed.value)
    expect(compiled.buckets).toHaveLength(10_000)
    expect(compiled.buckets.every((environment) => !environment.restricted)).toBe(true)
    expect(() => decide(FACTS, compiled)).not.toThrow()
  }
  expect(refused).toBeGreaterThan(damaged.length / 2)
})

const FACTS = {
  method: 'GET',
  host: 'example.com',
  path: '/',
  kind: 'document',
  visitor: 'anybody',
  anonymous: false,
  current: false,
  crawler: false,
  pin: undefined,
  attributes: { header: {}, cookie: {}, query: {} },
  grants: new Set<string>(),
} as const
