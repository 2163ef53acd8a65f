// What single functions of the core cost, called in this process: the decision by the number of
// rules, the hash of visitors, looking up a path in small and large manifests, and evaluating all of 200 flags.

import { createHash } from 'node:crypto'
import { decide } from '../../src/core/decide.ts'
import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import { type Manifest, openManifest } from '../../src/core/site/manifest.ts'
import { bucketOf } from '../../src/core/traffic.ts'
import type { Assignments, RequestFacts } from '../../src/core/types.ts'
import { compileAssignments } from '../../src/document/compile.ts'
import { type CompiledFlags, compileFlags } from '../../src/document/compile-flags.ts'
import { formatProblems, parseAssignments } from '../../src/document/parse.ts'
import { evaluateFlag, loadEvaluator } from '../../src/flags/evaluate.ts'
import { type Effort, type Timing, toTiming } from './results.ts'
import { interleave } from './rounds.ts'

await loadEvaluator()

const RULES = [0, 10, 200] as const
const AIM_200_RULES_NS = 20_000
const FLAGS = 200
const AIM_200_FLAGS_NS = 2_000_000
/** The longest time of a turn: short enough for many rounds. */
const LONGEST_TURN_MS = 100
/** Calls between two readings of the clock. */
const BATCH = 64
const CONFIG = { htmlHandling: 'auto-trailing-slash', notFound: 'none' } as const

export async function measureInProcess(
  { rounds, secondsPerTurn }: Effort,
  say: (line: string) => void,
): Promise<Timing[]> {
  say('in process: making manifests')
  const small = makeManifest(100)
  const large = makeManifest(100_000)
  const turnMs = Math.min(LONGEST_TURN_MS, secondsPerTurn * 1000)
  const turn = (call: (n: number) => unknown) => () => measureCall(call, turnMs)
  const toDecisions = (name: string, assignments: Assignments) => {
    if (decide(FACTS, assignments).reason !== 'bucket') throw new Error('a rule matches')
    return [name, turn(() => decide(FACTS, assignments))] as const
  }
  const decisions = [
    ...RULES.map((count) =>
      toDecisions(`decide, ${count} rules`, makeAssignments(count, CONDITIONS)),
    ),
    toDecisions('decide, 200 indexed rules', makeAssignments(200, INDEXED_CONDITIONS)),
  ]
  const flags = makeFlags()
  const measured = await interleave(
    {
      ...Object.fromEntries(decisions),
      bucketOf: turn((n) => bucketOf('bench', `7Jx0cV2kQm6sR1uWb9${n % 9000}`)),
      'manifest of 100 files, hit': turn((n) => small.find(toPath(n % 100))),
      'manifest of 100 files, miss': turn((n) => small.find(toPath(-1 - (n % 100)))),
      'manifest of 100,000 files, hit': turn((n) => large.find(toPath((n * 7919) % 100_000))),
      'manifest of 100,000 files, miss': turn((n) => large.find(toPath(-1 - (n % 100_000)))),
      'manifest of 100,000 files, opened': turn(() => openManifest(large.bytes)),
      [`${FLAGS} flags, evaluated`]: turn((n) => evaluateAll(flags, n)),
    },
    rounds,
    (round) => say(`in process, round ${round} of ${rounds}`),
  )
  return Object.entries(measured).map(([name, ns]) => toTiming(name, ns, AIMS[name]))
}

const AIMS: Readonly<Record<string, number>> = {
  'decide, 200 rules': AIM_200_RULES_NS,
  [`${FLAGS} flags, evaluated`]: AIM_200_FLAGS_NS,
}

/** Each has a rule that does not match, and shares its visitors out. */
function makeFlags(): CompiledFlags {
  const flags = Array.from({ length: FLAGS }, (_, n) => {
    const condition = { ends_with: [{ var: 'email' }, `@team-${n}.example.com`] }
    const targeting = {
      if: [
        condition,
        'on',
        {
          fractional: [
            ['on', 10],
            ['off', 90],
          ],
        },
      ],
    }
    const variants = { on: true, off: false }
    return [`flag-${n}`, { state: 'ENABLED' as const, variants, targeting }] as const
  })
  const compiled = compileFlags({ flags: Object.fromEntries(flags) })
  if (!compiled) throw new Error('there are flags')
  return compiled
}

/** As a bulk evaluation does it, with its JSON. */
function evaluateAll(flags: CompiledFlags, n: number): string {
  const context = { targetingKey: `visitor-${n % 9000}`, email: 'anna@example.com' }
  const place = { environment: 'main', version: '1.0.0' }
  const all = [...flags.definitions.keys()].map((key) => evaluateFlag(flags, key, context, place))
  return JSON.stringify(all)
}

/** Keeps the results of calls, so that the engine cannot remove a call as unused. */
let kept: unknown

