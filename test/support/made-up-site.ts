// A made-up site for the dashboard: replies of the API that a page gets instead of those of a running Holo. Every
// field is of the type of the API, and every time is the same in each run.

import type { Page, Route } from 'playwright-core'
import { PRESETS } from '../../src/core/rollout/plan.ts'
import type { Operations } from '../../src/dashboard/api/operations.ts'

/** The moment at which pages are looked at. */
export const LOOKED_AT = Date.UTC(2026, 10, 26, 14, 30)
const MINUTE_MS = 60_000
const WINDOW_MS = 10_000
const HOUR_WINDOWS = 360
const API = '/.holo/api'

type Name = keyof Operations
export type Reply<N extends Name> = Operations[N]['reply']

/** What a call is answered: a reply, what makes one, a problem, or nothing at all for as long as the page waits. */
type Answer<N extends Name> = Reply<N> | ((url: URL) => Reply<N>) | Problem | typeof NEVER
export type Answers = { readonly [N in Name]?: Answer<N> }

export const NEVER = 'never'

export type Problem = {
  readonly problem: {
    readonly status: number
    readonly code: string
    readonly title: string
    readonly detail?: string
    readonly requestId?: string
    readonly problems?: readonly { readonly path: string; readonly message: string }[]
  }
}

export const CONTROL_DOWN: Problem = {
  problem: {
    status: 503,
    code: 'control_unavailable',
    title: 'The control does not answer: nothing was changed.',
    requestId: 'r-1',
  },
}

export const NO_DOCUMENT: Problem = {
  problem: { status: 404, code: 'no_document', title: 'There is no document yet.' },
}

/** Answers every call of the API from `answers`, which may be changed meanwhile. Nothing of it reaches a server. */
export async function answerFrom(page: Page, answers: Answers): Promise<void> {
  await page.route(
    (url) => url.pathname.startsWith(`${API}/`),
    async (route) => {
      const url = new URL(route.request().url())
      const path = url.pathname.slice(API.length)
      const answer = findAnswer(answers, route.request().method(), path)
      if (answer === NEVER) return
      if (answer === undefined)
        return refuse(route, { status: 404, code: 'not_found', title: 'None' })
      if (isProblem(answer)) return refuse(route, answer.problem)
      const reply = typeof answer === 'function' ? answer(url) : answer
      await route.fulfill({ json: reply })
    },
  )
  // Without a channel the page asks, which is answered as well.
  await page.routeWebSocket(/live$/, (channel) => channel.close())
}

function findAnswer(answers: Answers, method: string, path: string) {
  const all = Object.entries(answers) as [Name, Answer<'GET /rollouts'> | undefined][]
  return all.find(([name]) => {
    const [of, pattern = ''] = name.split(' ')
    return of === method && new RegExp(`^${pattern.replace(/\{\w+\}/g, '[^/]+')}$`).test(path)
  })?.[1]
}

function isProblem(answer: unknown): answer is Problem {
  return typeof answer === 'object' && answer !== null && 'problem' in answer
}

function refuse(route: Route, problem: Problem['problem']): Promise<void> {
  return route.fulfill({
    status: problem.status,
    contentType: 'application/problem+json',
    body: JSON.stringify(problem),
  })
}

export type SiteSize = {
  readonly environments?: number
  /** How many of them have a share of the visitors. */
  readonly shared?: number
  readonly versions?: number
  readonly entries?: number
  readonly flags?: number
  readonly scopes?: Reply<'GET /whoami'>['scopes']
  /** The name of one environment and of one version. */
  readonly longName?: string
}

type Series = Reply<'GET /metrics'>['points'][number]['series'][number]

