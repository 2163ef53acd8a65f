// Checks that the parts of a document agree with one another. Each check uses only parts that could
// be read, so that one list names everything that is wrong.

import { checkCondition } from '../core/conditions.ts'
import { BUCKETS, toBucketCount } from '../core/traffic.ts'
import { checkFlags } from './check-flags.ts'
import type { Finding } from './finding.ts'
import { checkOrigin } from './origin.ts'
import { type AssignmentsDocument, MAX_WRITTEN_REVISION } from './schema.ts'

/** The fields of a document that have the right shape by themselves. */
export type PartialDocument = {
  readonly [Name in keyof AssignmentsDocument]?: AssignmentsDocument[Name] | undefined
}

/** All findings about how the parts agree. */
export function validate(parts: PartialDocument, allowInsecure: boolean): Finding[] {
  return [
    ...checkEnvironments(parts),
    ...checkTraffic(parts),
    ...checkRules(parts),
    ...checkServices(parts, allowInsecure),
    ...checkSpent(parts),
    ...checkFlags(parts),
    ...checkRevision(parts),
  ]
}

function* checkRevision({ revision = 0, reserve }: PartialDocument): Generator<Finding> {
  if (revision <= MAX_WRITTEN_REVISION || reserve) return
  const message = `a revision written by hand is at most 2^39 (${MAX_WRITTEN_REVISION}), so that numbers are left for what follows: one more than the revision in use is enough`
  yield { path: ['revision'], message }
}

function* checkEnvironments({ environments, versions }: PartialDocument): Generator<Finding> {
  if (!environments) return
  const all = Object.entries(environments)
  if (!all.some(([, { restricted }]) => !restricted)) {
    const message = 'name at least one environment that is not restricted: somebody must be served'
    yield { path: ['environments'], message }
  }
  const owners = new Map<string, string>()
  for (const [name, { version, hosts, restricted, admit, shadow }] of all) {
    const to = shadow?.to
    if (to === name) {
      const message = 'an environment is no shadow of itself: name another one'
      yield { path: ['environments', name, 'shadow', 'to'], message }
    } else if (to !== undefined && !Object.hasOwn(environments, to)) {
      const message = `no such environment; "environments" has ${listKeys(environments)}`
      yield { path: ['environments', name, 'shadow', 'to'], message }
    }
    if (admit && !restricted) {
      const message = 'everybody sees a public environment: remove this, or say "restricted": true'
      yield { path: ['environments', name, 'admit'], message }
    }
    if (admit?.when !== undefined) {
      for (const { path, message } of checkCondition(admit.when, 'identity')) {
        yield { path: ['environments', name, 'admit', 'when', ...path], message }
      }
    }
    if (versions) {
      const path = ['environments', name, 'version']
      const target = Object.hasOwn(versions, version) ? versions[version] : undefined
      if (!target) {
        yield { path, message: `no such version; "versions" has ${listKeys(versions)}` }
      } else if (target.withdrawn) {
        yield { path, message: 'the version is withdrawn: point the environment at another one' }
      }
    }
    for (const [i, host] of (hosts ?? []).entries()) {
      const owner = owners.get(host)
      if (owner !== undefined) {
        yield {
          path: ['environments', name, 'hosts', i],
          message: `"${owner}" has this host already`,
        }
      }
      owners.set(host, name)
    }
  }
}

function* checkTraffic({ traffic, environments }: PartialDocument): Generator<Finding> {
  if (!traffic) return
  for (const [name, share] of Object.entries(traffic)) {
    const path = ['traffic', name]
    if (environments && !Object.hasOwn(environments, name)) {
      const message = `no such environment; "environments" has ${listKeys(environments)}`
      yield { path, message }
    } else if (
      environments?.[name]?.restricted &&
      (Array.isArray(share) ? share.length : share) > 0
    ) {
      const message =
        'a restricted environment gets no traffic: remove it here, or "restricted" there'
      yield { path, message }
    }
  }
  const shares = Object.values(traffic)
  if (shares.every((share) => typeof share === 'number')) yield* checkPercentages(traffic)
  else yield* checkRanges(traffic)
}

