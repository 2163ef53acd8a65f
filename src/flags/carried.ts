// Values of flags that travel with what Holo serves anyway: in pages as JSON, so that the first paint is right, and
// to backends in one header. Without such flags a request costs nothing.

import { murmur3Text } from '../core/murmur3.ts'
import type { Decision } from '../core/types.ts'
import type { CompiledAssignments } from '../document/compile.ts'
import type { Facts } from '../http/facts.ts'
import type { Insertion } from '../http/insertion.ts'
import { toFlagContext } from './context.ts'
import { type CountFlag, evaluateFlag } from './evaluate.ts'

/** Flags beyond that are left out of the page, in the order of the document: a page is not made of flags. */
const MAX_IN_PAGE_CHARACTERS = 16_384
/** Servers take headers of 8 KB in all. */
const MAX_IN_HEADER_CHARACTERS = 4096

/** Whether requests for pages or to backends need the facts that flags look at. */
export function areFlagsCarried({ flags }: Pick<CompiledAssignments, 'flags'>): boolean {
  return flags !== undefined && flags.inPages.length + flags.toBackends.length > 0
}

/** `<script type="application/json" id="holo-flags">`, which no browser runs; `undefined` without such flags. */
export function toPageFlags(
  facts: Facts,
  decision: Decision,
  assignments: CompiledAssignments,
  count: CountFlag,
): Insertion | undefined {
  const json = toJson(facts, decision, assignments, 'inPages', MAX_IN_PAGE_CHARACTERS, count)
  if (json === undefined) return undefined
  const hash = [0, 1].map((seed) => murmur3Text(json, seed).toString(16)).join('-')
  return {
    key: `flags-${hash}`,
    toHtml: () => `<script type="application/json" id="holo-flags">${json}</script>`,
  }
}

/**
 * The header `Holo-Flags` of a request to a backend; empty without such flags.
 *
 * @param count left out for copies of requests, which no visitor sees.
 */
export function toFlagsHeader(
  facts: Facts,
  decision: Decision,
  assignments: CompiledAssignments,
  count?: CountFlag,
): { readonly 'Holo-Flags'?: string } {
  const json = toJson(facts, decision, assignments, 'toBackends', MAX_IN_HEADER_CHARACTERS, count)
  return json === undefined ? {} : { 'Holo-Flags': json }
}

/** An object of values by key, in ASCII and without `<`. A flag without a value is left out. */
function toJson(
  facts: Facts,
  decision: Decision,
  { flags }: CompiledAssignments,
  which: 'inPages' | 'toBackends',
  maxCharacters: number,
  count: CountFlag | undefined,
): string | undefined {
  const keys = flags?.[which] ?? []
  if (!flags || keys.length === 0) return undefined
  const context = toFlagContext({}, { facts, decision, flags, isBackend: false })
  const place = { environment: decision.environment, version: decision.version.id }
  const members: string[] = []
  let characters = 2
  for (const key of keys) {
    const result = evaluateFlag(flags, key, context, place)
    count?.(result)
    if (!('value' in result)) continue
    const member = toAscii(`${JSON.stringify(key)}:${JSON.stringify(result.value)}`)
    characters += member.length + 1
    if (characters > maxCharacters) break
    members.push(member)
  }
  return `{${members.join(',')}}`
}

/** JSON knows every character by its code. */
function toAscii(json: string): string {
  return json.replace(
    /[<\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
