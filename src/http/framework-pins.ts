// Reads the pins that frameworks send by themselves out of a request. core/framework-pins.ts says which
// version they mean.

import { findFrameworkPin, type NamedValue } from '../core/framework-pins.ts'
import type { Assignments, FrameworkPinNames } from '../core/types.ts'
import type { Facts } from './facts.ts'
import { opensPage } from './kind.ts'

/**
 * The facts of the request with the pin that its framework has sent. Holo's own header and query come
 * first. A request for a page, and one that asks for the current version, has none.
 */
export function withFrameworkPin(facts: Facts, headers: Headers, assignments: Assignments): Facts {
  const { frameworkPins: names } = assignments
  if (!names || opensPage(facts.kind) || facts.current) return facts
  if (facts.pin?.source === 'header' || facts.pin?.source === 'query') return facts
  const values = listValues(names, headers, facts.search)
  const found = findFrameworkPin(values, facts, assignments, facts.cookies.pin)
  if (!found) return facts
  const { kind, name, claim } = found
  const isKnown = claim !== undefined
  return {
    ...facts,
    ...(claim && { pin: { claim, source: 'framework' as const } }),
    frameworkPin: { kind, name, isKnown },
  }
}

/** What the request has under each name, headers first. */
function* listValues(
  { headers: headerNames, queries }: FrameworkPinNames,
  headers: Headers,
  search: string,
): Generator<NamedValue> {
  for (const [name, versions] of headerNames) {
    const value = headers.get(name)
    if (value !== null) yield { kind: 'header', name, value, versions }
  }
  if (search === '' || queries.size === 0) return
  const parameters = new URLSearchParams(search)
  for (const [name, versions] of queries) {
    const value = name === '' ? search.slice(1) : parameters.get(name)
    if (value) yield { kind: 'query', name, value, versions }
  }
}
