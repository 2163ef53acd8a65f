// Compiles a valid document to the tables with which requests are decided, once per revision.

import { compileCondition } from '../core/conditions.ts'
import { murmur3Text } from '../core/murmur3.ts'
import type { PreviewKeys } from '../core/previews.ts'
import { indexRules } from '../core/rule-index.ts'
import type { ShadowPlan } from '../core/shadow/plan.ts'
import { toOwners, toRanges, type Weights } from '../core/traffic.ts'
import type {
  Assignments,
  Environment,
  FrameworkPinNames,
  OpenedBy,
  Service,
  Version,
} from '../core/types.ts'
import { type CompiledBrowserReports, compileBrowserReports } from './compile-browser-reports.ts'
import { type CompiledFlags, compileFlags } from './compile-flags.ts'
import { compileMeasure, type Measure } from './compile-measure.ts'
import {
  type CompiledAdmission,
  compileAdmissions,
  compilePreviewHosts,
  compilePreviewKeys,
} from './compile-previews.ts'
import { compileShadows } from './compile-shadow.ts'
import { completeService } from './complete-service.ts'
import { listVisited, type Openness, readOpenness } from './open.ts'
import { normaliseOrigin } from './origin.ts'
import type { AssignmentsDocument, VisitorSource } from './schema.ts'
import type { PublishedService } from './service.ts'

/** Which of Holo's headers are sent, with defaults applied. */
export type Expose = {
  readonly response: ReadonlySet<'version' | 'environment' | 'bucket' | 'timing'>
  readonly backend: ReadonlySet<'version' | 'environment' | 'visitor'>
}

/** Everything that a revision says, with defaults applied. */
export type CompiledAssignments = Assignments & {
  /**
   * Versions that visitors had by bucket, in which files of older and newer pages are searched.
   * Those that have visitors now come first, then the newest.
   */
  readonly searched: readonly Version[]
  /**
   * The same for requests to host names of a public environment, by its name: versions that could
   * be seen in it come first, so that a preview finds the files of its own older pages.
   */
  readonly searchedIn: ReadonlyMap<string, readonly Version[]>
  /** Who is admitted to restricted environments by identity; empty for nobody. */
  readonly admissions: readonly CompiledAdmission[]
  /** Which links of previews count. */
  readonly previewKeys: PreviewKeys
  readonly visitor: VisitorSource | undefined
  /** Paths that apps poll to learn of a new version, besides those that Holo knows by name. */
  readonly polled: ReadonlySet<string>
  /** The environments whose pages get the script that pins each tab, by name. */
  readonly tabPinned: ReadonlySet<string>
  /** What browsers report. */
  readonly browserReports: CompiledBrowserReports
  /** Whether pages keep cookies in frames of other sites. */
  readonly embeddedCookies: boolean
  readonly expose: Expose
  /** What the team declares for the judge. */
  readonly measure: Measure
  /** Absent without flags. */
  readonly flags?: CompiledFlags | undefined
  /** Whose requests are copied to another environment, by the name of the environment. */
  readonly shadows: ReadonlyMap<string, ShadowPlan>
  /**
   * The name of this Holo in `CDN-Loop` (RFC 8586 section 2). It is made of the salt, so that every
   * Holo has its own.
   */
  readonly loopId: string
}

