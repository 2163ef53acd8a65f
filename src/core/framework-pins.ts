// Pins that frameworks send by themselves: which version the id of a build means for a request. Only a
// claim of a visitor, like every pin: it opens nothing that the visitor could not see.

import { decide } from './decide.ts'
import { FRAMEWORK_PIN_ID, NO_VALUE } from './names.ts'
import { mayFollow, parsePin } from './pins.ts'
import type { Assignments, PinClaim, RequestFacts, Version } from './types.ts'

/** A name under which frameworks send ids, and what the request has there. */
export type NamedValue = {
  readonly kind: 'header' | 'query'
  readonly name: string
  readonly value: string
  /** The versions whose pages use the name, the newest first. */
  readonly versions: readonly Version[]
}

/** What was found in a request. */
export type FrameworkPinResult = {
  readonly kind: NamedValue['kind']
  readonly name: string
  /** Undefined if no version that this request may see has the id. */
  readonly claim: PinClaim | undefined
}

/**
 * The first value that means a version; else the first that means none; `undefined` if the request has
 * no id under any name. A name counts only if a version has it that the request may see, so that nothing
 * tells of the others.
 *
 * @param cookie the pin of the browser's cookie. It has an environment, and of two versions with the same
 *   id it names the one that the browser has had.
 */
export function findFrameworkPin(
  values: Iterable<NamedValue>,
  facts: RequestFacts,
  assignments: Assignments,
  cookie: string | undefined,
): FrameworkPinResult | undefined {
  let unknown: FrameworkPinResult | undefined
  for (const { kind, name, value, versions } of values) {
    if (!FRAMEWORK_PIN_ID.test(value) || NO_VALUE.has(value)) continue
    const seen = versions.filter((version) => mayFollow(version, assignments, facts))
    const meant = seen.filter(({ frameworkId }) => frameworkId === value)
    if (meant.length > 0) {
      return { kind, name, claim: toClaim(meant, facts, assignments, cookie) }
    }
    // A query without a name is an id or something else: only a known id tells.
    if (seen.length > 0 && name !== '') unknown ??= { kind, name, claim: undefined }
  }
  return unknown
}

/**
 * The version of an id. Where several have it: the one in the cookie; else the one that the visitor would
 * get now; else the newest. Otherwise each visitor of the older one would be led to a canary with the same id.
 */
function toClaim(
  meant: readonly Version[],
  facts: RequestFacts,
  assignments: Assignments,
  cookie: string | undefined,
): PinClaim {
  const kept = cookie === undefined ? undefined : parsePin(cookie)
  const served = meant.filter(({ withdrawn }) => !withdrawn)
  const inCookie = served.find(({ id }) => id === kept?.version)
  if (kept && inCookie) return kept
  const chosen =
    served.length > 1
      ? served.find(
          (version) => version === decide({ ...facts, pin: undefined }, assignments).version,
        )
      : undefined
  const { id } = chosen ?? served[0] ?? (meant[0] as Version)
  return { version: id, environment: undefined }
}