/** Nanoseconds of one call, its argument counted up from 0. */
function measureCall(call: (n: number) => unknown, ms: number): number {
  const startedAt = performance.now()
  let calls = 0
  let elapsed = 0
  while (elapsed < ms) {
    for (let i = 0; i < BATCH; i++) kept = call(calls++)
    elapsed = performance.now() - startedAt
  }
  if (kept === null) throw new Error('a measured function returns something')
  return (elapsed * 1e6) / calls
}

function toPath(file: number): string {
  return `/assets/chunk-${file}-3f9a1c07.js`
}

/** Every file with two encodings. */
function makeManifest(files: number): Manifest {
  const entries = Array.from({ length: files }, (_, file) => {
    const blob = createHash('sha256').update(String(file)).digest('hex')
    return {
      path: toPath(file),
      type: 'text/javascript; charset=utf-8',
      hashed: true,
      blob,
      size: 40_000,
      encodings: [
        { encoding: 'br' as const, blob, size: 10_000 },
        { encoding: 'gzip' as const, blob, size: 12_000 },
      ],
    }
  })
  const opened = openManifest(encodeManifest(entries, CONFIG))
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

/** One condition of each kind; `n` makes conditions of one kind different. */
const CONDITIONS: readonly ((n: number) => object)[] = [
  (n) => ({ '==': [{ var: 'cookie.team' }, `team-${n}`] }),
  (n) => ({ in: [{ var: 'country' }, ['IS', 'NO', 'SE', 'DK', 'FI', `X${n}`]] }),
  (n) => ({ starts_with: [{ var: 'path' }, `/beta-${n}/`] }),
  (n) => ({ '==': [{ var: 'query.preview' }, String(n)] }),
  (n) => ({
    and: [{ '==': [{ var: 'method' }, 'GET'] }, { '==': [{ var: 'host' }, `h${n}.example.com`] }],
  }),
  (n) => ({ glob: [{ var: 'path' }, `/shop/*/reviews-${n}/**`] }),
  (n) => ({ sem_ver: [{ var: 'header.x-app-version' }, '>=', `3.${n}.0`] }),
  (n) => ({ cidr: [{ var: 'ip' }, [`10.${n}.0.0/16`, `2001:db8:${n}::/48`]] }),
  (n) => ({ percentage: [{ var: 'visitor' }, 0, `seed-${n}`] }),
  (n) => ({
    or: [{ in: [`bot-${n}`, { var: 'header.user-agent' }] }, { '<': [{ var: 'bucket' }, 0] }],
  }),
]

/** Conditions that are looked up and not tried. */
const INDEXED_CONDITIONS: readonly ((n: number) => object)[] = [
  (n) => ({ '==': [{ var: 'cookie.team' }, `team-${n}`] }),
  (n) => ({ '==': [{ var: 'header.x-app-version' }, `3.${n}.0`] }),
  (n) => ({ '==': [{ var: 'host' }, `h${n}.example.com`] }),
  (n) => ({ starts_with: [{ var: 'path' }, `/beta-${n}/`] }),
]

/** @throws Error when the document is not valid. */
function makeAssignments(
  rules: number,
  conditions: readonly ((n: number) => object)[],
): Assignments {
  const document = {
    schema: 1,
    revision: 1,
    salt: 'bench',
    environments: { main: { version: '1.0.0' }, canary: { version: '1.1.0' } },
    traffic: { main: 95, canary: 5 },
    rules: Array.from({ length: rules }, (_, rule) => ({
      name: `rule ${rule}`,
      environment: 'canary',
      when: conditions[rule % conditions.length]?.(Math.floor(rule / conditions.length)),
    })),
    versions: {
      '1.0.0': { manifest: '0'.repeat(64) },
      '1.1.0': { manifest: '1'.repeat(64) },
    },
  }
  const parsed = parseAssignments(JSON.stringify(document), { allowInsecure: false })
  if (!parsed.ok) throw new Error(formatProblems(parsed.error))
  return compileAssignments(parsed.value)
}

/** A request of a returning visitor for a page. No rule matches it, so a decision evaluates all of them. */
const FACTS: RequestFacts = {
  method: 'GET',
  host: 'shop.example.com',
  path: '/shop/shoes/trail-runner-7',
  kind: 'document',
  visitor: '7Jx0cV2kQm6sR1uWb9ZtYA',
  anonymous: false,
  current: false,
  crawler: false,
  pin: undefined,
  attributes: {
    header: {
      accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      'accept-language': 'en-GB,en;q=0.9',
      'user-agent':
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36',
      'x-app-version': '2.14.3',
    },
    cookie: { 'holo-visitor': '7Jx0cV2kQm6sR1uWb9ZtYA', team: 'none', basket: 'b-1929' },
    query: { utm_source: 'letter' },
    ip: '203.0.113.77',
    country: 'DE',
    region: 'Berlin',
    city: 'Berlin',
    asn: 64_496,
    colo: 'TXL',
  },
  grants: new Set(),
}
