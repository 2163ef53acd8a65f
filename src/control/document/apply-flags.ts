// The command that changes flags: some of them, or all. Pure. Settings that decide who may evaluate flags are no
// part of it: they change with the document as a whole.

import { ok } from '../../core/result.ts'
import type { Command } from '../../wire/commands.ts'
import type { Content } from './content.ts'
import { type DraftResult, refuseUnknown, toDraft } from './draft.ts'

export function setFlags(
  { flags, replace = false, evaluators, metadata }: Extract<Command, { kind: 'set-flags' }>,
  current: Content,
): DraftResult {
  const known = current.flags ?? {}
  const unknown = Object.keys(flags).find(
    (key) => flags[key] === null && !Object.hasOwn(known, key),
  )
  if (unknown !== undefined) return refuseUnknown('flags', 'flag', unknown, known)
  const merged = Object.entries({ ...(replace ? {} : known), ...flags })
  const left = merged.filter(([, flag]) => flag !== null)
  const settings = {
    ...current.flagSettings,
    ...(evaluators && { $evaluators: evaluators }),
    ...(metadata && { metadata }),
  }
  const { flags: _, flagSettings: __, ...rest } = toDraft(current)
  return ok({
    ...rest,
    ...(left.length > 0 && { flags: Object.fromEntries(left) }),
    ...(Object.keys(settings).length > 0 && { flagSettings: settings }),
  })
}
