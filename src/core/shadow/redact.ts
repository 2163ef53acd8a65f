// Makes examples of differences harmless: a value keeps its kind and its shape, and no text that a person has
// written or that identifies one.

import { toHarmless } from '../harmless-text.ts'
import { isCredentialHeader } from './credentials.ts'

export const MAX_EXAMPLE_CHARACTERS = 120
export const MAX_PLACE_CHARACTERS = 120

/** A time, which identifies nobody. */
const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/

/** Amounts and counts have fewer digits than the numbers of cards, telephones and accounts. */
const MAX_DIGITS = 7

/** Words of headers that say nothing of a visitor, as `text/html; charset=utf-8` and `max-age=60`. */
const HEADER_WORD = /^(?:[A-Za-z][A-Za-z-]{0,23}(?:-?\d{1,2})?|\d{1,7}|[\s/;,=.*"+:-]+)$/

/** The value of a JSON document as an example shows it. `undefined` stands for one that is not there. */
export function redactValue(value: unknown): string {
  if (value === undefined) return 'absent'
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return redactNumber(value)
  if (typeof value === 'string') return `"${TIME.test(value) ? value : mask(value)}"`
  if (Array.isArray(value)) return `a list of ${value.length}`
  return `an object of ${Object.keys(value as object).length} fields`
}

/** The value of a header as an example shows it. */
export function redactHeader(name: string, value: string | undefined): string {
  if (value === undefined) return 'absent'
  // The name of a cookie tells what it is for, and its value whose it is.
  if (name === 'set-cookie') return `${mask(value.split('=', 1)[0] as string, true)}=…`
  const shown = value.slice(0, MAX_EXAMPLE_CHARACTERS)
  if (isCredentialHeader(name)) return mask(shown)
  // The values of a query or a fragment, and the user of an address, are what people and secrets are called.
  const [, start = '', rest = ''] = /^([^?#]*)(.*)$/su.exec(shown) ?? []
  const address = start.replace(/\/\/[^/@]*@/g, (user) => mask(user))
  return cut(maskWords(address) + rest.replace(/([?#&])([^?#&=]*)(=?)([^?#&]*)/gu, maskParameter))
}

/** A parameter has a name only if it has a value. */
function maskParameter(_: string, sign: string, name: string, equals: string, value: string) {
  return sign + (equals ? maskWords(name) : mask(name)) + equals + mask(value)
}

function maskWords(text: string): string {
  const words = text.split(/([\s/;,=.*"+:]+)/)
  return words.map((word) => (HEADER_WORD.test(word) ? word : mask(word))).join('')
}

/**
 * The name of a field as a place shows it: names of fields are few, and keys that are ids are folded, so that
 * they make no group of their own.
 */
export function toFieldName(key: string): string {
  return /^[A-Za-z_$@][A-Za-z_$@-]{0,39}\d?$/.test(key) ? key : '*'
}

function redactNumber(value: number): string {
  const text = String(value)
  return text.replace(/\D/g, '').length <= MAX_DIGITS ? text : mask(text)
}

/** Letters become `x`, and digits `0`. */
function mask(text: string, keepsLetters = false): string {
  const shown = text.slice(0, MAX_EXAMPLE_CHARACTERS).replace(/\p{N}/gu, '0')
  return cut(keepsLetters ? shown : shown.replace(/\p{L}|\p{M}/gu, 'x'), text.length)
}

function cut(text: string, length = text.length): string {
  const shown = toHarmless(text)
  if (length <= MAX_EXAMPLE_CHARACTERS && shown.length <= MAX_EXAMPLE_CHARACTERS) return shown
  return `${shown.slice(0, MAX_EXAMPLE_CHARACTERS - 1)}…`
}
