// What a token that is limited may change: environments, versions and host names by pattern. Pure. A change
// is judged by what it makes of the document, so that a new command cannot forget to ask. Reading is not
// limited.

import { toCanonicalJson } from '../core/canonical-json.ts'
import { compileGlob } from '../core/glob.ts'
import { type Content, findFirstServed } from './document.ts'
import { quote } from './draft.ts'

/**
 * Patterns in which `*` stands for any signs; a list that is left out allows all. Where environments are
 * limited and hosts are not said, no host name may be given to them: a preview that takes the host of
 * production would have its visitors.
 */
export type Limits = {
  readonly environments?: readonly string[] | undefined
  readonly versions?: readonly string[] | undefined
  readonly hosts?: readonly string[] | undefined
}

/** What each list takes. There is no `?`: see `isWithin`. */
export const LIMIT_PATTERNS = {
  environments: /^[a-z0-9*-]{1,63}$/,
  versions: /^[A-Za-z0-9._+*-]{1,64}$/,
  hosts: /^[a-z0-9.*-]{1,253}$/,
} as const satisfies Readonly<Record<keyof Limits, RegExp>>

export const LIMIT_NAMES = ['environments', 'versions', 'hosts'] as const

/** A token is for one pipeline: more patterns than this are no limit that anybody could check. */
export const MAX_LIMIT_PATTERNS = 20

export const NO_LIMITS: Limits = {}

/** What a token may change whose limits cannot be read: nothing. */
export const ALL_LIMITS: Limits = { environments: [], versions: [], hosts: [] }

export function isLimited({ environments, versions }: Limits): boolean {
  return environments !== undefined || versions !== undefined
}

/** The hosts that may be given to environments; all where environments are not limited. */
function toHosts({ environments, hosts }: Limits): readonly string[] | undefined {
  return hosts ?? (environments === undefined ? undefined : [])
}

/**
 * Whether everything that `inner` allows, `outer` allows too. Sound because a pattern has no sign for exactly
 * one character: a `*` of the inner pattern can only be matched by a `*` of the outer one, and whatever it
 * stands for is matched with it.
 */
export function isWithin(inner: Limits, outer: Limits): boolean {
  return LIMIT_NAMES.every((name) => {
    const [some, all] =
      name === 'hosts' ? [toHosts(inner), toHosts(outer)] : [inner[name], outer[name]]
    if (all === undefined) return true
    return some?.every((pattern) => matches(all, pattern)) ?? false
  })
}

/** Why a token may not touch a version; `undefined` where it may. */
export function findVersionTrespass({ versions }: Limits, id: string): string | undefined {
  if (versions === undefined || matches(versions, id)) return undefined
  return toTrespass('version', id, versions)
}

/** Why a token may not touch an environment; `undefined` where it may. */
export function findEnvironmentTrespass(
  { environments }: Limits,
  name: string,
): string | undefined {
  if (environments === undefined || matches(environments, name)) return undefined
  return toTrespass('environment', name, environments)
}

/**
 * Why a token may not make the one document of the other; `undefined` where it may. The first document is
 * for whoever has no limits.
 */
export function findTrespass(
  limits: Limits,
  before: Content | undefined,
  after: Content,
): string | undefined {
  if (!isLimited(limits)) return undefined
  if (!before) return 'the token is limited, and the first document is about everything'
  return (
    findOther(before, after) ??
    findAmongEnvironments(limits, before, after) ??
    findAmongTraffic(limits, before, after) ??
    findAmongVersions(limits, before, after)
  )
}

/** Rules, visitors' names, the salt: all of that is about every environment. */
function findOther(before: Content, after: Content): string | undefined {
  const { environments: _, traffic: __, versions: ___, ...was } = before
  const { environments: _a, traffic: __a, versions: ___a, ...is } = after
  if (toCanonicalJson(was) !== toCanonicalJson(is)) {
    return 'the token is limited, and this changes what concerns every environment (rules, visitors, salt)'
  }
  return undefined
}

function findAmongEnvironments(
  limits: Limits,
  before: Content,
  after: Content,
): string | undefined {
  const hosts = toHosts(limits)
  const [was, is] = [before.environments, after.environments]
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const [old, young] = [own(was, name), own(is, name)]
    if (old && young && toCanonicalJson(old) === toCanonicalJson(young)) continue
    const trespass = findEnvironmentTrespass(limits, name)
    if (trespass) return trespass
    if (!young) continue
    const wrong =
      old?.version === young.version ? undefined : findVersionTrespass(limits, young.version)
    if (wrong) return wrong
    const taken = (young.hosts ?? []).find(
      (host) => !old?.hosts?.includes(host) && hosts !== undefined && !matches(hosts, host),
    )
    if (taken !== undefined) return toTrespass('host', taken, hosts ?? [])
  }
  if (limits.environments === undefined) return undefined
  // The first that has traffic gets crawlers, and gives and takes traffic where no base is named. The
  // first public one becomes it with its first visitors.
  const stays =
    toFirstPublic(was) === toFirstPublic(is) && findFirstServed(before) === findFirstServed(after)
  const order = (names: object, others: object) =>
    Object.keys(names).filter((name) => Object.hasOwn(others, name))
  const isSameOrder = order(was, is).join() === order(is, was).join()
  if (stays && isSameOrder) return undefined
  return 'the token is limited, and this changes which environment is the first'
}

function toFirstPublic(environments: Content['environments']): string | undefined {
  return Object.entries(environments).find(([, { restricted }]) => !restricted)?.[0]
}

function findAmongTraffic(
  limits: Limits,
  { traffic: was }: Content,
  { traffic: is }: Content,
): string | undefined {
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const ranges = [own(was, name) ?? [], own(is, name) ?? []].map((list) => JSON.stringify(list))
    if (ranges[0] === ranges[1]) continue
    const trespass = findEnvironmentTrespass(limits, name)
    if (trespass) return trespass
  }
  return undefined
}

/** What a version is, without what follows from environments that point at it. */
const OF_A_VERSION = ['manifest', 'services', 'withdrawn', 'published'] as const

function findAmongVersions(
  limits: Limits,
  { versions: was }: Content,
  { versions: is }: Content,
): string | undefined {
  for (const id of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const [old, young] = [own(was, id), own(is, id)].map(
      (version) => version && toCanonicalJson(OF_A_VERSION.map((key) => version[key] ?? null)),
    )
    const trespass = old === young ? undefined : findVersionTrespass(limits, id)
    if (trespass) return trespass
  }
  return undefined
}

function matches(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => compileGlob(pattern)(text))
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

function toTrespass(what: string, name: string, patterns: readonly string[]): string {
  return `the token is limited to ${what}s ${quote(patterns) || '(none)'}, and "${name}" is none of them`
}
