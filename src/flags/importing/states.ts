// A flag in flagd's format out of its rules, switched on or off where it comes from. flagd's own state
// DISABLED stands for the default in the caller's code; a flag whose "off" is a value keeps its rules
// behind a condition that is never met.

import type { FlagDraft } from './draft.ts'
import type { FlagLogic, ImportedFlag } from './flag-file.ts'

/** @param otherwise the variant of whom no rule is for; null for the default in the caller's code */
export function toSwitchedOn(
  variants: ImportedFlag['variants'],
  rules: FlagLogic,
  otherwise: string | null,
): ImportedFlag {
  if (typeof rules === 'string') return { state: 'ENABLED', variants, defaultVariant: rules }
  const hasRules = typeof rules === 'object' && rules !== null
  return {
    state: 'ENABLED',
    variants,
    defaultVariant: otherwise,
    ...(hasRules && { targeting: rules }),
  }
}

/**
 * @param inner what was found in the rules, which nobody meets until the flag is switched on
 * @param off the variant that everyone gets; null for the default in the caller's code
 * @param whenOn the rules
 */
export function toSwitchedOff(
  draft: FlagDraft,
  inner: FlagDraft,
  variants: ImportedFlag['variants'],
  off: string | null,
  whenOn: FlagLogic,
): ImportedFlag {
  draft.reasons.push(...inner.reasons)
  for (const name of inner.reads) draft.reads.add(name)
  for (const [name, logic] of inner.evaluators) draft.evaluators.set(name, logic)
  for (const sentence of inner.dealtAnew) draft.notes.add(`once it is switched on: ${sentence}`)
  for (const note of inner.notes) draft.notes.add(note)
  if (off === null) {
    draft.notes.add(
      'is off and has no value for that: it is disabled, and the default in code counts',
    )
    return { state: 'DISABLED', variants, defaultVariant: null, targeting: { if: [true, whenOn] } }
  }
  draft.notes.add(
    `is off: everyone gets "${off}", and its rules wait behind {"if": [false, …]}; true in that place switches it on`,
  )
  return { state: 'ENABLED', variants, defaultVariant: off, targeting: { if: [false, whenOn] } }
}
