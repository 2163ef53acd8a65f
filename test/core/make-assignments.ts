// Assignments in their compiled form, and facts of a request, for tests of the decision: a public
// main and canary, an old open version, a restricted qa and dev that nobody may see unasked, and pr-12, a
// preview that is seen under its host name once a test gives it one.

import { BUCKETS, toOwners, toRanges, type Weights } from '../../src/core/traffic.ts'
import type { Assignments, Environment, RequestFacts, Rule, Version } from '../../src/core/types.ts'

export const makeVersion = (id: string, other: Partial<Version> = {}): Version => ({
  id,
  manifest: '0'.repeat(64),
  services: [],
  open: true,
  openIn: new Map([['main', 'bucket']]),
  withdrawn: false,
  ...other,
})

/** Nobody ever came to it, or only by a host name. */
const closed = (...openIn: [string, 'host'][]) => ({ open: false, openIn: new Map(openIn) })

const VERSIONS = {
  old: makeVersion('1.0.0'),
  main: makeVersion('2.0.0'),
  canary: makeVersion('3.0.0', { openIn: new Map([['canary', 'bucket']]) }),
  bad: makeVersion('2.5.0', { withdrawn: true }),
  qa: makeVersion('4.0.0', closed()),
  dev: makeVersion('5.0.0-dev', closed()),
  preview: makeVersion('7.0.0-pr', closed(['pr-12', 'host'])),
  earlierPreview: makeVersion('6.9.0-pr', closed(['pr-12', 'host'])),
  unused: makeVersion('6.0.0', closed()),
}

const ENVIRONMENTS = {
  main: { name: 'main', version: VERSIONS.main, restricted: false },
  canary: { name: 'canary', version: VERSIONS.canary, restricted: false },
  qa: { name: 'qa', version: VERSIONS.qa, restricted: true },
  dev: { name: 'dev', version: VERSIONS.dev, restricted: true },
  'pr-12': { name: 'pr-12', version: VERSIONS.preview, restricted: false },
}
export type Name = keyof typeof ENVIRONMENTS

export type Wish = {
  readonly traffic?: Weights
  readonly rules?: readonly (Pick<Rule, 'name' | 'test'> & { readonly environment: Name })[]
  readonly hosts?: Readonly<Record<string, Name>>
}

export function makeAssignments({
  traffic = { main: 50, canary: 50 },
  rules = [],
  hosts = {},
}: Wish = {}): Assignments {
  const environments = new Map<string, Environment>(Object.entries(ENVIRONMENTS))
  const owners = toOwners(toRanges(traffic))
  return {
    revision: 7,
    salt: 'shop',
    environments,
    hosts: new Map(Object.entries(hosts).map(([host, name]) => [host, ENVIRONMENTS[name]])),
    rules: rules.map((rule) => ({ ...rule, environment: ENVIRONMENTS[rule.environment] })),
    buckets: Array.from(
      { length: BUCKETS },
      (_, bucket) => environments.get(owners[bucket] ?? '') ?? ENVIRONMENTS.main,
    ),
    first: ENVIRONMENTS.main,
    versions: new Map(Object.values(VERSIONS).map((version) => [version.id, version])),
  }
}

export function makeFacts(other: Partial<RequestFacts> = {}): RequestFacts {
  return {
    method: 'GET',
    host: 'shop.example.com',
    path: '/',
    kind: 'document',
    visitor: 'ada',
    anonymous: false,
    current: false,
    crawler: false,
    pin: undefined,
    attributes: { header: {}, cookie: {}, query: {} },
    grants: new Set(),
    ...other,
  }
}
