// The way of one start, once its author is known: against the newest revision, checked, committed.

import { getOwn } from '../../core/own.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { MAX_REASON_CHARACTERS } from '../../wire/parts.ts'
import { isLimited } from '../access/token-limits.ts'
import { type Author, type ChangeDeps, findMute } from '../document/change.ts'
import { type Content, countMoves } from '../document/content.ts'
import type { DraftProblem } from '../document/draft.ts'
import type { Head } from '../document/history.ts'
import type { CommitFailure } from '../document/ledger.ts'
import { findClosed } from '../document/opening.ts'
import { findFullDatabase } from '../document/room.ts'
import { MAX_STALE_CHANGES } from '../limits.ts'
import { findPlanOverBudget } from '../safety/budget.ts'
import { findNoWayBack } from '../safety/floor.ts'
import {
  type BeginOptions,
  type Begun,
  begin,
  findBase,
  findBaseline,
  findInTheWay,
} from './begin.ts'
import { beginFlag } from './begin-flag.ts'
import type { Gates } from './confirming.ts'
import type { FlagStart, RolloutRefused, Start, StartResult } from './contract.ts'
import { type FeedDeps, makeTrue } from './feed.ts'
import { toFlagPair } from './seen-flag.ts'
import { findUnusableWebhooks } from './start-asking.ts'
import {
  BUDGET_AND_FLAGS,
  findPlanTrespass,
  findRolloutTrespass,
  LIMITED_AND_FLAGS,
} from './start-trespass.ts'
import { toStatus } from './tell.ts'

type StartDeps = ChangeDeps & FeedDeps & { readonly gates: Gates }

export async function startRollout(
  parts: StartDeps,
  author: Author,
  start: Start | FlagStart,
): Promise<Result<StartResult, RolloutRefused>> {
  const { ledger, store, now, allowInsecure, findUnfinished, safety } = parts
  if (start.reason !== undefined && start.reason.length > MAX_REASON_CHARACTERS) {
    const message = `a reason has at most ${MAX_REASON_CHARACTERS} characters`
    return toInvalid([{ path: 'reason', message }])
  }
  const full = findFullDatabase(ledger.databaseBytes)
  if (full.length > 0) return toInvalid(full)
  const { head } = ledger
  if ((head?.revision ?? 0) !== start.expectedRevision) return toStale(parts, start)
  if (!head) {
    return toInvalid([{ path: '', message: 'there is no document yet: begin with a whole one' }])
  }
  const { outsideWindow } = start
  const mute = findMute(outsideWindow, start.reason)
  if (mute) return toInvalid([mute])
  const hold = safety.hold(outsideWindow)
  if (hold) return err(hold)
  const unaskable = findUnusableWebhooks(parts.gates, start.plan)
  if (unaskable.length > 0) return toInvalid(unaskable)
  const { budget } = author.principal.limits ?? {}
  const options = {
    id: store.nextId(),
    by: author.principal.actor,
    at: now(),
    allowInsecure,
    maxVisitors: budget?.maxVisitors,
    maxShare: budget?.maxShare,
  }
  const begun =
    'flag' in start
      ? toBegunFlag(parts, author, start, head.content, options)
      : toBegun(parts, author, start, head.content, options)
  if (!begun.ok) return begun
  const goesTooFar = findPlanTrespass(author.principal, head.content, begun.value, allowInsecure)
  if (goesTooFar) return err({ kind: 'denied', denial: 'forbidden', why: goesTooFar })
  const { plan, phase } = begun.value.outcome.state
  const overBudget = budget && findPlanOverBudget(budget, plan, phase)
  if (overBudget) return err({ kind: 'denied', denial: 'forbidden', why: overBudget })
  const refused = safety.findRefusal(head.content, begun.value.content, {
    takesBack: false,
    belowFloor: start.belowFloor === true,
    outsideWindow,
    budget,
    isRollout: true,
  })
  if (refused) return err(refused)
  const unfinished = await findUnfinished(head.content, begun.value.content)
  if (unfinished.length > 0) return toInvalid(unfinished)
  if (start.dryRun) return tryOut(parts, start, head, begun.value)
  return commit(parts, author, start, head, begun.value)
}

type Running = Pick<StartDeps, 'store' | 'stalls'>

