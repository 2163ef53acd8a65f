// Who may see a version, from the document alone: in which public environments visitors had it, and
// how they came to it. core/pins.ts and compile.ts decide what follows for a request.

import type { OpenedBy } from '../core/types.ts'
import type { AssignmentsDocument } from './schema.ts'

/** The fields of a document that this needs. Traffic may be percentages or bucket ranges. */
export type OpeningFields = {
  readonly environments: AssignmentsDocument['environments']
  readonly traffic: Readonly<Record<string, number | readonly (readonly [number, number])[]>>
  readonly rules?: AssignmentsDocument['rules']
  readonly versions: AssignmentsDocument['versions']
}

export type Openness = {
  /** The public environments in which it could be seen, in the document's order. */
  readonly openIn: ReadonlyMap<string, OpenedBy>
  /** `"open": true`: visitors could see it, but it is not known in which environment. */
  readonly isOpenAnywhere: boolean
}

const STRENGTH: Readonly<Record<OpenedBy, number>> = { host: 1, rule: 2, bucket: 3 }

/** The openness of each version of a document. */
export function readOpenness(document: OpeningFields): ReadonlyMap<string, Openness> {
  const { environments, versions } = document
  const levels = readLevels(document)
  const pointing = new Map<string, string[]>()
  for (const [name, { version }] of Object.entries(environments)) {
    pointing.set(version, [...(pointing.get(version) ?? []), name])
  }
  return new Map(
    Object.entries(versions).map(([id, { open }]) => {
      const names = pointing.get(id) ?? []
      const marks = typeof open === 'object' ? open : {}
      const openIn = new Map<string, OpenedBy>()
      for (const [name, { restricted }] of Object.entries(environments)) {
        if (restricted) continue
        const mark = Object.hasOwn(marks, name) ? marks[name] : undefined
        const by = toStronger(mark, names.includes(name) ? levels.get(name) : undefined)
        if (by) openIn.set(name, by)
      }
      const isPreview =
        names.some((name) => levels.get(name) === 'host') &&
        names.every((name) => levels.get(name) === 'host' || environments[name]?.restricted)
      return [id, { openIn, isOpenAnywhere: open === true && !isPreview }]
    }),
  )
}

/** The environments in which a version counts as seen if it is not known in which one it was. */
export function listVisited(environments: AssignmentsDocument['environments']): readonly string[] {
  return Object.entries(environments)
    .filter(([, { restricted, hosts }]) => !restricted && !hosts?.length)
    .map(([name]) => name)
}

/**
 * How visitors come to each public environment now. An environment without buckets, rules and host
 * names is missing, because nobody comes to it.
 *
 * A document in percentages is written by hand and cannot say what was before: if it gives 0 % to
 * an environment without host names, the environment counts as one that had visitors.
 */
function readLevels({
  environments,
  traffic,
  rules = [],
}: OpeningFields): ReadonlyMap<string, OpenedBy> {
  const ruled = new Set(rules.map(({ environment }) => environment))
  const levels = new Map<string, OpenedBy>()
  for (const [name, { restricted, hosts = [] }] of Object.entries(environments)) {
    if (restricted) continue
    const share = Object.hasOwn(traffic, name) ? traffic[name] : undefined
    const hasVisitors =
      typeof share === 'number'
        ? share > 0 || hosts.length === 0
        : (share ?? []).some(([from, to]) => from < to)
    if (hasVisitors) levels.set(name, 'bucket')
    else if (ruled.has(name)) levels.set(name, 'rule')
    else if (hosts.length > 0) levels.set(name, 'host')
  }
  return levels
}

function toStronger(one: OpenedBy | undefined, other: OpenedBy | undefined): OpenedBy | undefined {
  if (!one || !other) return one ?? other
  return STRENGTH[one] >= STRENGTH[other] ? one : other
}

/** Who can see a version. */
export type Viewers = {
  readonly version: string
  /** Without an environment: visitors had it before anybody wrote down in which one. */
  readonly seenIn: readonly {
    readonly environment: string | undefined
    readonly by: OpenedBy | 'grant'
  }[]
}
