// A limited token beside a rollout of others that has a baseline.

import { expect, it } from 'vitest'
import { findRunningTrespass } from '../../src/control/access/token-limits.ts'

const RUNNING = [{ environment: 'canary', base: 'main', baseline: 'pr-1' }]

it('may not change an environment that is the baseline of a rollout of others', () => {
  const before = {
    environments: { main: { version: '1' }, canary: { version: '2' }, 'pr-1': { version: '1' } },
    traffic: { main: [[0, 10_000]], canary: [], 'pr-1': [] },
  }
  const after = {
    ...before,
    environments: { ...before.environments, 'pr-1': { version: '3' } },
  }
  const find = (environments: string[]) =>
    findRunningTrespass({ environments }, before as never, after as never, RUNNING)
  expect(find(['pr-*'])).toContain('this changes a rollout from "main" to "canary"')
  expect(find(['pr-*', 'main', 'canary'])).toBeUndefined()
})
