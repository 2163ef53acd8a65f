// A document with as many rules as wanted, of the kinds that teams write, and a request that none of
// them matches: the longest walk that a decision can take.

import type { Assignments, RequestFacts } from '../../src/core/types.ts'
import { compileAssignments } from '../../src/document/compile.ts'
import { formatProblems, parseAssignments } from '../../src/document/parse.ts'

/** One of each kind; `n` tells rules of one kind apart. */
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

/** @throws Error when the document is not valid. */
export function makeAssignments(rules: number): Assignments {
  const document = {
    schema: 1,
    revision: 1,
    salt: 'bench',
    environments: { main: { version: '1.0.0' }, canary: { version: '1.1.0' } },
    traffic: { main: 95, canary: 5 },
    rules: Array.from({ length: rules }, (_, rule) => ({
      name: `rule ${rule}`,
      environment: 'canary',
      when: CONDITIONS[rule % CONDITIONS.length]?.(Math.floor(rule / CONDITIONS.length)),
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

/** A page that a returning visitor opens. */
export const FACTS: RequestFacts = {
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
