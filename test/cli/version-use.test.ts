// What `holo versions` says of the use of a version, in a few words.

import { expect, it } from 'vitest'
import { toUse } from '../../src/cli/commands/versions.ts'
import type { Drain } from '../../src/wire/versions.ts'

const NOW = Date.UTC(2026, 10, 23, 12)

function say(change: Partial<Drain>): string {
  const service = { prefix: '/api/', lastRequestAt: null, requestsLastHour: 0, sharedWith: [] }
  const drain: Drain = {
    state: 'draining',
    why: '',
    lastRequestAt: NOW - 250_000,
    requestsLastHour: 3,
    tabs: 3,
    drainedAt: null,
    services: [service],
    ...change,
  }
  return toUse({ drain }, NOW)
}

it('says whether a backend may be switched off, and never so if another version needs it', () => {
  expect(say({})).toBe('draining: 3 tabs, last call 4 min ago')
  expect(say({ state: 'inUse', tabs: null })).toBe('in use: last call 4 min ago')
  expect(say({ state: 'unused', lastRequestAt: null, tabs: null })).toBe('not used')
  const drained = { state: 'drained', drainedAt: NOW } as const
  expect(say(drained)).toBe('may be switched off since 2026-11-23 12:00:00Z')
  const shared = { prefix: '/api/', lastRequestAt: null, requestsLastHour: 0, sharedWith: ['7'] }
  expect(say({ ...drained, services: [shared] })).toBe(
    'drained since 2026-11-23 12:00:00Z; /api/ serves 7, too',
  )
  expect(toUse({}, NOW)).toBe('')
})
