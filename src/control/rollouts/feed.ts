// Gives events to the machine of one rollout and stores what comes out: state, events, audit rows and the
// revision they lead to, in one transaction or not at all.

import { err, ok, type Result } from '../../core/result.ts'
import type { Action, RolloutEvent } from '../../core/rollout/events.ts'
import {
  type GivenEvents,
  giveEvents,
  type MadeTransition,
} from '../../core/rollout/give-events.ts'
import {
  isRunning,
  isSamePhase,
  isWithBaseline,
  type RolloutState,
  toStepNumber,
} from '../../core/rollout/state.ts'
import type { NewEvent } from '../../wire/events.ts'
import type { RolloutAction } from '../../wire/rollouts.ts'
import type { Limits } from '../../wire/tokens.ts'
import { findTrespass } from '../access/token-limits.ts'
import type { Entry } from '../document/audit.ts'
import type { Content } from '../document/content.ts'
import type { Head } from '../document/history.ts'
import type { CommitFailure, Ledger } from '../document/ledger.ts'
import type { Outbox } from '../outbox.ts'
import type { Safety } from '../safety/safety.ts'
import type { Served } from '../safety/served.ts'
import { applyActions } from './act.ts'
import { type ComparedState, type Foreign, isSameTraffic, toSeen, toStratum } from './seen.ts'
import type { WindowSource } from './source.ts'
import type { Stalls } from './stalls.ts'
import type { Rollout, RolloutStore, SaveOptions } from './store.ts'

export type FeedDeps = {
  readonly ledger: Ledger
  readonly storage: DurableObjectStorage
  readonly store: RolloutStore
  readonly source: WindowSource
  readonly outbox: Outbox
  readonly stalls: Stalls
  readonly safety: Safety
  readonly served: Served
  readonly allowInsecure: boolean
}

/** Who the audit log says has acted. */
export type Acting = Pick<Entry, 'actor' | 'token' | 'requestId'>

export const CONTROL: Acting = { actor: 'control', token: undefined, requestId: '' }

export type FeedOptions = {
  readonly events: readonly RolloutEvent[]
  readonly undone: Foreign['undone']
  readonly acting: Acting
  readonly said: string | undefined
  readonly at: number
  readonly look?: SaveOptions['look']
  /** Runs in the transaction that stores what the events lead to. */
  readonly also?: () => void
  /** Goes back below the floor of a version all the same. */
  readonly belowFloor?: boolean
  /** Goes forward although no window is open. */
  readonly outsideWindow?: boolean
  /** Of the token that commands it, where these bound what the command may make of the document. */
  readonly limits?: Limits
}

/** In words: `refused` by the machine, `denied` by the limits of the token. */
export type FeedFailure = CommitFailure | { readonly refused: string } | { readonly denied: string }

/**
 * @param head the revision that the events are about.
 * @returns the revision that was made; `undefined` where the document stays.
 */
export async function feed(
  parts: FeedDeps,
  rollout: Rollout,
  head: Head,
  fed: FeedOptions,
): Promise<Result<Head | undefined, FeedFailure>> {
  const outcome = giveEvents(rollout.state, fed.events)
  if ('refused' in outcome) return err(outcome)
  // Nobody has decided that visitors shall stay with a baseline after its rollout.
  const actions = outcome.actions.filter(
    ({ kind }) =>
      fed.undone === 'none' ||
      kind === 'endBaseline' ||
      (fed.undone === 'weights' && kind !== 'setWeight'),
  )
  const content = applyActions(actions, head.content, rollout, parts.allowInsecure)
  if (!content.ok) return content
  const denied = findTrespass(fed.limits ?? {}, head.content, content.value)
  if (denied) return err({ denied })
  return makeTrue(parts, { rollout, head, fed, outcome, content: content.value })
}

type Truth = {
  readonly rollout: Rollout
  readonly head: Head
  readonly fed: FeedOptions
  readonly outcome: GivenEvents
  /** The new content of the document; the same object as the head's where it stays. */
  readonly content: Content
  /** Runs in the transaction, before the rollout is stored. */
  readonly first?: () => void
}

export async function makeTrue(
  { ledger, storage, store, source, outbox, stalls, safety, served }: FeedDeps,
  { rollout, head, fed, outcome, content, first }: Truth,
): Promise<Result<Head | undefined, CommitFailure>> {
  const { state, actions, transitions } = outcome
  // A rollback is never held, whatever else it does to the document.
  const takesBack = actions.some(({ kind }) => kind === 'rollBack')
  const { belowFloor = false, outsideWindow } = fed
  const budget = fed.limits?.budget
  const guard = () =>
    safety.findRefusal(head.content, content, {
      ...{ takesBack, belowFloor, outsideWindow, budget },
      isRollout: true,
    })
  const isPassed = transitions.some(hasPassed)
  const write = (made: Head | undefined) => {
    first?.()
    const { revision } = made ?? head
    const found = toSeen(content, revision, rollout)
    // Once the rollout has ended, keep the last snapshot that was compared.
    const isOver = typeof found === 'string' || !isRunning(state.phase)
    const seen = isOver ? rollout.seen : found
    const { events, said, at, look, also } = fed
    also?.()
    // Of a flag the sides are variants, which have no place among the versions.
    if (isPassed && !rollout.flag) served.pass(rollout.seen.version, head.content)
    if (takesBack && !rollout.flag) served.fail(rollout.seen.version)
    const saved: SaveOptions = {
      state,
      seen,
      events,
      transitions,
      said,
      at,
      revision: made?.revision,
      ...(look ? { look } : {}),
    }
    store.save(rollout, saved)
    const waiting = isRunning(state.phase) ? [] : stalls.queued(rollout.id)
    for (const event of toEvents(rollout, seen, transitions, fed.acting.actor, waiting)) {
      outbox.add(event)
    }
    if (!isRunning(state.phase)) stalls.end(rollout.id)
    tellSource(source, rollout, seen, state, actions)
  }
  const entries = transitions.map((one) => toEntry(rollout, one, fed))
  const last = entries.at(-1)
  if (last && content !== head.content) {
    const notes = entries.slice(0, -1)
    return ledger.commit(content, last, head, {
      ...{ also: write, notes, guard },
      isBudgeted: budget !== undefined,
    })
  }
  if (last) await ledger.record(entries, () => write(undefined))
  else storage.transactionSync(() => write(undefined))
  // After a look the alarm is set anyway; after anything else a look may be due sooner than it is set, and so may
  // a question to confirm something.
  if (!fed.look || state.confirming) ledger.armAlarm()
  return ok(undefined)
}

