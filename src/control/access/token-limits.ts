// What a limited token may change: environments, versions and host names that match its patterns. Pure.
// The document before a change is compared with the document after it, so that a new command cannot
// forget the check. Reading is not limited.

import { toCanonicalJson } from '../../core/canonical-json.ts'
import { compileGlob } from '../../core/glob.ts'
import { getOwn } from '../../core/own.ts'
import { listVisited, readOpenness } from '../../document/open.ts'
import { LIMIT_NAMES, type Limits } from '../../wire/tokens.ts'
import { type Content, countMoves, findFirstServed } from '../document/content.ts'
import { quoteNames } from '../document/draft.ts'

export const NO_LIMITS: Limits = {}

/** For a token whose limits cannot be read: it may change nothing. */
export const ALL_LIMITS: Limits = { environments: [], versions: [], hosts: [] }

export function isLimited(limits: Limits): boolean {
  return LIMIT_NAMES.some((name) => limits[name] !== undefined)
}

/**
 * The hosts that the token may give to environments; `undefined` for all, if environments are not
 * limited.
 */
function toHosts({ environments, hosts }: Limits): readonly string[] | undefined {
  return hosts ?? (environments === undefined ? undefined : [])
}

/**
 * Whether `outer` allows everything that `inner` allows. The inner pattern itself is matched as a text.
 * This is sound because patterns have no sign for exactly one character: a `*` in the inner pattern can
 * only be matched by a `*` of the outer one, which then also matches whatever the inner `*` stands for.
 */
export function isWithin(inner: Limits, outer: Limits): boolean {
  return (
    isWithinBudget(inner.budget, outer.budget) &&
    LIMIT_NAMES.every((name) => {
      const [some, all] =
        name === 'hosts' ? [toHosts(inner), toHosts(outer)] : [inner[name], outer[name]]
      if (all === undefined) return true
      return some?.every((pattern) => matches(all, pattern)) ?? false
    })
  )
}

/** A budget that leaves something open allows all of it. */
function isWithinBudget(inner: Limits['budget'], outer: Limits['budget']): boolean {
  return (['maxShare', 'maxVisitors'] as const).every((name) => {
    const most = outer?.[name]
    return most === undefined || (inner?.[name] ?? Infinity) <= most
  })
}

/** Why a token may not change a version; `undefined` if it may. */
export function findVersionTrespass({ versions }: Limits, id: string): string | undefined {
  if (versions === undefined || matches(versions, id)) return undefined
  return toTrespass('version', id, versions)
}

/** Why a token may not change an environment; `undefined` if it may. */
export function findEnvironmentTrespass(
  { environments }: Limits,
  name: string,
): string | undefined {
  if (environments === undefined || matches(environments, name)) return undefined
  return toTrespass('environment', name, environments)
}

/**
 * Why a token may not change the document `before` into `after`; `undefined` if it may. Only a token
 * without limits may write the first document.
 */
export function findTrespass(
  limits: Limits,
  before: Content | undefined,
  after: Content,
): string | undefined {
  if (!isLimited(limits)) return undefined
  if (!before) return 'the token is limited, and the first document concerns everything'
  return (
    findOther(before, after) ??
    findAmongEnvironments(limits, before, after) ??
    findAmongTraffic(limits, before, after) ??
    findAmongVersions(limits, before, after) ??
    findAmongOpen(limits, before, after)
  )
}

/**
 * Why a token may not make this change while rollouts run; `undefined` if it may. A rollout passes a
 * change of one of its two environments on to the other, so the token needs a right to both.
 */
export function findRunningTrespass(
  limits: Limits,
  before: Content,
  after: Content,
  running: readonly {
    readonly environment: string
    readonly base: string
    readonly baseline?: string | undefined
  }[],
): string | undefined {
  const tell = ({ environments, traffic }: Content, name: string) => {
    const { version, restricted } = getOwn(environments, name) ?? {}
    return toCanonicalJson([version, restricted, getOwn(traffic, name)])
  }
  for (const { environment, base, baseline } of running) {
    const names = [environment, base, ...(baseline === undefined ? [] : [baseline])]
    if (names.every((name) => tell(before, name) === tell(after, name))) continue
    const other = names.find((name) => findEnvironmentTrespass(limits, name) !== undefined)
    if (other === undefined) continue
    return `the token is limited, and this changes a rollout from "${base}" to "${environment}": it may not change "${other}"`
  }
  return undefined
}

