// Tests wait long enough: beside much other work, what takes milliseconds by itself may take many seconds.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const TESTS = fileURLToPath(new URL('../', import.meta.url))
const MIN_WAIT_MS = 20_000

/** The text of each call of `vi.waitFor` and `vi.waitUntil`, with its arguments. */
function findWaits(source: string): string[] {
  return [...source.matchAll(/\bvi\s*\.wait(?:For|Until)\(/g)].map(({ index, 0: start }) => {
    let end = index + start.length
    for (let open = 1; open > 0 && end < source.length; end++) {
      if (source[end] === '(') open++
      if (source[end] === ')') open--
    }
    return source.slice(index, end)
  })
}

/** What is wrong with the waits of a file. Without a limit, Vitest gives up after one second. */
function findShortWaits(source: string): string[] {
  const isShort = (limit = '') => Number(limit.replaceAll('_', '')) < MIN_WAIT_MS
  const limits = [...source.matchAll(/\btimeout: (\d[\d_]*)/g)].filter(([, limit]) =>
    isShort(limit),
  )
  const waits = findWaits(source).filter((call) => {
    const [, limit] = /,\s*([\w.]+|\{[^{}]*\}),?\s*\)$/.exec(call) ?? []
    return limit === undefined || (/^\d/.test(limit) && isShort(limit))
  })
  return [...limits.map(([text]) => text), ...waits]
}

describe('waits', () => {
  it('are long enough in every test', () => {
    const found = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('waits.test.ts'))
      .flatMap((name) =>
        findShortWaits(readFileSync(TESTS + name, 'utf8')).map((text) => `${name}: ${text}`),
      )
    expect(found).toEqual([])
  })

  it.each([
    'vi.waitFor(() => expect(n).toBe(1))',
    'vi.waitUntil(async () => (await read(a, b)) === 1)',
    'vi.waitFor(() => expect(n).toBe(1), 5_000)',
    'vi.waitFor(() => f(), { timeout: 10_000, interval: 50 })',
    'const WAIT = { timeout: 19_999 }',
  ])('would find %s', (source) => {
    expect(findShortWaits(source)).toHaveLength(1)
  })

  it.each([
    'vi.waitFor(() => expect(n).toBe(1), WAIT)',
    'vi.waitFor(() => f(), 20_000)',
    'vi.waitFor(\n  () => f(),\n  { timeout: 30_000, interval: 50 },\n)',
  ])('takes %s', (source) => {
    expect(findShortWaits(source)).toEqual([])
  })
})
