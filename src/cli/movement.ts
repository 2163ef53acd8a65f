// Compares two documents: which buckets move between environments, which visitors get another version, and
// which other fields differ. Pure.

import type { AssignmentsDocument } from '../document/schema.ts'
import type { KnownDocument } from './document.ts'
import { toPercent, toPercentText } from './words.ts'

/** A number of buckets out of 10,000, and the same as a percentage of all visitors. */
export type Move = {
  readonly from: string
  readonly to: string
  readonly buckets: number
  readonly percent: number
}

export type Movement = {
  /** Buckets that move between environments. */
  readonly moved: Move[]
  /** Buckets that get another version, also because an environment points at another version. */
  readonly versions: Move[]
  /** All other differences of the documents, one line each. */
  readonly changes: string[]
}

export function findMovement(before: KnownDocument, after: KnownDocument): Movement {
  const [old, young] = [before.compiled.buckets, after.compiled.buckets]
  const count = (
    tell: (known: readonly { name: string; version: { id: string } }[], i: number) => string,
  ) => countMoves(old.length, (i) => [tell(old, i), tell(young, i)])
  return {
    moved: count((buckets, i) => buckets[i]?.name ?? ''),
    versions: count((buckets, i) => buckets[i]?.version.id ?? ''),
    changes: listChanges(before.document, after.document),
  }
}

/** Whether some visitor may get something else: buckets, environments or rules differ. */
export function isNoticeable(before: KnownDocument, after: KnownDocument): boolean {
  const { moved, versions } = findMovement(before, after)
  const [was, is] = [before.document, after.document]
  return (
    moved.length + versions.length + listEnvironments(was, is).length + listRules(was, is).length >
    0
  )
}

function countMoves(
  buckets: number,
  pairOf: (bucket: number) => readonly [string, string],
): Move[] {
  const counts = new Map<string, { from: string; to: string; buckets: number }>()
  for (let i = 0; i < buckets; i++) {
    const [from, to] = pairOf(i)
    if (from === to) continue
    const move = counts.get(`${from} ${to}`) ?? { from, to, buckets: 0 }
    move.buckets++
    counts.set(`${from} ${to}`, move)
  }
  return [...counts.values()].map((move) => ({ ...move, percent: toPercent(move.buckets) }))
}

function listChanges(before: AssignmentsDocument, after: AssignmentsDocument): string[] {
  return [
    ...listEnvironments(before, after),
    ...listKept(before, after),
    ...compareTables('version', before.versions, after.versions, describeVersion),
    ...listRules(before, after),
    ...compareTables('flag', before.flags ?? {}, after.flags ?? {}, describeFlag),
    ...(isSame(before.flagSettings, after.flagSettings) ? [] : ['settings of flags: changed']),
    ...(before.salt === after.salt
      ? []
      : [
          `salt: "${before.salt}" becomes "${after.salt}", which gives every visitor another bucket`,
        ]),
    ...(isSame(before.visitor, after.visitor) ? [] : ['visitor: changed']),
    ...(isSame(before.polled, after.polled) ? [] : ['polled: changed']),
    ...(isSame(before.tabPins, after.tabPins)
      ? []
      : [`pins per tab: ${after.tabPins ? 'on' : 'off'}`]),
    ...(isSame(before.browserReports, after.browserReports)
      ? []
      : [`reports of browsers: ${toReports(after.browserReports, 'off')}`]),
    ...(isSame(before.embeddedCookies, after.embeddedCookies)
      ? []
      : [`cookies in frames of other sites: ${after.embeddedCookies === false ? 'off' : 'on'}`]),
    ...(isSame(before.expose, after.expose) ? [] : ['expose: changed']),
    ...(isSame(before.measure, after.measure) ? [] : ['measure: changed']),
    ...(isSame(before.previews?.hosts ?? [], after.previews?.hosts ?? [])
      ? []
      : [`host names of versions: ${after.previews?.hosts?.join(', ') || 'none'}`]),
  ]
}

function listEnvironments(before: AssignmentsDocument, after: AssignmentsDocument): string[] {
  return compareTables('environment', before.environments, after.environments, describeEnvironment)
}

/** What a rollback leaves as it is, so that no revision is worth going back to for it. */
function listKept(before: AssignmentsDocument, after: AssignmentsDocument): string[] {
  return Object.entries(after.environments).flatMap(([name, { shadow, admit }]) => {
    const was = before.environments[name]
    if (!was) return []
    return [
      ...(isSame(was.shadow, shadow) ? [] : [`environment ${name}: shadow: ${toShadow(shadow)}`]),
      ...(isSame(was.admit, admit) ? [] : [`environment ${name}: others are admitted`]),
    ]
  })
}

