// What a made-up site knows of its shadows: one that runs and differs, with noise and gaps in its counts, and one of
// earlier versions that was stopped.

import { type Answers, LOOKED_AT, type Reply } from './made-up-site.ts'

type Pair = Reply<'GET /shadow'>['shadows'][number]
type Route = Pair['routes'][number]
type Difference = Route['differences'][number]
type Soak = Reply<'GET /shadow/soaks'>['soaks'][number]

const MINUTE_MS = 60_000

const example = (minutes: number, request: string, base: string, shadow: string) => ({
  at: LOOKED_AT - minutes * MINUTE_MS,
  ...{ request, base, shadow },
})

const difference = (
  kind: Difference['kind'],
  place: string,
  rate: number,
  examples: Difference['examples'] = [],
): Difference => ({
  ...{ kind, place, rate, examples },
  count: Math.max(12, Math.round(rate * 600)),
  noise: rate === 0 ? 3 : 0,
  isNoise: rate === 0,
})

/** The counts of a soak. */
const NOT_REPEATED = { repeated: 0, failed: 3, baseFailed: 0, late: 5, baseLate: 4 }

const route = (name: string, rate: number, differences: Route['differences'] = []): Route => ({
  ...{ service: '/api/', route: name, rate, differences },
  ...{ copied: 600, skipped: 8, compared: 600, differing: Math.round(rate * 600) },
  ...{ baselines: 60, noisy: 1, baseMs: 31, shadowMs: 40 },
  ...NOT_REPEATED,
})

const DIFFERING: Pair = {
  ...{ from: 'main', base: '1.0.0', to: 'canary', shadow: '1.1.0' },
  since: LOOKED_AT - 200 * MINUTE_MS,
  lastAt: LOOKED_AT - MINUTE_MS / 2,
  ...{ copied: 1840, skipped: 25, compared: 1822, differing: 42, baselines: 180, noisy: 3 },
  ...{ rate: 0.021, baseMs: 34, shadowMs: 41, lost: 7 },
  ...NOT_REPEATED,
  routes: [
    route('GET /api/items/:id', 0.063, [
      difference('json', 'items[].price', 0.063, [
        example(2, '9c1f03d27a5e8b46', '49.5', '4950'),
        example(31, '11aa03d27a5e8b46', '12', '1200'),
      ]),
      difference('header', 'content-type', 0.02, [
        example(4, '77bb03d27a5e8b46', 'application/json; charset=utf-8', 'text/plain'),
      ]),
      difference('json', 'served', 0),
    ]),
    route('GET /api/search', 0.012, [
      difference('status', '200 → 500', 0.012, [example(8, '55cc03d27a5e8b46', '200', '500')]),
    ]),
    route('HEAD /api/items/:id', 0.004, [difference('failure', 'origin_timeout', 0.004)]),
    route('GET /api/basket', 0, [difference('latency', '', 0)]),
    route('GET /api/user', 0),
  ],
}

const EARLIER: Pair = {
  ...DIFFERING,
  ...{ base: '0.9.0', rate: 0, differing: 0, baselines: 0, noisy: 0, lost: 0, skipped: 0 },
  ...{ copied: 400, compared: 400 },
  since: LOOKED_AT - 4000 * MINUTE_MS,
  lastAt: LOOKED_AT - 3000 * MINUTE_MS,
  routes: [route('GET /api/user', 0)],
}

const step = (percent: number, failed: number, late: number): Soak['steps'][number] => ({
  ...{ percent, load: percent * 0.4, seconds: 60, copied: 400, repeated: 0, skipped: 0 },
  ...{ compared: 390, failed, baseFailed: 0, late, baseLate: 0 },
  verdict: failed > 10 ? 'bad' : 'good',
})

export const SOAK: Soak = {
  ...{ from: 'main', base: '1.0.0', to: 'canary', shadow: '1.1.0' },
  startedAt: LOOKED_AT - 90 * MINUTE_MS,
  endedAt: LOOKED_AT - 70 * MINUTE_MS,
  toldAt: LOOKED_AT - 70 * MINUTE_MS,
  ...{ first: 10, max: 100, outcome: 'suffers', found: { percent: 31.7, load: 12.7 } },
  // Narrowed down at the end, so not in the order of the loads.
  steps: [step(10, 0, 0), step(15, 0, 0), step(22.5, 1, 1)].concat([
    ...[step(33.8, 20, 47), step(28.2, 1, 2), step(31, 2, 3), step(32.4, 12, 27)],
  ]),
}

/** The site with a shadow of `main` that copies, and one of `canary` that is stopped. */
export function makeUpShadowed(site: Answers): Answers {
  const document = site['GET /assignments'] as unknown as {
    environments: Record<string, { version: string }>
  }
  const { main, canary, ...others } = document.environments
  return {
    ...site,
    'GET /shadow': { shadows: [DIFFERING, EARLIER], now: LOOKED_AT },
    'GET /shadow/soaks': { soaks: [SOAK] },
    'GET /assignments': {
      ...document,
      environments: {
        main: { ...main, shadow: { to: 'canary', percent: 10, paths: ['/api/**'] } },
        canary: {
          ...canary,
          shadow: {
            ...{ to: 'main', percent: 2.5, by: 'request', off: true },
            ...{ methods: ['GET', 'POST'], credentials: ['authorization'] },
          },
        },
        ...others,
      },
    } as unknown as Reply<'GET /assignments'>,
  }
}
