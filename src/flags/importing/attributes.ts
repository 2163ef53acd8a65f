// Reads attributes of the evaluation context. JSONLogic's `var` takes a path with dots, so that a name
// with a dot of its own cannot be read, and `$flagd` belongs to flagd.

import { type FlagDraft, refuse } from './draft.ts'
import type { FlagLogic } from './flag-file.ts'

/** OpenFeature's name for who is evaluated; Holo puts the visitor there. */
export const TARGETING_KEY = 'targetingKey'

/** The attribute at a path of names. `where` begins the reason if it cannot be read. */
export function readAttribute(
  draft: FlagDraft,
  where: string,
  names: readonly string[],
): FlagLogic {
  const path = names.join('.')
  if (names.some((name) => name === '' || /[.\\]/.test(name))) {
    return refuse(
      draft,
      `${where}: an attribute called ${JSON.stringify(path)} cannot be read: in flagd "." divides names`,
    )
  }
  if (names[0] === '$flagd') return refuse(draft, `${where}: "$flagd" is set by flagd itself`)
  draft.reads.add(path)
  return { var: path }
}

/** The targeting key. */
export function readTargetingKey(draft: FlagDraft): FlagLogic {
  draft.reads.add(TARGETING_KEY)
  return { var: TARGETING_KEY }
}
