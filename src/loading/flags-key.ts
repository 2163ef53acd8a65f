// Large flags in KV: they stand in a key of their own, which is named by their hash, and the key `assignments` holds
// a reference in their place. Whoever reads KV gets the text of the whole document, or none.

import { MAX_ASSIGNMENTS_BYTES } from '../document/limits.ts'
import { digestText } from './sync.ts'

/** Beyond it flags have a key of their own, so that isolates do not read them again with every change of traffic. */
export const LARGE_FLAGS_BYTES = 32 * 1024

/** How long KV keeps flags that no document in KV refers to any more; KV itself deletes them. */
export const OLD_FLAGS_KEPT_S = 7 * 86_400

export type FlagsKey = { readonly key: string; readonly text: string }

export type SplitDocument = {
  /** For the key `assignments`. */
  readonly text: string
  /** The flags; `undefined` if they stand in the text. */
  readonly flags: FlagsKey | undefined
}

const FLAGS_PREFIX = 'flags-'
const REFERENCE = '$kv'
/** How the control writes the field of a document: compact, or indented for people. */
const FORMS: readonly { readonly toField: (flags: object) => string }[] = [
  { toField: (flags) => `"flags":${JSON.stringify(flags)}` },
  { toField: (flags) => JSON.stringify({ flags }, null, 2).slice(2, -2) },
]
const KEY = /^flags-[0-9a-f]{64}$/

/** @param text of a whole document as the control writes it. Other text stays whole. */
export async function splitFlags(text: string): Promise<SplitDocument> {
  const whole = { text, flags: undefined }
  if (text.length <= LARGE_FLAGS_BYTES) return whole
  const flags = parseFlags(text)
  if (flags === undefined) return whole
  const flagsText = JSON.stringify(flags)
  if (new TextEncoder().encode(flagsText).length <= LARGE_FLAGS_BYTES) return whole
  const key = `${FLAGS_PREFIX}${await digestText(flagsText)}`
  for (const form of FORMS) {
    const split = text.replace(form.toField(flags), () => form.toField({ [REFERENCE]: key }))
    const isExact = readReference(split) === key && joinFlags(split, key, flagsText) === text
    if (isExact) return { text: split, flags: { key, text: flagsText } }
  }
  return whole
}

/** The key that the text of `assignments` refers to. */
export function readReference(text: string): string | undefined {
  if (!text.includes(`"${REFERENCE}"`)) return undefined
  const { [REFERENCE]: key } = (parseFlags(text) ?? {}) as Readonly<Record<string, unknown>>
  return typeof key === 'string' && KEY.test(key) ? key : undefined
}

/**
 * The text of the whole document, and `undefined` if these are not the flags that it refers to.
 *
 * @param flagsText what the key holds.
 */
export async function restoreFlags(
  text: string,
  key: string,
  flagsText: string,
): Promise<string | 'oversize' | undefined> {
  if (`${FLAGS_PREFIX}${await digestText(flagsText)}` !== key) return undefined
  const whole = joinFlags(text, key, flagsText)
  const isTooLarge = new TextEncoder().encode(whole).length > MAX_ASSIGNMENTS_BYTES
  return isTooLarge ? 'oversize' : whole
}

/** Exactly the text that was split. An edit by hand in another form is written anew. */
function joinFlags(text: string, key: string, flagsText: string): string {
  const flags = JSON.parse(flagsText)
  for (const { toField } of FORMS) {
    const field = toField({ [REFERENCE]: key })
    if (text.includes(field)) return text.replace(field, () => toField(flags))
  }
  return JSON.stringify({ ...JSON.parse(text), flags })
}

function parseFlags(text: string): object | undefined {
  try {
    const { flags } = JSON.parse(text) as { flags?: unknown }
    return typeof flags === 'object' && flags !== null ? flags : undefined
  } catch {
    return undefined
  }
}
