// Changes of flags, and which flags a filter finds. Pure.

import { err, ok, type Result } from '../../core/result.ts'
import { type FlagView, toFields, toFlagSummary, toFlagView } from '../say/flags.ts'
import type { ReadDocument } from './documents.ts'

type FlagsBody = { readonly flags: Readonly<Record<string, unknown>> }

/** Switches a flag as it stands in the document; a flag that is gone stays gone. */
export function toToggled(key: string, isOn: boolean): (document: ReadDocument) => FlagsBody {
  return ({ flags }) => {
    const known = toFields(flags)
    if (!Object.hasOwn(known, key)) return { flags: {} }
    const state = isOn ? 'ENABLED' : 'DISABLED'
    return { flags: { [key]: { ...toFields(known[key]), state } } }
  }
}

export type FlagRow = {
  readonly key: string
  readonly view: FlagView
  readonly summary: string
}

export function toFlagRows(flags: Readonly<Record<string, unknown>>): readonly FlagRow[] {
  return Object.entries(flags).map(([key, flag]) => {
    const view = toFlagView(flag)
    return { key, view, summary: toFlagSummary(view) }
  })
}

/** Rows that have every word of the filter, in the name, the state, the variants or who gets what. */
export function filterFlags(rows: readonly FlagRow[], wanted: string): readonly FlagRow[] {
  const words = wanted.toLowerCase().split(/\s+/)
  return rows.filter(({ key, summary, view: { isOn, isPublic, variants } }) => {
    const states = [isOn ? 'on' : 'off', isPublic ? 'public' : 'keys only']
    const text = [key, summary, ...states, ...variants.map(({ name }) => name)]
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