/** Whether the judge lets a step end: by the evidence, and not because its time is over. */
function hasPassed({ row, before, after }: MadeTransition): boolean {
  const isLeft = before.name === 'step' && !isSamePhase(before, after)
  const goesOn = isRunning(after) || after.name === 'promoted'
  return row.event === 'tick' && isLeft && goesOn && row.verdict.outcome === 'promote'
}

function tellSource(
  source: WindowSource,
  { id, environment, base, seen: before }: Rollout,
  seen: ComparedState,
  state: RolloutState,
  actions: readonly Action[],
): void {
  const { phase, generation, lastWindow, plan } = state
  if (!isRunning(phase)) {
    source.stopCounting(id)
    return
  }
  const begins = actions.some(({ kind }) => kind === 'startCounting')
  const { version, baseVersion } = seen
  const isWith = isWithBaseline(state, phase)
  const baseline = isWith ? seen.baseline : undefined
  if (begins) {
    source.startCounting({
      rollout: id,
      generation,
      sinceId: lastWindow,
      metrics: plan.metrics.map(({ name, tolerance }) => ({ name, tolerance })),
      warmUpMs: plan.warmUpMs,
      ...(plan.segments ? { segments: true } : {}),
      base,
      baseVersion,
      environment,
      version,
      ...(baseline && {
        baseline: { environment: plan.baseline ?? '', version: baseline.version },
      }),
    })
  }
  if (begins || !isSameTraffic(before, seen)) source.startStratum(id, toStratum(seen, isWith))
}

/** The audit log keeps the whole row of the machine, and the reason in words. */
function toEntry(
  { id, environment, base, flag }: Rollout,
  made: MadeTransition,
  fed: FeedOptions,
): Entry {
  const { acting, said, at } = fed
  const { actor, token, requestId } = acting
  const { row } = made
  return {
    at,
    actor,
    token,
    requestId,
    action: toAction(made),
    detail: {
      ...{ rollout: id, environment, base, ...(flag ? { flag: flag.key } : {}), ...row },
      ...(fed.belowFloor ? { belowFloor: true } : {}),
      ...(fed.outsideWindow ? { outsideWindow: true } : {}),
    },
    reason: said === undefined ? row.reason : `${row.reason} (${said})`,
  }
}

/** Names a transition that the alarm has made by what it leads to. */
function toAction({ row: { event }, before, after }: MadeTransition): RolloutAction {
  if (event !== 'tick') return `rollout-${event}`
  if (after.name === 'promoted') return 'rollout-complete'
  if (after.name === 'rolledBack') return 'rollout-rollback'
  return isSamePhase(before, after) ? 'rollout-notice' : 'rollout-step'
}

/**
 * What subscribers are told: one event for each transition, in their order. `seen` says which versions are
 * compared.
 */
function toEvents(
  {
    id,
    environment,
    base,
    flag,
    state: { plan },
  }: Pick<Rollout, 'id' | 'environment' | 'base' | 'flag' | 'state'>,
  { version, baseVersion }: Pick<ComparedState, 'version' | 'baseVersion'>,
  transitions: readonly MadeTransition[],
  actor: string,
  waiting: string[],
): NewEvent[] {
  return transitions.map((transition) => {
    const { row, after } = transition
    const told = {
      rollout: id,
      environment,
      base,
      ...(flag ? { flag: flag.key } : {}),
      version,
      baseVersion,
      weight: row.weight,
      // A rollout that was never started has no transitions.
      phase: after.name === 'ready' ? ('step' as const) : after.name,
      step: toStepNumber(plan, after),
      by: row.by ?? actor,
      reason: row.reason,
    }
    if (after.name === 'promoted' || after.name === 'rolledBack') {
      const ended = { kind: 'rollout.ended', ...told, outcome: after.name } as const
      return waiting.length > 0 ? { ...ended, waiting } : ended
    }
    const kind = toKind(transition)
    if (kind === 'rollout.stepped') return { kind, ...told, from: row.from, to: row.to }
    const cause = isRunning(after) ? after.paused?.cause : undefined
    return kind === 'rollout.paused' ? { kind, ...told, cause } : { kind, ...told }
  })
}

function toKind({ row, before, after }: MadeTransition) {
  if (row.event === 'start') return 'rollout.started'
  if (row.event === 'resume') return 'rollout.resumed'
  if (!isSamePhase(before, after)) return 'rollout.stepped'
  if (!isRunning(before) || !isRunning(after)) return 'rollout.noticed'
  if (before.paused === null && after.paused !== null) return 'rollout.paused'
  return !before.held && after.held ? 'rollout.waiting' : 'rollout.noticed'
}
