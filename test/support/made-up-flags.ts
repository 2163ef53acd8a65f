// Replies of the API about flags: one with an experiment, one that nobody meets the targeting of, one that no version
// mentions, and one that is off.

import { type Answers, LOOKED_AT, type Reply } from './made-up-site.ts'

const MINUTE_MS = 60_000
const AT = new Date(LOOKED_AT - MINUTE_MS).toISOString()

const count = (flag: string, variant: string, reason: string, lastHour: number) => ({
  flag,
  variant,
  reason,
  count: 90 * lastHour,
  lastHour,
  lastDay: 22 * lastHour,
  lastAt: AT,
})

const MENTIONED = ['new-checkout', 'search', 'delivery']

/** @param site what the flags are added to: its versions mention all flags but one. */
export function makeUpFlagged(site: Answers): Answers {
  const { versions } = site['GET /versions'] as Reply<'GET /versions'>
  return {
    ...site,
    'GET /flags': {
      revision: 12,
      flags: {
        'new-checkout': {
          state: 'ENABLED',
          variants: { on: true, off: false },
          defaultVariant: 'off',
          targeting: {
            fractional: [
              ['on', 50],
              ['off', 50],
            ],
          },
          public: true,
          experiment: { metrics: ['goal.order', 'errors'], base: 'off' },
        },
        search: {
          state: 'ENABLED',
          variants: { old: { url: '/old' }, new: { url: '/new' } },
          defaultVariant: 'old',
          targeting: { if: [{ ends_with: [{ var: 'email' }, '@example.com'] }, 'new'] },
        },
        delivery: {
          state: 'DISABLED',
          variants: { slow: 2, fast: 1 },
          defaultVariant: 'slow',
          backend: true,
        },
        'summer-sale': {
          state: 'ENABLED',
          variants: { on: true, off: false },
          defaultVariant: 'on',
          public: true,
        },
      },
      $evaluators: {},
      metadata: {},
    },
    'GET /flags/counts': {
      counts: [
        count('new-checkout', 'on', 'TARGETING_MATCH', 412),
        count('new-checkout', 'off', 'TARGETING_MATCH', 398),
        count('search', 'old', 'DEFAULT', 120),
        count('delivery', '', 'DISABLED', 7),
      ],
      lost: 0,
    },
    'GET /experiments': {
      experiments: [
        {
          flag: 'new-checkout',
          metrics: ['goal.order', 'errors'],
          base: 'off',
          weights: { on: 50, off: 50 },
          since: LOOKED_AT - 3 * 24 * 60 * MINUTE_MS,
          comparisons: [
            {
              variant: 'on',
              outcome: 'better',
              sentence:
                '"on" is better than "off": 412 of 2,010 visitors of "on" reached the goal "order", 300 of 1,985 of "off"; by chance alone: less than 1 in 870',
              visitors: [1985, 2010],
            },
          ],
        },
      ],
    },
    'GET /versions': {
      revision: 12,
      versions: versions.map((version) => ({
        ...version,
        record: {
          ...{ id: version.id, manifest: 'a'.repeat(64), services: [], files: 12, bytes: 90_000 },
          createdAt: AT,
          flagKeys: { found: MENTIONED, missing: ['summer-sale'] },
        },
      })),
    },
  }
}