function toBegun(
  { store, stalls }: Running,
  { principal }: Author,
  start: Start,
  current: Content,
  options: BeginOptions,
): Result<Begun, RolloutRefused> {
  const base = findBase(current, start)
  if (!base.ok) return toInvalid(base.error)
  const pair = {
    environment: start.environment,
    base: base.value,
    baseline: findBaseline(start.plan),
  }
  const why = findRolloutTrespass(principal, { ...start, ...pair })
  if (why) return err({ kind: 'denied', denial: 'forbidden', why })
  const problems = findInTheWay(store.running(), pair)
  if (problems.length > 0) {
    if (!start.dryRun) stalls.queue(pair, start.version, principal.actor)
    return err({ kind: 'rollout_refused', problems })
  }
  const begun = begin(start, base.value, current, options)
  if (!begun.ok) return toInvalid(begun.error)
  const baseVersion = getOwn(current.environments, base.value)?.version ?? ''
  const noWayBack = start.belowFloor
    ? undefined
    : findNoWayBack(begun.value.content, start.version, baseVersion)
  return noWayBack ? err({ kind: 'below_floor', detail: noWayBack }) : begun
}

function toBegunFlag(
  { store, stalls }: Running,
  { principal }: Author,
  start: FlagStart,
  current: Content,
  options: BeginOptions,
): Result<Begun, RolloutRefused> {
  const { limits = {} } = principal
  if (isLimited(limits) || limits.budget) {
    const why = limits.budget ? BUDGET_AND_FLAGS : LIMITED_AND_FLAGS
    return err({ kind: 'denied', denial: 'forbidden', why })
  }
  const { flag: key, variant } = start
  const pair = toFlagPair({ key, variant, base: '', before: null })
  const problems = findInTheWay(store.running(), pair)
  if (problems.length > 0) {
    if (!start.dryRun) stalls.queue(pair, variant, principal.actor)
    return err({ kind: 'rollout_refused', problems })
  }
  const begun = beginFlag(start, current, options)
  return begun.ok ? begun : toInvalid(begun.error)
}

async function tryOut(
  parts: ChangeDeps,
  start: Start | FlagStart,
  head: Head,
  { rollout, content }: Begun,
): Promise<Result<StartResult, RolloutRefused>> {
  const made = await parts.ledger.preview(content, head)
  if (!made.ok) return toRefused(parts, start, made.error)
  return ok({ ...toCommitted(made.value, head), changed: false, plan: rollout.state.plan })
}

async function commit(
  parts: ChangeDeps & FeedDeps,
  { principal, requestId }: Author,
  start: Start | FlagStart,
  head: Head,
  { rollout, started, outcome, content }: Begun,
): Promise<Result<StartResult, RolloutRefused>> {
  const { actor, token } = principal
  const at = rollout.started_at
  const made = await makeTrue(parts, {
    rollout,
    head,
    outcome,
    content,
    fed: {
      events: [started],
      undone: 'none',
      acting: { actor, token, requestId },
      said: start.reason,
      at,
      belowFloor: start.belowFloor === true,
      outsideWindow: start.outsideWindow === true,
      ...(principal.limits && { limits: principal.limits }),
    },
    first: () => parts.store.add(rollout),
  })
  if (!made.ok) return toRefused(parts, start, made.error)
  parts.ledger.armAlarm()
  const stored = parts.store.get(rollout.id)
  return ok({
    ...toCommitted(made.value ?? head, head),
    changed: made.value !== undefined,
    rollout: stored && toStatus(stored),
  })
}

function toCommitted({ revision, digest, text, content }: Head, before: Head) {
  const moved = countMoves(before.content.traffic, content.traffic)
  return { revision, digest, text, moved, closed: findClosed(before.content, content) }
}

function toRefused(
  parts: ChangeDeps,
  start: Start | FlagStart,
  error: CommitFailure,
): Result<never, RolloutRefused> {
  if (error === 'stale') return toStale(parts, start)
  return 'kind' in error ? err(error) : toInvalid(error)
}

function toInvalid(problems: readonly DraftProblem[]): Result<never, RolloutRefused> {
  return err({ kind: 'invalid', problems })
}

function toStale(
  { ledger, history }: ChangeDeps,
  { expectedRevision: expected }: Start | FlagStart,
): Result<never, RolloutRefused> {
  const current = ledger.head?.revision ?? 0
  const changes = history.since(expected, MAX_STALE_CHANGES)
  return err({ kind: 'stale', expected, current, changes })
}
