// Who gets what of a flag, in words: the rules of its targeting where they are of a usual form, then its defaults.
// Pure, and it takes whatever the API says a flag is.

import { getOwn } from '../../core/own.ts'
import { toConditionText } from './conditions.ts'
import { toPercentLabel } from './format.ts'

export type FlagShare = { readonly variant: string; readonly percent: number }

/** What somebody gets: a variant, one of several by chance, the flag's default, or the default of the code. */
export type FlagGives =
  | { readonly kind: 'variant'; readonly variant: string }
  /** @param by what decides in the place of the visitor's key; `undefined` for that key. */
  | {
      readonly kind: 'split'
      readonly shares: readonly FlagShare[]
      readonly by: string | undefined
    }
  | { readonly kind: 'default' }
  | { readonly kind: 'code' }

export type FlagRule = { readonly who: string; readonly gives: FlagGives }

export type FlagView = {
  readonly isOn: boolean
  readonly isPublic: boolean
  readonly isForBackends: boolean
  readonly isExperiment: boolean
  readonly variants: readonly { readonly name: string; readonly value: string }[]
  /** The rules of the targeting in their order, and the defaults after them. */
  readonly rules: readonly FlagRule[]
  /** Targeting that is not of a usual form, as JSON. Its place is before the rules. */
  readonly targetingText: string | undefined
}

type Table = Readonly<Record<string, unknown>>

export function toFlagView(flag: unknown): FlagView {
  const { state, variants, targeting, ...others } = toFields(flag)
  const read = readTargeting(targeting)
  const isTargeted = read === undefined || read.rules.length > 0
  return {
    isOn: state === 'ENABLED',
    isPublic: others.public === true,
    isForBackends: others.backend === true,
    isExperiment: others.experiment !== undefined,
    variants: Object.entries(toFields(variants)).map(([name, value]) => ({
      name,
      value: JSON.stringify(value),
    })),
    rules: [
      ...(read?.rules ?? []),
      ...(read && !read.needsDefault ? [] : listDefaults(others, isTargeted)),
    ],
    targetingText: read ? undefined : JSON.stringify(targeting, undefined, 2),
  }
}

/** The whole flag in one line, for a list. */
export function toFlagSummary({ isOn, rules, targetingText }: FlagView): string {
  if (!isOn) return 'Everybody: the default of the code'
  return [
    ...(targetingText === undefined ? [] : ['By targeting that has no short form']),
    ...rules.map(({ who, gives }) => `${who}: ${toGivesText(gives)}`),
  ].join(' · ')
}

export function toGivesText(gives: FlagGives): string {
  switch (gives.kind) {
    case 'variant':
      return gives.variant
    case 'split':
      return gives.shares
        .map(({ variant, percent }) => `${toPercentLabel(percent)} ${variant}`)
        .join(', ')
    case 'default':
      return 'the default'
    case 'code':
      return 'the default of the code'
  }
}

type ReadTargeting = {
  readonly rules: readonly FlagRule[]
  /** Whether somebody may get the default of the flag. */
  readonly needsDefault: boolean
}

/** `undefined` for targeting that is not of a usual form. */
function readTargeting(targeting: unknown): ReadTargeting | undefined {
  if (targeting === undefined) return { rules: [], needsDefault: true }
  const rules: FlagRule[] = []
  let node: unknown = targeting
  for (;;) {
    const [name, parts] = readOperation(node)
    if (name === undefined && node === targeting) return { rules, needsDefault: true }
    if (name !== 'if' && name !== '?:') break
    const pairs = Math.floor(parts.length / 2)
    for (let i = 0; i < pairs; i++) {
      const gives = readResult(parts[2 * i + 1])
      if (!gives) return undefined
      rules.push({ who: `If ${toConditionText(parts[2 * i])}`, gives })
    }
    if (parts.length % 2 === 0) return { rules, needsDefault: true }
    node = parts.at(-1)
  }
  const gives = readResult(node)
  if (!gives) return undefined
  rules.push({ who: rules.length === 0 ? 'Everybody' : 'Otherwise', gives })
  return { rules, needsDefault: rules.some((rule) => rule.gives.kind === 'default') }
}