/** A site of a size, healthy, with an hour of counts, and nothing that runs. */
export function makeUpSite({
  environments: count = 2,
  shared = count,
  versions: versionCount = 3,
  entries = 8,
  flags: flagCount = 0,
  scopes = ['admin'],
  longName,
}: SiteSize = {}): Answers {
  const names = Array.from({ length: count }, (_, i) =>
    i === 1 && longName ? longName : (['main', 'canary'][i] ?? `environment-${i}`),
  )
  const toVersion = (i: number) => (i === 1 && longName ? longName : `1.${i}.0`)
  const environments = names.map((name, i) => ({
    name,
    version: toVersion(i % versionCount),
    restricted: i >= shared && i % 5 === 0,
    hosts: i % 7 === 1 ? [`${i === 1 && longName ? 'new' : name}.example.com`] : [],
    percent: toShare(i, shared),
  }))
  const reached = environments.filter(({ percent }) => percent > 0)
  const versions = Array.from({ length: versionCount }, (_, i) =>
    makeUpVersion(toVersion(i), i, environments),
  )
  return {
    'GET /whoami': { actor: 'ada', kind: 'session', scopes },
    'GET /environments': { revision: 12, environments },
    'GET /health': {
      status: 'ok',
      control: {
        revision: 12,
        published: 12,
        callsPerSecond: 1,
        nextMs: 0,
        overwritten: 0,
        fill: [],
        lost: { files: 0, versions: [] },
      },
    },
    'GET /health/services': {
      environments: reached.map(({ name }) => ({
        environment: name,
        state: 'Healthy',
        since: LOOKED_AT - 90 * MINUTE_MS,
        why: 'every probe was answered',
      })),
      services: reached.map(({ name, version }) => ({
        environment: name,
        version,
        prefix: '/api/',
        state: 'Healthy',
        since: LOOKED_AT - 90 * MINUTE_MS,
        why: 'every probe was answered',
        origins: [
          {
            origin: 'https://api.example.com',
            path: '/health',
            state: 'Healthy',
            since: LOOKED_AT - 90 * MINUTE_MS,
            why: 'every probe was answered',
          },
        ],
      })),
      down: [],
    },
    'GET /flags': { revision: 12, flags: makeUpFlags(flagCount), $evaluators: {}, metadata: {} },
    'GET /rollouts': { rollouts: [] },
    'GET /shadow': { shadows: [], now: LOOKED_AT },
    'GET /shadow/soaks': { soaks: [] },
    'GET /revisions': {
      revisions: [12, 11, 10, 9, 8].map((revision) => ({
        revision,
        digest: 'd'.repeat(64),
        at: LOOKED_AT - (13 - revision) * 11 * MINUTE_MS,
        actor: 'ada',
        action: revision === 10 ? 'rollback' : 'shift',
        ...(revision === 12 ? { reason: 'more of it' } : {}),
      })),
    },
    'GET /versions': { revision: 12, versions },
    'GET /versions/{version}': versions[0] as Reply<'GET /versions/{version}'>,
    'GET /metrics': (url) => {
      const from = Number(url.searchParams.get('from') ?? 0)
      const all = makeUpCounts(reached)
      const visitors = Object.fromEntries(
        reached.map(({ name, percent }) => [name, Math.ceil(9 * percent)]),
      )
      return { points: all.filter(({ at }) => at >= from), visitors, compared: [], losses: {} }
    },
    'GET /events': { events: [], next: 1, missed: 0 },
    'GET /audit': (url) => {
      const before = Number(url.searchParams.get('before') ?? entries + 1)
      const from = Math.max(0, before - 1 - Number(url.searchParams.get('limit') ?? 100))
      const rows = Array.from({ length: Math.max(0, before - 1 - from) }, (_, i) =>
        makeUpEntry(before - 1 - i),
      )
      return { rows, ...(from > 0 ? { next: from + 1 } : {}) }
    },
    'POST /rollouts': {
      revision: 13,
      digest: 'd'.repeat(64),
      changed: false,
      moved: [],
      plan: PRESETS.standard,
    } as unknown as Reply<'POST /rollouts'>,
    'GET /assignments': {
      schema: 1,
      revision: 12,
      salt: 'made-up',
      environments: Object.fromEntries(
        environments.map(({ name, version }) => [name, { version }]),
      ),
      traffic: Object.fromEntries(environments.map(({ name, percent }) => [name, percent])),
      rules: [
        {
          name: 'staff first',
          environment: 'canary',
          when: { '==': [{ var: 'cookie.staff' }, '1'] },
        },
      ],
      versions: {},
    } as unknown as Reply<'GET /assignments'>,
  }
}

/** The first has most of the visitors, the others the same each. */
function toShare(i: number, shared: number): number {
  if (i >= shared) return 0
  const each = shared === 1 ? 0 : Math.max(0.5, Math.floor(1000 / (shared - 1)) / 100)
  return i === 0 ? 100 - each * (shared - 1) : each
}

