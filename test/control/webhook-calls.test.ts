// What the control takes from a receiver and asks of a source, without a network.

import { describe, expect, it } from 'vitest'
import { type PullSources, pullDocument } from '../../src/control/webhooks/pulling.ts'
import { parseRetryAfter } from '../../src/control/webhooks/send.ts'

const NOW = Date.parse('2026-11-28T05:00:00Z')

describe('the wait that a receiver asks for', () => {
  it.each([
    ['120', 120_000],
    ['Sat, 28 Nov 2026 05:02:00 GMT', 120_000],
    ['Saturday, 28-Nov-26 05:02:00 GMT', 120_000],
    ['Sat, 28 Nov 2026 04:00:00 GMT', 0],
    ['', 0],
    ['-5', 0],
    ['1e9', 0],
    ['0x10', 0],
    ['soon', 0],
  ])('%j is %i ms', (text, ms) => {
    expect(parseRetryAfter(text, NOW)).toBe(ms)
  })
})

describe('the address of a source', () => {
  const pull = async (url: string, version: string) => {
    const asked: string[] = []
    const store: PullSources = { get: () => ({ form: 'pull', url, secret: null }) }
    const fetch = async (filled: string) => {
      asked.push(filled)
      return Response.json({ n: 1 })
    }
    const places = { version, baseVersion: '1', environment: 'main' }
    const pulled = await pullDocument(store, 'source', places, 1000, {
      fetch,
      allowInsecure: false,
    })
    return { pulled, asked }
  }

  it('is filled with the version, as text of a path or a query', async () => {
    const { asked } = await pull('https://metrics.example.com/{version}?q={environment}', '2/../3')
    expect(asked).toEqual(['https://metrics.example.com/2%2F..%2F3?q=main'])
  })

  it.each(['127.0.0.1', '2130706433', '10.0.0.1', 'localhost', 'metadata.internal'])(
    'is refused where the version makes it private: %s',
    async (version) => {
      const { pulled, asked } = await pull('https://{version}/metrics', version)
      expect(asked).toEqual([])
      expect(pulled).toMatchObject({ why: expect.stringContaining('the address is refused') })
    },
  )
})
