// A valid document as the tables a request is decided with: done once per revision.

import { compileCondition } from '../core/conditions.ts'
import { murmur3Text } from '../core/murmur3.ts'
import { toOwners, toRanges, type Weights } from '../core/traffic.ts'
import type { Assignments, Environment, Service, Version } from '../core/types.ts'
import { normaliseOrigin } from './origin.ts'
import type { AssignmentsDocument, VisitorSource } from './schema.ts'

/** Which of Holo's headers are sent, after defaults. */
export type Expose = {
  readonly response: ReadonlySet<'version' | 'environment' | 'bucket' | 'timing'>
  readonly backend: ReadonlySet<'version' | 'environment' | 'visitor'>
}

/** All that a revision says. Below this line there are no defaults. */
export type Compiled = Assignments & {
  /** Open versions, newest first: where hashed assets of older and newer pages are found. */
  readonly openVersions: readonly Version[]
  readonly visitor: VisitorSource | undefined
  readonly expose: Expose
  /** The name of this Holo in `CDN-Loop` (RFC 8586 section 2): another salt, another Holo. */
  readonly loopId: string
}

/** Longest wait for the first byte of a service that sets none of its own. */
const DEFAULT_SERVICE_TIMEOUT_MS = 30_000

/** Compiles a document that `parseAssignments` has accepted. */
export function compileAssignments(document: AssignmentsDocument): Compiled {
  const pointedAt = new Set(
    Object.values(document.environments)
      .filter(({ restricted }) => !restricted)
      .map(({ version }) => version),
  )
  const versions = new Map<string, Version>()
  for (const [id, { manifest, services = [], open, withdrawn }] of Object.entries(
    document.versions,
  )) {
    versions.set(id, {
      id,
      manifest,
      services: services.map(compileService).sort((a, b) => b.prefix.length - a.prefix.length),
      open: open === true || pointedAt.has(id),
      withdrawn: withdrawn === true,
    })
  }
  const environments = new Map<string, Environment>()
  const hosts = new Map<string, Environment>()
  for (const [name, { version, restricted, hosts: names = [] }] of Object.entries(
    document.environments,
  )) {
    const environment = {
      name,
      version: get(versions, version),
      restricted: restricted === true,
    }
    environments.set(name, environment)
    for (const host of names) hosts.set(host, environment)
  }
  const owners = toOwners(
    isPercentages(document.traffic) ? toRanges(document.traffic) : document.traffic,
  )
  return {
    revision: document.revision,
    salt: document.salt,
    environments,
    hosts,
    rules: (document.rules ?? []).map(({ name, environment, when }) => ({
      name,
      environment: get(environments, environment),
      test: compileCondition(when, name),
    })),
    buckets: owners.map((name) => get(environments, name ?? '')),
    first: toFirst(environments),
    versions,
    openVersions: toNewestFirst(document, versions).filter(({ open }) => open),
    visitor: document.visitor,
    expose: {
      response: new Set(
        document.expose?.response ?? ['version', 'environment', 'bucket', 'timing'],
      ),
      backend: new Set(document.expose?.backend ?? ['version', 'environment', 'visitor']),
    },
    loopId: `holo-${murmur3Text(document.salt).toString(16)}`,
  }
}

/** A service as the document has it, with its defaults. */
export function compileService(service: DocumentService): Service {
  const { prefix, origins, timeoutMs, stripPrefix, maxBodyBytes, fallback } = service
  return {
    prefix,
    origins: origins.map(normaliseOrigin),
    timeoutMs: timeoutMs ?? DEFAULT_SERVICE_TIMEOUT_MS,
    // There is nothing to take off a path of `/`.
    stripPrefix: stripPrefix === true && prefix !== '/',
    maxBodyBytes: maxBodyBytes ?? Number.POSITIVE_INFINITY,
    fallback,
  }
}
type DocumentService = NonNullable<AssignmentsDocument['versions'][string]['services']>[number]

/** By time of publication; where none is known, what was written later is newer. */
function toNewestFirst(
  document: AssignmentsDocument,
  versions: ReadonlyMap<string, Version>,
): Version[] {
  const published = (id: string) => Date.parse(document.versions[id]?.published ?? '') || 0
  return [...versions.values()].reverse().sort((a, b) => published(b.id) - published(a.id))
}

function toFirst(environments: ReadonlyMap<string, Environment>): Environment {
  for (const environment of environments.values()) if (!environment.restricted) return environment
  throw new TypeError('a document has at least one public environment')
}

function isPercentages(traffic: Weights | AssignmentsDocument['traffic']): traffic is Weights {
  return Object.values(traffic).every((share) => typeof share === 'number')
}

function get<T>(map: ReadonlyMap<string, T>, key: string): T {
  const value = map.get(key)
  if (value === undefined) throw new TypeError(`the document names "${key}" and does not define it`)
  return value
}