/** What a branch of the targeting returns; `undefined` if it is computed. */
function readResult(node: unknown): FlagGives | undefined {
  if (node === null) return { kind: 'default' }
  if (typeof node !== 'object') return { kind: 'variant', variant: String(node) }
  const [name, parts] = readOperation(node)
  if (name !== 'fractional') return undefined
  const [first] = parts
  const hasKey = parts.length > 0 && !Array.isArray(first)
  const buckets = (hasKey ? parts.slice(1) : parts).map(readBucket)
  const total = buckets.reduce((sum, bucket) => sum + (bucket?.weight ?? 0), 0)
  if (total <= 0) return undefined
  const shares: FlagShare[] = []
  for (const bucket of buckets) {
    if (!bucket) return undefined
    shares.push({ variant: bucket.variant, percent: (bucket.weight * 100) / total })
  }
  return { kind: 'split', shares, by: hasKey ? toKeyText(first) : undefined }
}

function readBucket(bucket: unknown): { variant: string; weight: number } | undefined {
  if (!Array.isArray(bucket)) return undefined
  const [variant, weight = 1] = bucket as readonly unknown[]
  if (typeof variant === 'object' || typeof weight !== 'number' || weight < 0) return undefined
  return { variant: String(variant), weight }
}

function toKeyText(key: unknown): string {
  const [name, parts] = readOperation(key)
  return name === 'var' && typeof parts[0] === 'string' ? parts[0] : JSON.stringify(key)
}

/** The operator of a node and what it is given; no operator for anything else. */
function readOperation(node: unknown): readonly [string | undefined, readonly unknown[]] {
  const [[name, given] = [undefined, undefined], ...others] = Object.entries(toFields(node))
  if (name === undefined || others.length > 0) return [others.length > 0 ? '' : undefined, []]
  return [name, Array.isArray(given) ? given : [given]]
}

/** The default of a version comes before that of an environment, and that before the flag's own. */
function listDefaults({ defaults, defaultVariant }: Table, isTargeted: boolean): FlagRule[] {
  const { versions, environments } = toFields(defaults)
  const list = (of: unknown, what: string) =>
    Object.entries(toFields(of)).map(([name, variant]) => ({
      who: `By default in the ${what} ${name}`,
      gives: toDefault(variant),
    }))
  const special = [...list(versions, 'version'), ...list(environments, 'environment')]
  const who = isTargeted || special.length > 0 ? 'By default' : 'Everybody'
  return [...special, { who, gives: toDefault(defaultVariant) }]
}

function toDefault(variant: unknown): FlagGives {
  return typeof variant === 'string' ? { kind: 'variant', variant } : { kind: 'code' }
}

/** Shared parts of targeting that a flag refers to, also through others. */
export function listReferred(flag: unknown, evaluators: Table): readonly string[] {
  const found = new Set<string>()
  const look = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const [name, part] of Object.entries(node)) {
      if (name !== '$ref' || typeof part !== 'string') look(part)
      else if (Object.hasOwn(evaluators, part) && !found.has(part)) {
        found.add(part)
        look(evaluators[part])
      }
    }
  }
  look(toFields(flag).targeting)
  return [...found]
}

/** Why an evaluation gave what it gave, by the reason of OpenFeature. One that is not known is shown as it is. */
const REASONS: Readonly<Record<string, string>> = {
  STATIC: 'the flag has no targeting',
  DEFAULT: 'its targeting chose no variant',
  TARGETING_MATCH: 'its targeting chose it',
  DISABLED: 'the flag is off',
  ERROR: 'it could not be evaluated',
}

export function toReasonText(reason: string): string {
  return getOwn(REASONS, reason) ?? reason
}

export function toFields(value: unknown): Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Table)
    : {}
}