/** Compiles a document that `parseAssignments` has accepted. */
export function compileAssignments(document: AssignmentsDocument): CompiledAssignments {
  const openness = readOpenness(document)
  const versions = new Map<string, Version>()
  for (const [id, { manifest, services = [], withdrawn, frameworkPin }] of Object.entries(
    document.versions,
  )) {
    versions.set(id, {
      id,
      manifest,
      services: services.map(compileService).sort((a, b) => b.prefix.length - a.prefix.length),
      ...toOpen(get(openness, id), document),
      withdrawn: withdrawn === true,
      ...(frameworkPin && { frameworkId: frameworkPin.id }),
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
  const buckets = owners.map((name) => get(environments, name ?? ''))
  const served = new Set(buckets.map(({ version }) => version))
  const newestFirst = toNewestFirst(document, versions)
  const searched = newestFirst
    .filter(({ id, openIn }) => get(openness, id).isOpenAnywhere || isIn('bucket', openIn))
    .sort((a, b) => Number(served.has(b)) - Number(served.has(a)))
  const { rules: writtenRules = [] } = document
  const rules = writtenRules.map(({ name, environment, when }) => ({
    name,
    environment: get(environments, environment),
    test: compileCondition(when, name),
  }))
  return {
    revision: document.revision,
    salt: document.salt,
    environments,
    hosts,
    rules,
    candidates: indexRules(
      rules,
      writtenRules.map(({ when }) => when),
    ),
    buckets,
    first: toFirst(environments, buckets),
    versions,
    searched,
    searchedIn: new Map(
      [...new Set(hosts.values())]
        .filter(({ restricted }) => !restricted)
        .map(({ name }) => {
          const own = newestFirst.filter(({ openIn }) => openIn.has(name))
          return [name, [...new Set([...own, ...searched])]]
        }),
    ),
    admissions: compileAdmissions(document.environments),
    previewKeys: compilePreviewKeys(document.previews),
    previewHosts: compilePreviewHosts(document.previews, versions),
    frameworkPins: compileFrameworkPins(document, newestFirst),
    visitor: document.visitor,
    polled: new Set(document.polled),
    tabPinned: new Set(
      Object.entries(document.environments).flatMap(([name, { tabPins }]) =>
        (tabPins ?? document.tabPins) ? [name] : [],
      ),
    ),
    browserReports: compileBrowserReports(
      document.browserReports,
      document.environments,
      new Set(buckets.map(({ name }) => name)),
    ),
    embeddedCookies: document.embeddedCookies ?? true,
    expose: {
      response: new Set(
        document.expose?.response ?? ['version', 'environment', 'bucket', 'timing'],
      ),
      backend: new Set(document.expose?.backend ?? ['version', 'environment', 'visitor']),
    },
    measure: compileMeasure(document.measure),
    flags: compileFlags(document),
    shadows: compileShadows(document.environments),
    loopId: `holo-${murmur3Text(document.salt).toString(16)}`,
  }
}

/**
 * A service as requests are sent to it. A field of the document that the edge does not use stays
 * beside.
 */
export function compileService(published: PublishedService): Service {
  // The control probes; the edge does not.
  const { probe: _, ...service } = completeService(published)
  return {
    fallback: undefined,
    ...service,
    origins: service.origins.map(normaliseOrigin),
    // There is nothing to take off a path of `/`.
    stripPrefix: service.stripPrefix && service.prefix !== '/',
    maxBodyBytes: service.maxBodyBytes ?? Number.POSITIVE_INFINITY,
  }
}

/**
 * A version of which it is not known where visitors saw it counts as seen in all environments with
 * visitors.
 */
function toOpen(
  { openIn, isOpenAnywhere }: Openness,
  { environments }: AssignmentsDocument,
): Pick<Version, 'open' | 'openIn'> {
  const open = isOpenAnywhere || isIn('bucket', openIn) || isIn('rule', openIn)
  if (!isOpenAnywhere) return { open, openIn }
  const others = listVisited(environments)
    .filter((name) => !openIn.has(name))
    .map((name) => [name, 'bucket'] as const)
  return { open, openIn: new Map([...openIn, ...others]) }
}

function isIn(by: OpenedBy, openIn: Version['openIn']): boolean {
  return [...openIn.values()].includes(by)
}

/** The names that count as a pin besides Holo's own; `undefined` without any, so that requests cost nothing. */
function compileFrameworkPins(
  document: AssignmentsDocument,
  newestFirst: readonly Version[],
): FrameworkPinNames | undefined {
  const headers = new Map<string, Version[]>()
  const queries = new Map<string, Version[]>()
  const add = (names: readonly string[] | undefined, version: Version, to: typeof headers) => {
    for (const name of new Set(names)) to.set(name, [...(to.get(name) ?? []), version])
  }
  for (const version of newestFirst) {
    const pin = document.versions[version.id]?.frameworkPin
    add(pin?.headers, version, headers)
    add(pin?.queries, version, queries)
  }
  return headers.size + queries.size > 0 ? { headers, queries } : undefined
}

/** Sorted by time of publication. Without times, a version that is later in the document is newer. */
function toNewestFirst(
  document: AssignmentsDocument,
  versions: ReadonlyMap<string, Version>,
): Version[] {
  const published = (id: string) => Date.parse(document.versions[id]?.published ?? '') || 0
  return [...versions.values()].reverse().sort((a, b) => published(b.id) - published(a.id))
}

/** The first environment that has buckets. A preview at the start of the document is not the default. */
function toFirst(
  environments: ReadonlyMap<string, Environment>,
  buckets: readonly Environment[],
): Environment {
  const served = new Set(buckets)
  for (const environment of environments.values()) if (served.has(environment)) return environment
  throw new TypeError('every bucket of a document belongs to an environment')
}

function isPercentages(traffic: Weights | AssignmentsDocument['traffic']): traffic is Weights {
  return Object.values(traffic).every((share) => typeof share === 'number')
}

function get<T>(map: ReadonlyMap<string, T>, key: string): T {
  const value = map.get(key)
  if (value === undefined) throw new TypeError(`the document names "${key}" and does not define it`)
  return value
}
