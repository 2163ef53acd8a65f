// Names the variants of a flag whose source has values alone, and checks that they are values of one
// type that flagd has: boolean, number, text or object.

import { type FlagDraft, refuse } from './draft.ts'

/** A value with the name it has in the source, if any. */
export type VariantValue = { readonly name?: string | undefined; readonly value: unknown }

/** The name of each value in turn: its own, else `on` and `off`, else a short text, else its number. */
export function nameVariants(values: readonly VariantValue[]): string[] {
  const taken = new Set<string>()
  return values.map(({ name, value }, index) => {
    const wanted = name || toName(value) || `variant-${index + 1}`
    const free = taken.has(wanted) ? `${wanted}-${index + 1}` : wanted
    taken.add(free)
    return free
  })
}

function toName(value: unknown): string | undefined {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && /^[\w.-]{1,40}$/.test(value) ? value : undefined
}

/** Refuses values of types that flagd's schema does not have, and of more than one type. */
export function checkValues(draft: FlagDraft, values: readonly VariantValue[]): void {
  const types = new Set(values.map(({ value }) => toType(value)))
  for (const type of ['null', 'a list']) {
    if (types.delete(type)) {
      refuse(draft, `a value is ${type}: flagd has booleans, numbers, texts and objects`)
    }
  }
  if (types.size > 1) {
    refuse(
      draft,
      `its values are of several types (${[...types].join(', ')}): flagd has one a flag`,
    )
  }
}

function toType(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  return Array.isArray(value) ? 'a list' : typeof value
}
