// Makes one change, once its author is known: checks it against the newest revision and the author's
// rights, applies it, and commits it.

import { err, ok, type Result } from '../../core/result.ts'
import { readOpenness } from '../../document/open.ts'
import type { CommitResult } from '../../wire/changes.ts'
import type { Command } from '../../wire/commands.ts'
import { MAX_REASON_CHARACTERS } from '../../wire/parts.ts'
import { hasScope } from '../../wire/scopes.ts'
import { findRunningTrespass, findTrespass } from '../access/token-limits.ts'
import type { DocumentChange, Principal, RefusedResult } from '../contract.ts'
import { MAX_STALE_CHANGES } from '../limits.ts'
import type { Pair } from '../rollouts/seen.ts'
import { findExperimentsInRollouts } from '../rollouts/seen-flag.ts'
import type { Safety } from '../safety/safety.ts'
import { applyCommand } from './apply.ts'
import type { OwnCommand } from './apply-versions.ts'
import type { Entry } from './audit.ts'
import { type Content, countMoves } from './content.ts'
import type { DraftProblem } from './draft.ts'
import type { Head, History } from './history.ts'
import type { Ledger } from './ledger.ts'
import { findClosed } from './opening.ts'
import { addsForGood, findFullDatabase } from './room.ts'

/**
 * An audit row contains the command up to this length. A longer one can be read from the revision it
 * made.
 */
export const MAX_DETAIL_CHARACTERS = 4000

/** Finds versions that `after` points at, `before` does not, and that were never finalised: records.ts. */
export type FindUnfinished = (
  before: Content | undefined,
  after: Content,
) => Promise<readonly DraftProblem[]>

export type ChangeDeps = {
  readonly ledger: Ledger
  readonly history: History
  readonly now: () => number
  readonly allowInsecure: boolean
  readonly findUnfinished: FindUnfinished
  readonly safety: Safety
  /** The environments of all running rollouts. */
  readonly listRunning: () => readonly Pair[]
}

/** A change, by a person or by the control itself, which has commands of its own. */
export type MadeChange = Omit<DocumentChange, 'command'> & {
  readonly command: Command | OwnCommand
  /** More writes for the same transaction. */
  readonly also?: () => void
}

export type Author = { readonly principal: Principal; readonly requestId: string }

export async function makeChange(
  parts: ChangeDeps,
  { principal, requestId }: Author,
  {
    command,
    expectedRevision,
    reason,
    dryRun,
    belowFloor = false,
    outsideWindow = false,
    also,
  }: MadeChange,
): Promise<Result<CommitResult, RefusedResult>> {
  const { ledger, history, now, allowInsecure, findUnfinished, listRunning, safety } = parts
  if (reason !== undefined && reason.length > MAX_REASON_CHARACTERS) {
    return toInvalid([
      { path: 'reason', message: `a reason has at most ${MAX_REASON_CHARACTERS} characters` },
    ])
  }
  const mute = findMute(outsideWindow, reason)
  if (mute) return toInvalid([mute])
  const { head } = ledger
  const full = addsForGood(command, head?.content) ? findFullDatabase(ledger.databaseBytes) : []
  if (full.length > 0) return toInvalid(full)
  if ((head?.revision ?? 0) !== expectedRevision) return toStale(parts, expectedRevision)
  const applied = applyCommand(command, head?.content, {
    earlier: (revision) => history.content(revision),
    allowInsecure,
  })
  if (!applied.ok) return toInvalid(applied.error)
  const { limits = {} } = principal
  const why =
    findMissingScope(principal, command, head?.content) ??
    findTrespass(limits, head?.content, applied.value) ??
    (head && findRunningTrespass(limits, head.content, applied.value, listRunning()))
  if (why) return err({ kind: 'denied', denial: 'forbidden', why })
  if (head && applied.value === head.content) return ok(toCommitted(head, head, false))
  // A rollback takes precedence: it ends the rollout.
  const experiments =
    command.kind === 'rollback' ? [] : findExperimentsInRollouts(listRunning(), applied.value)
  if (experiments.length > 0) return toInvalid(experiments)
  const guard = () =>
    safety.findRefusal(head?.content, applied.value, {
      belowFloor,
      outsideWindow,
      // Going back to an earlier revision is never frozen.
      takesBack: command.kind === 'rollback',
      budget: limits.budget,
    })
  const held = guard()
  if (held) return err(held)
  // A rollback needs no check: these versions were finalised when environments pointed at them before.
  const unfinished =
    command.kind === 'rollback' ? [] : await findUnfinished(head?.content, applied.value)
  if (unfinished.length > 0) return toInvalid(unfinished)
  const entry: Entry = {
    at: now(),
    actor: principal.actor,
    token: principal.token,
    action: command.kind,
    detail: toForcedDetail(toDetail(command), { belowFloor, outsideWindow }),
    reason,
    requestId,
  }
  const committed = dryRun
    ? await ledger.preview(applied.value, head)
    : await ledger.commit(applied.value, entry, head, {
        ...(also && { also }),
        guard,
        isBudgeted: limits.budget !== undefined,
      })
  if (committed.ok) {
    const made = toCommitted(committed.value, head, !dryRun)
    return ok(command.kind === 'rollback' ? withoutInherited(made) : made)
  }
  const { error } = committed
  if (error === 'stale') return toStale(parts, expectedRevision)
  return 'kind' in error ? err(error) : toInvalid(error)
}

