// Changes of flags, how often each is evaluated, and which flags a filter finds. Pure.

import { changeSplit, findSplit, replaceSplit } from '../../core/experiments/split.ts'
import type { FlagMentions } from '../../core/flags/stale.ts'
import { toFlagWarning } from '../../core/flags/warning.ts'
import { err, ok, type Result } from '../../core/result.ts'
import type { ReplyOf } from '../api/client.ts'
import { type FlagView, toFields, toFlagSummary, toFlagView } from '../say/flags.ts'
import type { ReadDocument } from './documents.ts'

type FlagsBody = { readonly flags: Readonly<Record<string, unknown>> }
type Flag = Readonly<Record<string, unknown>>
export type FlagChange = (document: ReadDocument) => FlagsBody

/** Changes a flag as it stands in the document; a flag that is gone stays gone. */
function changeFlag(key: string, change: (flag: Flag) => Flag): FlagChange {
  return ({ flags }) => {
    const known = toFields(flags)
    if (!Object.hasOwn(known, key)) return { flags: {} }
    return { flags: { [key]: change(toFields(known[key])) } }
  }
}

export function toToggled(key: string, isOn: boolean): FlagChange {
  return changeFlag(key, (flag) => ({ ...flag, state: isOn ? 'ENABLED' : 'DISABLED' }))
}

/** Ends an experiment. @param give what everybody of the split gets; `undefined` if all keep what they have. */
export function toStopped(key: string, give: string | undefined): FlagChange {
  return changeFlag(key, ({ experiment: _, ...flag }) =>
    give === undefined ? flag : { ...flag, targeting: replaceSplit(flag.targeting, give) },
  )
}

export type Weight = { readonly variant: string; readonly weight: number }

/** What can be changed of who gets what without JSON. */
export type FlagShares = {
  /** `null` for the default of the code. */
  readonly defaultVariant: string | null
  /** The weights of the one split; `undefined` if there is none, or one that is computed. */
  readonly weights: readonly Weight[] | undefined
  /** Whether a split can be made: nobody is targeted. */
  readonly maySplit: boolean
}

export function readShares(flag: unknown): FlagShares {
  const { defaultVariant, targeting } = toFields(flag)
  const found = findSplit(targeting)
  return {
    defaultVariant: typeof defaultVariant === 'string' ? defaultVariant : null,
    weights: found.length === 1 ? readWeights(found[0]) : undefined,
    maySplit: Object.keys(toFields(targeting)).length === 0,
  }
}

/** The flag with another default and other weights. */
export function toShared(
  flag: Flag,
  { defaultVariant, weights }: Pick<FlagShares, 'defaultVariant' | 'weights'>,
): Flag {
  const before = readShares(flag)
  return {
    ...flag,
    ...(before.defaultVariant === defaultVariant ? {} : { defaultVariant }),
    ...(weights === undefined
      ? {}
      : before.weights
        ? { targeting: changeSplit(flag.targeting, (args) => writeWeights(args, weights)) }
        : before.maySplit
          ? { targeting: { fractional: writeWeights([], weights) } }
          : {}),
  }
}

export function toReshared(
  key: string,
  shares: Pick<FlagShares, 'defaultVariant' | 'weights'>,
): FlagChange {
  return changeFlag(key, (flag) => toShared(flag, shares))
}

/** `undefined` where a variant or a weight is computed. */
function readWeights(args: unknown): readonly Weight[] | undefined {
  const buckets = toBuckets(args)
  const weights = buckets.flatMap(([variant, weight = 1]): Weight[] =>
    typeof variant === 'string' && typeof weight === 'number' ? [{ variant, weight }] : [],
  )
  return buckets.length > 0 && weights.length === buckets.length ? weights : undefined
}

/** What decides in the place of the visitor's key stays before the buckets. */
function writeWeights(args: unknown, weights: readonly Weight[]): unknown {
  const [first] = Array.isArray(args) ? (args as readonly unknown[]) : []
  const key = first === undefined || Array.isArray(first) ? [] : [first]
  return [...key, ...weights.map(({ variant, weight }) => [variant, weight])]
}

function toBuckets(args: unknown): readonly (readonly unknown[])[] {
  const list = Array.isArray(args) ? (args as readonly unknown[]) : []
  const [first, ...rest] = list
  const buckets = Array.isArray(first) ? list : rest
  return buckets.map((bucket) => (Array.isArray(bucket) ? bucket : []))
}

export type CountedFlag = ReplyOf<'GET /flags/counts'>['counts'][number]

/** What is known of flags beside their definitions; `undefined` where it was not read yet. */
export type FlagFigures = {
  readonly counts: readonly CountedFlag[] | undefined
  readonly mentions: FlagMentions | undefined
}

export type FlagRow = {
  readonly key: string
  readonly view: FlagView
  readonly summary: string
  /** Evaluations, where they are known. */
  readonly evaluated: { readonly lastHour: number; readonly lastDay: number } | undefined
  readonly warning: string | undefined
  readonly isUnmentioned: boolean
}

export function toFlagRows(
  flags: Readonly<Record<string, unknown>>,
  { counts, mentions }: FlagFigures = { counts: undefined, mentions: undefined },
): readonly FlagRow[] {
  const own = Map.groupBy(counts ?? [], ({ flag }) => flag)
  const unmentioned = new Set(mentions?.unmentioned.map(({ key }) => key))
  return Object.entries(flags).map(([key, flag]) => {
    const view = toFlagView(flag)
    const of = own.get(key) ?? []
    return {
      key,
      view,
      summary: toFlagSummary(view),
      evaluated: counts && {
        lastHour: of.reduce((sum, { lastHour }) => sum + lastHour, 0),
        lastDay: of.reduce((sum, { lastDay }) => sum + lastDay, 0),
      },
      warning: toWarning(flag, of),
      isUnmentioned: unmentioned.has(key),
    }
  })
}

/** What is wrong with the answers of a flag, by those of the last day. */
export function toWarning(flag: unknown, counts: readonly CountedFlag[]): string | undefined {
  const { state, targeting } = toFields(flag)
  const isTargeted = state === 'ENABLED' && Object.keys(toFields(targeting)).length > 0
  return toFlagWarning(counts, isTargeted, 'evaluate it to see why')
}

/** Rows that have every word of the filter, in the name, the state, the variants, who gets what, or what is wrong. */
export function filterFlags(rows: readonly FlagRow[], wanted: string): readonly FlagRow[] {
  const words = wanted.toLowerCase().split(/\s+/)
  return rows.filter(({ key, summary, warning, isUnmentioned, view }) => {
    const { isOn, isPublic, isExperiment, variants } = view
    const text = [
      key,
      summary,
      isOn ? 'on' : 'off',
      isPublic ? 'public' : 'keys only',
      isExperiment ? 'experiment' : '',
      isUnmentioned ? 'not mentioned' : '',
      warning ?? '',
      ...variants.map(({ name }) => name),
    ]
    const all = text.join(' ').toLowerCase()
    return words.every((word) => all.includes(word))
  })
}

/** What is typed as attributes of a context; nothing typed is none. */
export function parseAttributes(text: string): Result<Readonly<Record<string, unknown>>, string> {
  if (text.trim() === '') return ok({})
  try {
    const read: unknown = JSON.parse(text)
    return typeof read === 'object' && read !== null && !Array.isArray(read)
      ? ok(read as Record<string, unknown>)
      : err('Attributes are an object: { … }.')
  } catch (cause) {
    return err(cause instanceof Error ? cause.message : String(cause))
  }
}
