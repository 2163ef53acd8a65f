// A flag that somebody is about to make: what was typed, the definition of it, and at which field a finding of the
// API stands. Pure.

import type { CallFailure } from '../api/client.ts'

export type FlagKind = 'boolean' | 'text' | 'number' | 'json'

export type DraftVariant = { readonly name: string; readonly value: string }

export type DraftedFlag = {
  readonly key: string
  readonly kind: FlagKind
  readonly variants: readonly DraftVariant[]
  /** Empty for the default of the code. */
  readonly defaultVariant: string
  readonly isOn: boolean
  readonly isPublic: boolean
  readonly isForBackends: boolean
}

export const FLAG_KINDS: Readonly<Record<FlagKind, string>> = {
  boolean: 'on or off',
  text: 'text',
  number: 'number',
  json: 'JSON',
}

const FIRST_VARIANTS: Readonly<Record<FlagKind, readonly DraftVariant[]>> = {
  boolean: [
    { name: 'on', value: 'true' },
    { name: 'off', value: 'false' },
  ],
  text: [
    { name: 'a', value: '' },
    { name: 'b', value: '' },
  ],
  number: [
    { name: 'low', value: '0' },
    { name: 'high', value: '1' },
  ],
  json: [
    { name: 'a', value: '{}' },
    { name: 'b', value: '{}' },
  ],
}

export function startFlag(
  kind: FlagKind,
): Pick<DraftedFlag, 'kind' | 'variants' | 'defaultVariant'> {
  const variants = FIRST_VARIANTS[kind]
  return { kind, variants, defaultVariant: (kind === 'boolean' ? 'off' : variants[0]?.name) ?? '' }
}

export type VariantFault = { readonly at: 'name' | 'value'; readonly text: string }

/** Faults by field: the key, the default, each variant by its place, and what belongs to no field. */
export type DraftFaults = {
  readonly key?: string
  readonly defaultVariant?: string
  readonly variants: Readonly<Record<number, VariantFault>>
  readonly others: readonly string[]
}

const NO_FAULTS: DraftFaults = { variants: {}, others: [] }

export type ReadDraft = {
  /** The definition; `undefined` while something is wrong. */
  readonly flag: Readonly<Record<string, unknown>> | undefined
  readonly faults: DraftFaults
}

/** @param taken keys that there are already: a new flag must not replace one. */
export function readDraft(draft: DraftedFlag, taken: Readonly<Record<string, unknown>>): ReadDraft {
  const { key, kind, variants, defaultVariant } = draft
  const values = variants.map(({ value }) => readValue(kind, value))
  const names = variants.map(({ name }) => name)
  const faults: Record<number, VariantFault> = {}
  for (const [i, name] of names.entries()) {
    const value = values[i]
    if (name === '') faults[i] = { at: 'name', text: 'Give the variant a name.' }
    else if (names.indexOf(name) !== i)
      faults[i] = { at: 'name', text: `There are two variants “${name}”.` }
    else if (value && 'fault' in value) faults[i] = { at: 'value', text: value.fault }
  }
  const isTaken = Object.hasOwn(taken, key)
  const isGone = defaultVariant !== '' && !names.includes(defaultVariant)
  const isWhole = key !== '' && !isTaken && !isGone && Object.keys(faults).length === 0
  return {
    flag: isWhole
      ? {
          state: draft.isOn ? 'ENABLED' : 'DISABLED',
          variants: Object.fromEntries(
            names.map((name, i) => [name, (values[i] as { value: unknown }).value]),
          ),
          ...(defaultVariant === '' ? {} : { defaultVariant }),
          ...(draft.isPublic ? { public: true } : {}),
          ...(draft.isForBackends ? { backend: true } : {}),
        }
      : undefined,
    faults: {
      ...NO_FAULTS,
      variants: faults,
      ...(isTaken ? { key: 'There is a flag of this name.' } : {}),
      ...(isGone ? { defaultVariant: `There is no variant “${defaultVariant}”.` } : {}),
    },
  }
}

function readValue(kind: FlagKind, text: string): { value: unknown } | { fault: string } {
  switch (kind) {
    case 'boolean':
      return { value: text === 'true' }
    case 'text':
      return { value: text }
    case 'number': {
      const value = Number(text)
      return text.trim() === '' || !Number.isFinite(value)
        ? { fault: `“${text}” is no number.` }
        : { value }
    }
    case 'json':
      try {
        return { value: JSON.parse(text) }
      } catch (cause) {
        return { fault: cause instanceof Error ? cause.message : String(cause) }
      }
  }
}

/** Findings of the API, each at its field. */
export function placeFaults(
  { key, variants }: Pick<DraftedFlag, 'key' | 'variants'>,
  found: NonNullable<CallFailure['problems']>,
): DraftFaults {
  const placed = {
    ...NO_FAULTS,
    variants: {} as Record<number, VariantFault>,
    others: [] as string[],
  }
  let atKey: string | undefined
  let atDefault: string | undefined
  for (const { path, message } of found) {
    const inFlag = path.replace(/^body\./, '').slice(`flags.${key}`.length)
    const variant = variants.findIndex(({ name }) => inFlag.startsWith(`.variants.${name}`))
    if (path !== '' && inFlag === '') atKey = message
    else if (inFlag === '.defaultVariant') atDefault = message
    else if (variant >= 0) placed.variants[variant] = { at: 'name', text: message }
    else placed.others.push(path === '' ? message : `${path}: ${message}`)
  }
  return {
    ...placed,
    ...(atKey === undefined ? {} : { key: atKey }),
    ...(atDefault === undefined ? {} : { defaultVariant: atDefault }),
  }
}