/**
 * The scope `publish` may change the services of a version only until it has visitors. From then on the
 * change affects visitors, so it needs the scope `shift`.
 */
function findMissingScope(
  { scopes }: Principal,
  command: Command | OwnCommand,
  current: Content | undefined,
): string | undefined {
  if (command.kind !== 'set-services' || !current || hasScope(scopes, 'shift')) return undefined
  const { version } = command
  if (!hasVisitors(current, version)) return undefined
  return `version "${version}" is open to visitors: changing its services needs the scope "shift"`
}

/**
 * Whether visitors without a grant can see a version: now, in an old tab, or as soon as traffic moves.
 */
function hasVisitors(content: Content, id: string): boolean {
  const isPointedAt = Object.values(content.environments).some(
    ({ version, restricted }) => version === id && !restricted,
  )
  const openness = readOpenness(content).get(id)
  return isPointedAt || openness?.isOpenAnywhere === true || (openness?.openIn.size ?? 0) > 0
}

function toCommitted(
  { revision, digest, text, content }: Head,
  before: Head | undefined,
  changed: boolean,
): CommitResult {
  const moved = before ? countMoves(before.content.traffic, content.traffic) : []
  const closed = before ? findClosed(before.content, content) : []
  return { revision, digest, text, changed, moved, closed }
}

/**
 * A rollback hands the visitors of lost environments to another one (`bequeath`), so versions that
 * visitors can still see by bucket are not reported as closed.
 */
function withoutInherited(committed: CommitResult): CommitResult {
  const closed = committed.closed.filter(({ seenIn }) => !seenIn.some(({ by }) => by === 'bucket'))
  return { ...committed, closed }
}

function toStale({ ledger, history }: ChangeDeps, expected: number): Result<never, RefusedResult> {
  const current = ledger.head?.revision ?? 0
  return err({
    kind: 'stale',
    expected,
    current,
    changes: history.since(expected, MAX_STALE_CHANGES),
  })
}

function toInvalid(problems: readonly DraftProblem[]): Result<never, RefusedResult> {
  return err({ kind: 'invalid', problems })
}

/** Going forward outside of the windows needs a reason. */
export function findMute(
  outsideWindow: boolean | undefined,
  reason: string | undefined,
): DraftProblem | undefined {
  if (!outsideWindow || (reason ?? '').trim() !== '') return undefined
  return { path: 'reason', message: 'say why this cannot wait for a window' }
}

/** The detail of an audit row, with what was forced. */
function toForcedDetail(
  detail: unknown,
  { belowFloor, outsideWindow }: { belowFloor: boolean; outsideWindow: boolean },
): unknown {
  if (!belowFloor && !outsideWindow) return detail
  const whole = typeof detail === 'object' && detail !== null ? detail : { detail }
  return { ...whole, ...(belowFloor && { belowFloor }), ...(outsideWindow && { outsideWindow }) }
}

/** The command for the audit row, without the document, which the revision holds already. */
function toDetail(command: Command | OwnCommand): unknown {
  const { kind: _, ...given } = command
  if ('detail' in given) return given.detail
  const detail = 'document' in given ? { ...given, document: undefined } : given
  const { length } = JSON.stringify(detail)
  return length > MAX_DETAIL_CHARACTERS ? { characters: length } : detail
}
