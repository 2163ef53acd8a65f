// What kind of client a visitor has: the family of its browser, whether it is a phone, and its country. A
// release may be broken for one of them alone. Few values are told apart, so that nobody can be
// recognised by them; a visitor chooses what its browser says, so that all of it is a claim.

/**
 * Families of browsers by what breaks together. `Safari` is everything with Apple's WebKit, that is
 * also each browser of an iPhone or iPad; `Chrome` is every browser with Chromium that does not say
 * that it is Edge or Samsung Internet.
 */
export const BROWSERS = [
  'Chrome',
  'Safari',
  'Firefox',
  'Edge',
  'Samsung Internet',
  'other',
] as const

/**
 * A phone says that it is one. Everything else is `other`: computers, and also tablets, because an iPad
 * says that it is a computer.
 */
export const DEVICES = ['phone', 'other'] as const

/** What one visitor's client is. */
export type SegmentValues = {
  readonly browser: string
  readonly device: string
  /** Two letters as Cloudflare has them; empty where it is not known. */
  readonly country: string
}

/** Countries that are told apart: the first that have visitors enough. The others count together. */
export const MAX_JUDGED_COUNTRIES = 6

/** Different clients in one group: 8 bits, of which 0 says that nothing is known. */
export const MAX_SEGMENT_VALUES = 255

export const SEGMENT_KINDS = ['browser', 'device', 'country'] as const
export type SegmentKind = (typeof SEGMENT_KINDS)[number]

/** How many segments a rollout has at most. */
export const MAX_SEGMENTS = BROWSERS.length + DEVICES.length + MAX_JUDGED_COUNTRIES + 1

/** Stands for values that are not told apart. */
export const OTHER_VALUE = 'other'

/** The name of a segment: `browser:Safari`, `country:other`. */
export function toSegmentName(kind: SegmentKind, value: string): string {
  return `${kind}:${value}`
}

/** The kind and the value that a name is made of. */
export function readSegmentName(name: string): {
  readonly kind: SegmentKind
  readonly value: string
} {
  const at = name.indexOf(':')
  const kind = SEGMENT_KINDS.find((known) => known === name.slice(0, at)) ?? 'browser'
  return { kind, value: name.slice(at + 1) }
}

/**
 * The segments that a visitor belongs to: one of each kind that is known. Values that a newer isolate
 * may send, and this control does not know, are the others.
 *
 * @param countries that are told apart.
 */
export function toSegmentNames(
  { browser, device, country }: SegmentValues,
  countries: ReadonlySet<string>,
): readonly string[] {
  const ofClient = [
    toSegmentName('browser', fold(browser, BROWSERS)),
    toSegmentName('device', fold(device, DEVICES)),
  ]
  if (country === '') return ofClient
  return [...ofClient, toSegmentName('country', countries.has(country) ? country : OTHER_VALUE)]
}

function fold(value: string, known: readonly string[]): string {
  return known.includes(value) ? value : OTHER_VALUE
}

const LONGEST_VALUE = 32

/** Whether a value that came from elsewhere has the shape of a visitor's values. */
export function isSegmentValues(value: unknown): value is SegmentValues {
  const { browser, device, country } = (value ?? {}) as Partial<
    Record<keyof SegmentValues, unknown>
  >
  return [browser, device, country].every(
    (text) => typeof text === 'string' && text.length <= LONGEST_VALUE,
  )
}
