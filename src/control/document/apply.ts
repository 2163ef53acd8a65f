// Applies a command to the document: returns the new content, or what is wrong with the command. Pure.
// The edge's validator checks the result, and ledger.ts commits it.

import { err, ok, type Result } from '../../core/result.ts'
import { withOwnKeys } from '../../document/previews.ts'
import type { Command } from '../../wire/commands.ts'
import {
  pointEnvironment,
  removeEnvironment,
  setTabPins,
  shift,
  swap,
} from './apply-environments.ts'
import { setFlags } from './apply-flags.ts'
import { restoreRevision } from './apply-rollback.ts'
import {
  addVersion,
  type OwnCommand,
  removeVersions,
  setPreviewKeys,
  setServices,
  withdraw,
} from './apply-versions.ts'
import type { Content } from './content.ts'
import {
  type Draft,
  type DraftProblem,
  type DraftResult,
  isNoChange,
  parseDraft,
  refuseChange,
  toDraft,
} from './draft.ts'
import { keepUnknown, markOpen, withKnownMarks } from './opening.ts'
import { findOverfull, takesBack } from './room.ts'

export type ApplyOptions = {
  /** The content of an earlier revision; `undefined` if it is missing or cannot be read. */
  readonly earlier: (revision: number) => Content | undefined
  /** Accept http:// and private addresses as origins, for local runs. */
  readonly allowInsecure: boolean
}

/** Returns the new content, or `current` itself if the command changes nothing. */
export function applyCommand(
  command: Command | OwnCommand,
  current: Content | undefined,
  { earlier, allowInsecure }: ApplyOptions,
): Result<Content, readonly DraftProblem[]> {
  const draft =
    command.kind === 'replace'
      ? replace(command, current)
      : current
        ? changeMarked(command, markOpen(current), earlier)
        : refuseChange('', 'there is no document yet: begin with a whole one')
  if (!draft.ok) return draft
  const content = parseDraft(draft.value, allowInsecure)
  if (!content.ok) return content
  const next =
    command.kind === 'replace'
      ? withOwnKeys(withKnownMarks(content.value, current), current)
      : content.value
  if (current && isNoChange(next, current)) return ok(current)
  const overfull = takesBack(command) ? [] : findOverfull(current, next)
  return overfull.length > 0 ? err(overfull) : ok(next)
}

function changeMarked(
  command: Exclude<Command, { kind: 'replace' }> | OwnCommand,
  current: Content,
  earlier: ApplyOptions['earlier'],
): DraftResult {
  const drafted = change(command, current, earlier)
  // The cast is sound: a draft's environments and versions come from the document or a parsed command.
  return drafted.ok ? ok(keepUnknown(drafted.value as Draft & Content, current)) : drafted
}

function change(
  command: Exclude<Command, { kind: 'replace' }> | OwnCommand,
  current: Content,
  earlier: ApplyOptions['earlier'],
): DraftResult {
  switch (command.kind) {
    case 'set-environment':
      return pointEnvironment(command, current)
    case 'remove-environment':
      return removeEnvironment(command, current)
    case 'shift':
      return shift(command, current)
    case 'swap':
      return swap(command, current)
    case 'set-rules':
      return ok({ ...toDraft(current), rules: command.rules })
    case 'set-flags':
      return setFlags(command, current)
    case 'set-tab-pins':
      return setTabPins(command, current)
    case 'set-services':
      return setServices(command, current)
    case 'rollback':
      return restoreRevision(command, current, earlier(command.to))
    case 'withdraw':
      return withdraw(command, current)
    case 'add-version':
      return addVersion(command, current)
    case 'remove-versions':
      return removeVersions(command, current)
    case 'preview-keys':
    case 'preview-revoke':
    case 'preview-rotate':
      return setPreviewKeys(command, current)
  }
}

/**
 * Replaces the whole document. A new salt needs consent, because it puts every visitor into another
 * bucket.
 */
function replace(
  { document, allowNewSalt }: Extract<Command, { kind: 'replace' }>,
  current: Content | undefined,
): DraftResult {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return refuseChange('document', 'a document is a JSON object')
  }
  const { revision: _, reserve: __, audit: ___, ...draft } = document as Draft
  if (current && !allowNewSalt && typeof draft.salt === 'string' && draft.salt !== current.salt) {
    return refuseChange(
      'salt',
      `another salt than "${current.salt}" gives every visitor another bucket: keep it, or say "allowNewSalt": true`,
    )
  }
  return ok(draft)
}
