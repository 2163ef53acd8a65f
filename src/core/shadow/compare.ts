// Compares the answer of a shadow with that of the base: status, chosen headers, body, and how long it took.
// What it returns is redacted already, so that no answer of a visitor leaves the isolate.

import { compareJson } from './compare-json.ts'
import type { Comparison } from './plan.ts'
import { redactHeader, redactValue } from './redact.ts'

/** What of an answer is compared. */
export type ShadowAnswer = {
  /** `undefined` if there was no answer. */
  readonly status: number | undefined
  /** Why there was none: a code of a failure. */
  readonly failure: string | undefined
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: AnswerBody
  /** Until the head of the answer. */
  readonly waitedMs: number
}

export type AnswerBody =
  /** Not read: there is nothing to compare. */
  | { readonly kind: 'unread' }
  | { readonly kind: 'json'; readonly value: unknown }
  | {
      readonly kind: 'other'
      /** Of what was read: MAX_COMPARED_BYTES at most. `undefined` if the body is known to differ without it. */
      readonly hash: string | undefined
      /** `undefined` if the body was not read. */
      readonly bytes: number | undefined
      /** Whether the body goes on after these bytes, and it is not known how far. */
      readonly isCut: boolean
    }

/** What two answers can differ in. */
export const DIFFERENCE_KINDS = ['failure', 'status', 'header', 'json', 'body', 'latency'] as const

export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number]

export type Difference = {
  readonly kind: DifferenceKind
  /** What differs: a code, two statuses, a header, or a place in JSON; empty for the others. */
  readonly place: string
  /** Both redacted. */
  readonly base: string
  readonly shadow: string
}

/**
 * What the shadow's answer differs in. A shadow that gives no answer, or another status, differs in nothing
 * else. `undefined` if the base gave no answer, so that there is nothing to compare with.
 */
export function compareAnswers(
  base: ShadowAnswer,
  shadow: ShadowAnswer,
  rules: Comparison,
): readonly Difference[] | undefined {
  if (base.status === undefined) return undefined
  if (shadow.status === undefined) {
    const place = shadow.failure ?? 'unknown'
    return [{ kind: 'failure', place, base: `status ${base.status}`, shadow: place }]
  }
  if (base.status !== shadow.status) {
    const [one, other] = [String(base.status), String(shadow.status)]
    return [{ kind: 'status', place: `${one} → ${other}`, base: one, shadow: other }]
  }
  return [
    ...compareHeaders(base.headers, shadow.headers, rules.headers),
    ...compareBodies(base.body, shadow.body, rules),
    ...compareTimes(base.waitedMs, shadow.waitedMs, rules.slowerMs),
  ]
}

function compareHeaders(
  base: ShadowAnswer['headers'],
  shadow: ShadowAnswer['headers'],
  names: readonly string[],
): Difference[] {
  return names
    .filter((name) => base[name] !== shadow[name])
    .map((name) => ({
      kind: 'header',
      place: name,
      base: redactHeader(name, base[name]),
      shadow: redactHeader(name, shadow[name]),
    }))
}

function compareBodies(base: AnswerBody, shadow: AnswerBody, rules: Comparison): Difference[] {
  if (base.kind === 'unread' || shadow.kind === 'unread') return []
  if (base.kind === 'json' && shadow.kind === 'json') {
    const found = compareJson(base.value, shadow.value, rules)
    // Too large to be compared by their structure: nothing is said about them.
    return (found ?? []).map((one) => ({
      kind: 'json',
      place: one.place,
      base: redactValue(one.base),
      shadow: redactValue(one.shadow),
    }))
  }
  if (base.kind === 'other' && shadow.kind === 'other') {
    if (shadow.hash !== undefined && base.hash === shadow.hash) return []
  }
  return [{ kind: 'body', place: '', base: toBodyText(base), shadow: toBodyText(shadow) }]
}

function toBodyText(body: AnswerBody): string {
  if (body.kind !== 'other') return 'JSON'
  if (body.bytes === undefined) return 'not JSON'
  return `${body.isCut ? 'at least ' : ''}${body.bytes} bytes`
}

function compareTimes(baseMs: number, shadowMs: number, slowerMs: number): Difference[] {
  if (shadowMs - baseMs < slowerMs) return []
  const [base, shadow] = [`${Math.round(baseMs)} ms`, `${Math.round(shadowMs)} ms`]
  return [{ kind: 'latency', place: '', base, shadow }]
}