function makeUpFlags(count: number): Reply<'GET /flags'>['flags'] {
  const flag = (i: number) => ({
    state: i % 3 === 0 ? 'DISABLED' : 'ENABLED',
    variants: { on: true, off: false },
    defaultVariant: 'off',
    targeting: { if: [{ '==': [{ var: 'plan' }, `plan-${i}`] }, 'on'] },
    public: i % 2 === 0,
  })
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`flag-${i}`, flag(i)]))
}

function makeUpVersion(
  id: string,
  i: number,
  environments: readonly { readonly name: string; readonly version: string }[],
): Reply<'GET /versions'>['versions'][number] {
  const of = environments.filter(({ version }) => version === id).map(({ name }) => name)
  return {
    id,
    manifest: 'a'.repeat(64),
    services: [],
    open: of.length > 0,
    openIn: {},
    withdrawn: i % 40 === 39,
    published: new Date(LOOKED_AT - (i + 1) * 150 * MINUTE_MS).toISOString(),
    environments: of,
    retained: { why: of.length > 0 ? 'pointed-at' : 'latest' },
    drain: {
      state: of.length > 0 ? 'inUse' : 'drained',
      why: of.length > 0 ? 'environments point at it' : 'nobody has asked it for an hour',
      lastRequestAt: LOOKED_AT - (i + 1) * MINUTE_MS,
      requestsLastHour: of.length > 0 ? 1200 : 0,
      tabs: of.length > 0 ? 12 : 0,
      drainedAt: of.length > 0 ? null : LOOKED_AT - 30 * MINUTE_MS,
      services: [],
    },
    record: {
      id,
      manifest: 'a'.repeat(64),
      services: [],
      files: 120 + i,
      bytes: 2_400_000 + i * 1000,
      createdAt: new Date(LOOKED_AT).toISOString(),
      commit: 'c0ffee'.repeat(6).slice(0, 40),
      author: i % 2 === 0 ? 'ada' : 'grace',
    } as never,
  }
}

const ACTIONS = ['shift', 'set-environment', 'rollback', 'rollout-start', 'set-rules'] as const

function makeUpEntry(seq: number): Reply<'GET /audit'>['rows'][number] {
  return {
    seq,
    at: LOOKED_AT - (5000 - seq) * MINUTE_MS,
    actor: seq % 3 === 0 ? 'grace' : 'ada',
    action: ACTIONS[seq % ACTIONS.length] ?? 'shift',
    detail: { weights: { canary: seq % 100 } },
    ...(seq % 4 === 0 ? { reason: `because of ${seq}` } : {}),
    revision: seq,
    requestId: `r-${seq}`,
    previous: '0'.repeat(64),
    hash: '1'.repeat(64),
    form: 2,
  }
}

/** An hour of windows, the same in each run, with waves so that charts have a form. */
export function makeUpCounts(
  environments: readonly {
    readonly name: string
    readonly version: string
    readonly percent: number
  }[],
  until: number = LOOKED_AT,
): Reply<'GET /metrics'>['points'] {
  return Array.from({ length: HOUR_WINDOWS }, (_, i) => ({
    at: until - (HOUR_WINDOWS - i) * WINDOW_MS,
    series: environments.map(({ name, version, percent }) =>
      makeUpSeries(name, version, percent, i),
    ),
    visitors: Object.fromEntries(
      environments.map(({ name, percent }) => [
        name,
        Math.round((60 + 25 * Math.sin(i / 25)) * (percent / 100)),
      ]),
    ),
  }))
}

function makeUpSeries(environment: string, version: string, percent: number, i: number): Series {
  const requests = Math.round((40 + 15 * Math.sin(i / 25) + 4 * Math.sin(i)) * (percent / 100) * 4)
  return {
    environment,
    version,
    requests,
    judged: requests,
    assigned: Math.round(requests / 5),
    failed: i % 90 === 0 ? 1 : 0,
    statuses: [0, requests, 0, 0, 0],
    failures: {},
    outcomes: {},
    sources: {},
    latency: [0, Math.ceil(requests / 2), Math.floor(requests / 3), 1, 0, 0, 0, 0, 0],
    firstByte: [
      ...Array(6).fill(0),
      ...[0, Math.ceil(requests / 4), Math.floor(requests / 4), Math.floor(requests / 3), 1],
      ...Array(14).fill(0),
    ],
    latencyMs: requests * 120,
    bytes: requests * 9000,
  }
}