function* checkPercentages(traffic: NonNullable<PartialDocument['traffic']>): Generator<Finding> {
  let sum = 0
  let readable = true
  for (const [name, percent] of Object.entries(traffic)) {
    if (typeof percent !== 'number') continue
    if (percent < 0 || percent > 100 || Math.abs(toBucketCount(percent) / 100 - percent) > 1e-9) {
      yield {
        path: ['traffic', name],
        message: 'a percentage is 0 to 100 with at most two decimals',
      }
      readable = false
    }
    sum += toBucketCount(percent)
  }
  if (readable && sum !== BUCKETS) {
    const off = (BUCKETS - sum) / 100
    const mend = off > 0 ? `add ${off} %` : `take ${-off} % away`
    yield { path: ['traffic'], message: `the percentages sum to ${sum / 100}, not 100: ${mend}` }
  }
}

function* checkRanges(traffic: NonNullable<PartialDocument['traffic']>): Generator<Finding> {
  const all = Object.entries(traffic)
    .flatMap(([name, ranges]) =>
      (Array.isArray(ranges) ? ranges : []).map(([from, to], i) => ({ name, i, from, to })),
    )
    .sort((a, b) => a.from - b.from || a.to - b.to)
  let next = 0
  for (const { name, i, from, to } of all) {
    const path = ['traffic', name, i]
    if (from >= to) {
      yield { path, message: 'a range is [from, to) with from below to' }
      continue
    }
    if (from > next) yield { path, message: `nobody has the buckets ${next} to ${from - 1}` }
    if (from < next)
      yield { path, message: `the buckets ${from} to ${Math.min(next, to) - 1} are given twice` }
    next = Math.max(next, to)
  }
  if (next < BUCKETS) {
    yield { path: ['traffic'], message: `nobody has the buckets ${next} to ${BUCKETS - 1}` }
  }
}

function* checkRules({ rules, environments }: PartialDocument): Generator<Finding> {
  const seen = new Set<string>()
  for (const [i, { name, environment, when }] of (rules ?? []).entries()) {
    if (seen.has(name)) {
      yield {
        path: ['rules', i, 'name'],
        message: 'two rules have this name: give one of them another',
      }
    }
    seen.add(name)
    if (environments && !Object.hasOwn(environments, environment)) {
      const message = `no such environment; "environments" has ${listKeys(environments)}`
      yield { path: ['rules', i, 'environment'], message }
    }
    for (const { path, message } of checkCondition(when)) {
      yield { path: ['rules', i, 'when', ...path], message }
    }
  }
}

function* checkServices(
  { versions, environments }: PartialDocument,
  allowInsecure: boolean,
): Generator<Finding> {
  for (const [id, { services = [] }] of Object.entries(versions ?? {})) {
    const seen = new Set<string>()
    for (const [i, { prefix, origins, fallback }] of services.entries()) {
      const path = ['versions', id, 'services', i]
      if (seen.has(prefix)) {
        yield {
          path: [...path, 'prefix'],
          message: 'two services have this prefix: put their origins together',
        }
      }
      seen.add(prefix)
      for (const [j, origin] of origins.entries()) {
        const message = checkOrigin(origin, allowInsecure)
        if (message) yield { path: [...path, 'origins', j], message }
      }
      const message = checkFallback(fallback, environments)
      if (message) yield { path: [...path, 'fallback'], message }
    }
  }
}

/** A fallback shows an environment's answers to everybody whom this version serves. */
function checkFallback(
  name: string | undefined,
  environments: PartialDocument['environments'],
): string | undefined {
  if (name === undefined || !environments) return undefined
  if (!Object.hasOwn(environments, name)) {
    return `no such environment; "environments" has ${listKeys(environments)}`
  }
  if (!environments[name]?.restricted) return undefined
  return 'a restricted environment answers for no other: name a public one'
}

function* checkSpent({ spent = [] }: PartialDocument): Generator<Finding> {
  for (const [i, [from, to]] of spent.entries()) {
    if (from >= to)
      yield { path: ['spent', i], message: 'a range is [from, to) with from below to' }
  }
}

/**
 * The first few names of a table. Made once for each table, because every problem in a document may
 * quote it.
 */
function listKeys(table: object): string {
  const known = listed.get(table)
  if (known !== undefined) return known
  const made = list(Object.keys(table))
  listed.set(table, made)
  return made
}

const listed = new WeakMap<object, string>()

function list(names: readonly string[]): string {
  if (names.length === 0) return 'none'
  const shown = names.slice(0, 8).join(', ')
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown
}
