// The shadows that the document declares, and the document with another one. Pure.

import type { ShadowRoute } from '../../wire/shadow.ts'
import type { ReadDocument } from './documents.ts'

export type ShadowDifference = ShadowRoute['differences'][number]

/** `shadow` of an environment in the document, as far as the page reads it. */
export type DeclaredShadow = {
  readonly to: string
  readonly percent: number
  readonly by?: 'visitor' | 'request'
  readonly methods?: readonly string[]
  readonly paths?: readonly string[]
  readonly credentials?: readonly string[]
  readonly repeat?: number
  readonly since?: number
  readonly until?: number
  readonly off?: true
}

type ShadowedEnvironment = { readonly version: string; readonly shadow?: DeclaredShadow }

/** The shadow of an environment, with the values of fields that the document leaves out. */
export type ShadowSettings = {
  /** The environment whose requests are copied, and its version. */
  readonly from: string
  readonly base: string
  /** The environment that gets the copies, and its version. */
  readonly to: string
  readonly shadow: string | undefined
  readonly percent: number
  readonly by: 'visitor' | 'request'
  readonly methods: readonly string[]
  /** All if there are none. */
  readonly paths: readonly string[]
  /** Names of credentials that are sent all the same. */
  readonly credentials: readonly string[]
  /** How many times each request is copied. */
  readonly repeat: number
  /** Whether nothing is copied now. */
  readonly isOff: boolean
}

export const DEFAULT_METHODS: readonly string[] = ['GET', 'HEAD']

/**
 * The shadows that the document declares, whether or not something is copied.
 *
 * @param now by the clock of Holo: a shadow may begin and end by itself.
 */
export function listShadows(
  { environments }: ReadDocument,
  now: number,
): readonly ShadowSettings[] {
  return Object.entries(environments).flatMap(([from, environment]) => {
    const { version: base, shadow } = environment as ShadowedEnvironment
    if (!shadow) return []
    const { to, percent, off = false } = shadow
    return [
      {
        ...{ from, base, to, percent },
        shadow: Object.hasOwn(environments, to) ? environments[to]?.version : undefined,
        by: shadow.by ?? 'visitor',
        methods: shadow.methods ?? DEFAULT_METHODS,
        paths: shadow.paths ?? [],
        credentials: shadow.credentials ?? [],
        repeat: shadow.repeat ?? 1,
        isOff: off || percent === 0 || !isDue(shadow, now),
      },
    ]
  })
}

function isDue({ since, until }: DeclaredShadow, now: number): boolean {
  return (since === undefined || since <= now) && (until === undefined || now < until)
}

/** The same shadow, copying from now on until somebody stops it. */
export function toStarted(shadow: DeclaredShadow): DeclaredShadow {
  const { off: _, since: _since, until: _until, ...started } = shadow
  return started
}

/** The document with another shadow of one environment, which is left as it is if it is not there any more. */
export function withShadow(
  document: ReadDocument,
  from: string,
  change: (shadow: DeclaredShadow | undefined) => DeclaredShadow | undefined,
): ReadDocument {
  const { environments } = document
  if (!Object.hasOwn(environments, from)) return document
  const { shadow: before, ...others } = environments[from] as ShadowedEnvironment
  const shadow = change(before)
  const changed = shadow === undefined ? others : { ...others, shadow }
  // With entries, because a name may be one that objects have by themselves.
  const entries = Object.entries(environments).map(([name, environment]) => [
    name,
    name === from ? changed : environment,
  ])
  return { ...document, environments: Object.fromEntries(entries) }
}

/** Percentages of the document have two decimals at most. `undefined` if the text is none. */
export function parseShadowPercent(text: string): number | undefined {
  const percent = /^\d{1,3}(?:[.,]\d{1,2})?$/.test(text.trim())
    ? Number(text.trim().replace(',', '.'))
    : undefined
  return percent !== undefined && percent > 0 && percent <= 100 ? percent : undefined
}
