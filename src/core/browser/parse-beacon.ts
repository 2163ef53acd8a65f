// Reads what Holo's script sends from a page. Whatever is not as the script writes it refuses the whole
// report, and what is taken is folded and bounded, so that no report can spoil a batch.

import type { ErrorGroup, ErrorKind } from './error-groups.ts'
import { foldFrame, foldMessage, foldStack } from './fold-message.ts'

/** The script sends at most this many errors in one report, and cuts their texts. */
export const MAX_BEACON_ERRORS = 10
const MAX_TEXT_CHARACTERS = 4000
/** How often one error may have come in one report. */
const MAX_COUNT = 1000
/** Ten minutes in milliseconds: a larger value is no measurement. */
const MAX_VITAL = 600_000

const VITALS = ['lcp', 'inp', 'cls', 'ttfb'] as const
type Vital = (typeof VITALS)[number]

/** An error before it is known of which version it is. */
export type FoldedError = Pick<ErrorGroup, 'kind' | 'message' | 'frame' | 'count' | 'stack'>

export type BeaconReport = {
  /** The version and environment of the page. */
  readonly pin: string
  /** That Holo has served this version to the visitor; empty if the page had no proof. */
  readonly proof: string
  readonly errors: readonly FoldedError[]
  readonly isBlank: boolean
  /** Milliseconds; for `cls` thousandths. */
  readonly vitals: Readonly<Partial<Record<Vital, number>>>
}

const KINDS: readonly ErrorKind[] = ['error', 'rejection', 'chunk']

/** @param host of the page, with its port. */
export function parseBeacon(text: string, host: string): BeaconReport | undefined {
  const said = parseRecord(text)
  if (!said) return undefined
  const { pin, proof = '', errors = [], blank = false, vitals = {} } = said
  if (!isShort(pin, 200) || !isShort(proof, 64) || typeof blank !== 'boolean') return undefined
  if (!Array.isArray(errors) || errors.length > MAX_BEACON_ERRORS) return undefined
  const folded = errors.map((error) => parseError(error, host))
  const measured = parseVitals(vitals)
  if (!measured || !folded.every((error) => error !== undefined)) return undefined
  return { pin, proof, errors: folded, isBlank: blank, vitals: measured }
}

function parseError(value: unknown, host: string): FoldedError | undefined {
  if (!isRecord(value)) return undefined
  const { kind, message, frame = '', stack = '', count = 1 } = value
  const known = KINDS.find((one) => one === kind)
  if (known === undefined || !isShort(message) || !isShort(frame) || !isShort(stack)) {
    return undefined
  }
  if (!Number.isInteger(count) || (count as number) < 1 || (count as number) > MAX_COUNT) {
    return undefined
  }
  const folded = foldStack(stack, host)
  return {
    kind: known,
    message: foldMessage(message),
    frame: foldFrame(frame, host) || folded.frame,
    count: count as number,
    ...(folded.stack === '' ? {} : { stack: folded.stack }),
  }
}

function parseVitals(value: unknown): BeaconReport['vitals'] | undefined {
  if (!isRecord(value)) return undefined
  const measured: Partial<Record<Vital, number>> = {}
  for (const name of VITALS) {
    const number = value[name]
    if (number === undefined) continue
    if (typeof number !== 'number' || !(number >= 0 && number <= MAX_VITAL)) return undefined
    measured[name] = number
  }
  return measured
}

function parseRecord(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isShort(value: unknown, most = MAX_TEXT_CHARACTERS): value is string {
  return typeof value === 'string' && value.length <= most
}
