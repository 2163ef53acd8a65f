// A page of `holo watch`, with something in each of its sections.

import type { LivePage } from '../../src/cli/live/load.ts'
import { statusAsRead } from '../../src/wire/rollout-output.ts'
import { exampleRollout, NOW, toSummary } from './rollout-api.ts'

export const ENVIRONMENTS = [
  { name: 'main', version: '0.0.3', restricted: false, hosts: [], percent: 95 },
  { name: 'canary', version: '0.0.5', restricted: false, hosts: [], percent: 5 },
  { name: 'qa', version: '0.0.6', restricted: true, hosts: [], percent: 0 },
]
export const LAST = {
  revision: 42,
  digest: '0',
  at: NOW,
  actor: 'alice',
  action: 'shift',
  reason: 'build 8',
}
export const DOWN = {
  environment: 'canary',
  version: '0.0.5',
  prefix: '/api/',
  state: 'Down' as const,
  since: NOW,
  why: 'https://api-5.example.com answers 503',
  origins: [],
}

export const SHADOW = {
  ...{ from: 'main', base: '0.0.3', to: 'qa', shadow: '0.0.6', since: NOW, lastAt: NOW },
  ...{ copied: 1300, skipped: 1, compared: 1200, differing: 36, baselines: 10, noisy: 0 },
  ...{ rate: 0.03, baseMs: 12, shadowMs: 15, lost: 0 },
  ...{ repeated: 0, failed: 0, baseFailed: 0, late: 0, baseLate: 0 },
}

/** As it comes over the wire. */
export const asRead = (changes: Parameters<typeof exampleRollout>[0]) =>
  statusAsRead.parse(JSON.parse(JSON.stringify(exampleRollout(changes))))

export const PAGE: LivePage = {
  target: 'shop',
  url: 'https://shop.example.com',
  at: NOW + 60_000,
  revision: 42,
  published: 42,
  environments: ENVIRONMENTS,
  figures: [figure('main', 120.34, 0.12, 43), figure('canary', 6.1, 2.5, 51)],
  services: [DOWN, { ...DOWN, environment: 'main', state: 'Healthy' }],
  rollouts: [asRead({})],
  lastRollout: toSummary(
    exampleRollout({ id: 6, endedAt: NOW, phase: 'rolledBack', phaseText: 'rolled back' }),
  ),
  shadows: [SHADOW],
  waiting: [],
  last: LAST,
}

function figure(environment: string, perSecond: number, failedPercent: number, ms: number) {
  const p95 = { kind: 'about' as const, ms }
  return { environment, visitors: 10, requests: 600, perSecond, failedPercent, p95 }
}