function toShadow(shadow: Environment['shadow']): string {
  if (!shadow) return 'none'
  return shadow.off ? `off, to ${shadow.to}` : `${shadow.percent} % to ${shadow.to}`
}

function compareTables<T>(
  what: string,
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>>,
  describe: (was: T, is: T) => string[],
): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap((name) => {
    const [was, is] = [before[name], after[name]]
    if (was === undefined) return [`${what} ${name}: new`]
    if (is === undefined) return [`${what} ${name}: removed`]
    return describe(was, is).map((change) => `${what} ${name}: ${change}`)
  })
}

type Flag = NonNullable<AssignmentsDocument['flags']>[string]

function describeFlag(was: Flag, is: Flag): string[] {
  if (isSame(was, is)) return []
  if (was.state !== is.state) return [is.state === 'ENABLED' ? 'on' : 'off']
  return ['changed']
}

type Environment = AssignmentsDocument['environments'][string]
type Version = AssignmentsDocument['versions'][string]

function describeEnvironment(was: Environment, is: Environment): string[] {
  return [
    ...(was.version === is.version ? [] : [`${was.version} → ${is.version}`]),
    ...(Boolean(was.restricted) === Boolean(is.restricted)
      ? []
      : [is.restricted ? 'restricted from now on' : 'public from now on']),
    ...(isSame(was.tabPins, is.tabPins) ? [] : [`pins per tab: ${toSetting(is.tabPins)}`]),
    ...(isSame(was.browserReports, is.browserReports)
      ? []
      : [`reports of browsers: ${toReports(is.browserReports, 'as all environments')}`]),
    ...(isSame(was.hosts ?? [], is.hosts ?? [])
      ? []
      : [`hosts: ${is.hosts?.join(', ') || 'none'}`]),
  ]
}

/** An environment without a setting of its own follows the general one. */
function toSetting(tabPins: boolean | undefined): string {
  if (tabPins === undefined) return 'as all environments'
  return tabPins ? 'on' : 'off'
}

function toReports(setting: AssignmentsDocument['browserReports'], otherwise: string): string {
  const said = Object.entries(setting ?? {}).map(([name, value]) => `${name} ${value}`)
  return said.length === 0 ? otherwise : said.join(', ')
}

function describeVersion(was: Version, is: Version): string[] {
  return [
    ...(was.manifest === is.manifest ? [] : ['other files']),
    ...(isSame(was.services ?? [], is.services ?? []) ? [] : ['other services']),
    ...(isSame(was.frameworkPin, is.frameworkPin) ? [] : ['another framework pin']),
    ...(was.floor === is.floor ? [] : [`one may not go back below ${is.floor ?? 'any version'}`]),
    ...(Boolean(was.withdrawn) === Boolean(is.withdrawn)
      ? []
      : [is.withdrawn ? 'withdrawn: it serves nobody any more, open tabs included' : 'restored']),
  ]
}

function listRules(
  { rules: before = [] }: AssignmentsDocument,
  { rules: after = [] }: AssignmentsDocument,
): string[] {
  const was = new Map(before.map((rule) => [rule.name, rule]))
  const is = new Map(after.map((rule) => [rule.name, rule]))
  const kept = before.flatMap(({ name }) => (is.has(name) ? [name] : []))
  return [
    ...after.flatMap(({ name }) => (was.has(name) ? [] : [`rule "${name}": new`])),
    ...before.flatMap(({ name }) => (is.has(name) ? [] : [`rule "${name}": removed`])),
    ...kept.flatMap((name) =>
      isSame(was.get(name), is.get(name)) ? [] : [`rule "${name}": changed`],
    ),
    ...(isSame(
      kept,
      after.flatMap(({ name }) => (was.has(name) ? [name] : [])),
    )
      ? []
      : ['rules: in another order']),
  ]
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** The movement as lines for people: buckets between environments, between versions, then other changes. */
export function toMovementLines({ moved, versions, changes }: Movement): string[] {
  const total = versions.reduce((sum, { percent }) => sum + percent, 0)
  return [
    ...moved.map(
      ({ from, to, buckets, percent }) =>
        `${from} gives ${buckets.toLocaleString('en-US')} of 10,000 buckets to ${to}: ${toPercentText(percent)} of visitors`,
    ),
    ...(moved.length === 0 ? ['no buckets move between environments'] : []),
    ...versions.map(
      ({ from, to, percent }) => `${toPercentText(percent)} of visitors go from ${from} to ${to}`,
    ),
    ...(versions.length > 1
      ? [`in total ${toPercentText(total)} of visitors get another version`]
      : []),
    ...(versions.length === 0 ? ['nobody gets another version by bucket'] : []),
    ...changes,
  ]
}