/** Checks rules, salt, what is measured and the like, which concern every environment. */
function findOther(before: Content, after: Content): string | undefined {
  const { environments: _, traffic: __, versions: ___, previews: had, ...was } = before
  const { environments: _a, traffic: __a, versions: ___a, previews: has, ...is } = after
  // Only the commands of previews change keys and revocations, and they look at the limits themselves.
  const hosts = [had, has].map((previews) => toCanonicalJson(previews?.hosts ?? []))
  if (toCanonicalJson(was) !== toCanonicalJson(is) || hosts[0] !== hosts[1]) {
    return 'the token is limited, and this changes what concerns every environment (rules, visitors, salt, measure)'
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
    const [old, young] = [getOwn(was, name), getOwn(is, name)]
    if (old && young && toCanonicalJson(old) === toCanonicalJson(young)) continue
    const trespass = findEnvironmentTrespass(limits, name)
    if (trespass) return trespass
    if (!young) {
      // A token without limits on environments must have a right to the version of a removed environment.
      const gone = limits.environments ? undefined : findVersionTrespass(limits, old?.version ?? '')
      if (gone) return gone
      continue
    }
    const added = (young.hosts ?? []).filter((host) => !old?.hosts?.includes(host))
    const taken = added.find((host) => hosts !== undefined && !matches(hosts, host))
    if (taken !== undefined) return toTrespass('host', taken, hosts ?? [])
    // Showing a version to more visitors needs a right to the version, whoever pointed the environment
    // at it.
    const isOpened = old?.restricted === true && !young.restricted
    const isShown =
      old?.version !== young.version || isOpened || added.length > 0 || !limits.environments
    const wrong = isShown ? findVersionTrespass(limits, young.version) : undefined
    if (wrong) return wrong
  }
  if (limits.environments === undefined) return undefined
  // The first public environment with traffic serves crawlers, and is the base if a command names none.
  // The first public environment becomes that one as soon as it gets traffic. So both must stay the
  // same.
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

function findAmongTraffic(limits: Limits, before: Content, after: Content): string | undefined {
  const [was, is] = [before.traffic, after.traffic]
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const ranges = [getOwn(was, name) ?? [], getOwn(is, name) ?? []].map((list) =>
      JSON.stringify(list),
    )
    if (ranges[0] === ranges[1]) continue
    const trespass = findEnvironmentTrespass(limits, name)
    if (trespass) return trespass
  }
  // As with a rollout, the token needs a right to each version that gets more visitors.
  for (const { to } of countMoves(was, is)) {
    const version = getOwn(after.environments, to)?.version
    const trespass = version === undefined ? undefined : findVersionTrespass(limits, version)
    if (trespass) return trespass
  }
  return undefined
}

/** The fields of a version that do not depend on the environments that point at it. */
const OF_A_VERSION = [
  'manifest',
  'services',
  'withdrawn',
  'published',
  'frameworkPin',
  'floor',
] as const

function findAmongVersions(limits: Limits, before: Content, after: Content): string | undefined {
  const [was, is] = [before.versions, after.versions]
  for (const id of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const [old, young] = [getOwn(was, id), getOwn(is, id)].map(
      (version) => version && toCanonicalJson(OF_A_VERSION.map((key) => version[key] ?? null)),
    )
    if (old === young) continue
    const trespass = findVersionTrespass(limits, id)
    if (trespass) return trespass
    // A changed version affects the visitors of each environment that shows it.
    const shown = [...listShowing(before, id), ...listShowing(after, id)].find(
      (name) => findEnvironmentTrespass(limits, name) !== undefined,
    )
    if (shown === undefined) continue
    return `the token is limited, and this changes version "${id}", which "${shown}" shows`
  }
  return undefined
}

/** The environments that point at a version, or in which visitors may have it in an open tab. */
function listShowing(content: Content, id: string): readonly string[] {
  const pointing = Object.entries(content.environments).filter(([, { version }]) => version === id)
  return [...pointing.map(([name]) => name), ...(toSeen(content).get(id) ?? [])]
}

/**
 * Checks who can see each version. Mostly this depends on environments that the token may change. But
 * if it is not known where a version was seen, closing one environment closes the version for the
 * visitors of all.
 */
function findAmongOpen(limits: Limits, before: Content, after: Content): string | undefined {
  if (limits.environments === undefined) return undefined
  const [was, is] = [toSeen(before), toSeen(after)]
  for (const id of new Set([...was.keys(), ...is.keys()])) {
    const [old, young] = [was.get(id) ?? [], is.get(id) ?? []]
    const changed = [...old, ...young].find(
      (name) =>
        old.includes(name) !== young.includes(name) &&
        findEnvironmentTrespass(limits, name) !== undefined,
    )
    if (changed === undefined) continue
    return `the token is limited, and this changes who can see version "${id}" in "${changed}"`
  }
  return undefined
}

/** For each version, the public environments in which visitors can see it, as the edge decides it. */
function toSeen(content: Content): ReadonlyMap<string, readonly string[]> {
  const visited = listVisited(content.environments)
  return new Map(
    [...readOpenness(content)].map(([id, { openIn, isOpenAnywhere }]) => [
      id,
      [...openIn.keys(), ...(isOpenAnywhere ? visited : [])],
    ]),
  )
}

function matches(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => compileGlob(pattern)(text))
}

function toTrespass(what: string, name: string, patterns: readonly string[]): string {
  return `the token is limited to ${what}s ${quoteNames(patterns) || '(none)'}, and "${name}" is none of them`
}
