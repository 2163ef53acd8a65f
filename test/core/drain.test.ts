import { describe, expect, it, vi } from 'vitest'
import { estimateVisitors } from '../../src/core/counting/distinct.ts'
import {
  addUse,
  isServiceCounts,
  MAX_COUNTED_SERVICES,
  parseUsesText,
  toUsesText,
  type WindowUses,
} from '../../src/core/counting/uses.ts'
import { DRAIN_QUIET_MS, decideDrain, listSharing } from '../../src/core/drain.ts'

const NOW = 1_700_000_000_000
const NEVER = { lead: undefined, leftAt: undefined, lastRequestAt: undefined }

describe('a version', () => {
  it('is in use as long as anything leads to it, however long nobody has asked', () => {
    const lead = { kind: 'environments', names: ['main', 'qa'] } as const
    expect(decideDrain({ ...NEVER, lead, leftAt: 1, lastRequestAt: 1 }, NOW)).toEqual({
      state: 'inUse',
      why: 'the environments main, qa point at it',
      drainedAt: undefined,
    })
    const link = { kind: 'preview', until: NOW + 1 } as const
    expect(decideDrain({ ...NEVER, lead: link, leftAt: 1 }, NOW).state).toBe('inUse')
  })

  it('is drained an hour after the last request, or after the last pointer', () => {
    const leftAt = NOW - 2 * DRAIN_QUIET_MS
    const asked = (lastRequestAt: number) => decideDrain({ ...NEVER, leftAt, lastRequestAt }, NOW)
    expect(asked(NOW - DRAIN_QUIET_MS + 1)).toMatchObject({
      state: 'draining',
      why: 'it was asked in the last hour',
      drainedAt: NOW + 1,
    })
    expect(asked(NOW - DRAIN_QUIET_MS)).toMatchObject({ state: 'drained', drainedAt: NOW })
    expect(decideDrain({ ...NEVER, leftAt: NOW - 1000 }, NOW)).toMatchObject({
      state: 'draining',
      why: 'an environment pointed at it in the last hour',
    })
  })

  it('that nobody has ever had is not drained', () => {
    expect(decideDrain(NEVER, NOW)).toMatchObject({ state: 'unused', drainedAt: undefined })
  })

  it('shares a server with another one, whatever the paths below it', () => {
    const others = new Map([
      ['2', [{ prefix: '/x/', origins: ['https://API.example.com/v2'] }]],
      ['3', [{ prefix: '/api/', origins: ['service:API/prod'] }]],
      ['4', [{ prefix: '/api/', origins: ['https://api-4.example.com'] }]],
    ])
    const of = (origin: string) => listSharing({ prefix: '/api/', origins: [origin] }, others)
    expect(of('https://api.example.com/v1')).toEqual(['2'])
    expect(of('service:API')).toEqual(['3'])
    expect(of('https://api-1.example.com')).toEqual([])
  })
})

describe('uses of versions', () => {
  const use = (uses: WindowUses, requests = 1) =>
    addUse(uses, {
      version: '1',
      requests,
      services: { '/api/': requests },
      tabs: Uint16Array.from([(3 << 5) | 2, (9 << 5) | 1]),
    })

  it('add up, and tabs that are told twice count once', () => {
    const uses: WindowUses = new Map()
    use(uses)
    use(uses, 4)
    expect(uses.get('1')).toMatchObject({ requests: 5, services: new Map([['/api/', 5]]) })
    expect(estimateVisitors(uses.get('1')?.tabs ?? new Uint8Array())).toBe(2)
  })

  it('come back from the text of a row, and a bad text is no use', () => {
    const uses: WindowUses = new Map()
    use(uses)
    expect(parseUsesText(toUsesText(uses))).toEqual(uses)
    expect(toUsesText(new Map())).toBe('')
    expect(parseUsesText('')).toEqual(new Map())
    expect(parseUsesText('[["1",1,{"/":-1},""]]')).toEqual(new Map())
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    expect(parseUsesText('{')).toEqual(new Map())
    expect(error).toHaveBeenCalledOnce()
    error.mockRestore()
  })

  it('are refused above their bound', () => {
    const of = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`/${i}/`, 1]))
    expect(isServiceCounts(of(MAX_COUNTED_SERVICES))).toBe(true)
    expect(isServiceCounts(of(MAX_COUNTED_SERVICES + 1))).toBe(false)
    expect([[], null, { '/': 0.5 }, { ['/'.repeat(257)]: 1 }].map(isServiceCounts)).toEqual(
      Array(4).fill(false),
    )
    const uses: WindowUses = new Map()
    for (let i = 0; i <= MAX_COUNTED_SERVICES; i++) {
      addUse(uses, {
        version: '1',
        requests: 1,
        services: { [`/${i}/`]: 1 },
        tabs: new Uint16Array(),
      })
    }
    expect(uses.get('1')?.requests).toBe(MAX_COUNTED_SERVICES + 1)
    expect(uses.get('1')?.services.size).toBe(MAX_COUNTED_SERVICES)
  })
})
