// Gives events to the machine of one rollout and makes true what comes out: state, events, audit rows and
// the revision they lead to in one transaction, or nothing of it.

import { err, ok, type Result } from '../../core/result.ts'
import type { Action, AuditRow, RolloutEvent } from '../../core/rollout/events.ts'
import { isRunning, type RolloutState } from '../../core/rollout/state.ts'
import { step } from '../../core/rollout/step.ts'
import type { Entry } from '../document/audit.ts'
import type { Content } from '../document/content.ts'
import type { DraftProblem } from '../document/draft.ts'
import type { Head } from '../document/history.ts'
import type { Ledger, NotCommitted } from '../document/ledger.ts'
import type { Outbox } from '../outbox.ts'
import { applyActions } from './act.ts'
import { toEvents } from './events.ts'
import type { Foreign } from './foreign.ts'
import { isSameTraffic, type Seen, toSeen, toStratum } from './seen.ts'
import type { WindowSource } from './source.ts'
import type { Made, Rollout, RolloutStore, Saved } from './store.ts'

export type FeedParts = {
  readonly ledger: Ledger
  readonly storage: DurableObjectStorage
  readonly store: RolloutStore
  readonly source: WindowSource
  readonly outbox: Outbox
  readonly allowInsecure: boolean
}

/** Who acts; the control itself where nobody is named. */
export type Acting = Pick<Entry, 'actor' | 'token' | 'requestId'>

export const CONTROL: Acting = { actor: 'control', token: undefined, requestId: '' }

export type Fed = {
  readonly events: readonly RolloutEvent[]
  readonly undone: Foreign['undone']
  readonly acting: Acting
  readonly said: string | undefined
  readonly at: number
  readonly look?: Saved['look']
}

/** `refused`: by the machine, in words. */
export type NotFed = NotCommitted | { readonly refused: string }

/** What events come to before anything of it is true. */
export type Outcome = {
  readonly state: RolloutState
  readonly actions: readonly Action[]
  readonly transitions: readonly Made[]
}

/** The document as it was looked at. @returns The revision that was made, if any. */
export async function feed(
  parts: FeedParts,
  rollout: Rollout,
  head: Head,
  fed: Fed,
): Promise<Result<Head | undefined, NotFed>> {
  const outcome = giveEvents(rollout.state, fed.events)
  if ('refused' in outcome) return err(outcome)
  const actions = outcome.actions.filter(
    ({ kind }) => fed.undone === 'none' || (fed.undone === 'weights' && kind !== 'setWeight'),
  )
  const content = applyActions(actions, head.content, rollout, parts.allowInsecure)
  if (!content.ok) return content
  return makeTrue(parts, { rollout, head, fed, outcome, content: content.value })
}

/** As they will be read again: what JSON does not know, the machine does not hear. */
export function giveEvents(
  before: RolloutState,
  events: readonly RolloutEvent[],
): Outcome | { readonly refused: string } {
  let state = before
  const actions: Action[] = []
  const transitions: Made[] = []
  for (const [number, event] of events.entries()) {
    const moved = step(state, JSON.parse(JSON.stringify(event)) as RolloutEvent)
    if (moved.refused !== null) return { refused: moved.refused }
    state = moved.state
    actions.push(...moved.actions)
    transitions.push(...moved.audit.map((row, place) => ({ event: number, place, row })))
  }
  return { state, actions, transitions }
}

type Truth = {
  readonly rollout: Rollout
  readonly head: Head
  readonly fed: Fed
  readonly outcome: Outcome
  /** The head's own where the document stays. */
  readonly content: Content
  /** Writes that come before those of the rollout. */
  readonly first?: () => void
}

export async function makeTrue(
  { ledger, storage, store, source, outbox }: FeedParts,
  { rollout, head, fed, outcome, content, first }: Truth,
): Promise<Result<Head | undefined, 'stale' | readonly DraftProblem[]>> {
  const { state, actions, transitions } = outcome
  const write = (made: Head | undefined) => {
    first?.()
    const { revision } = made ?? head
    const found = toSeen(content, revision, rollout)
    // What was compared is told of one that is over, and not what became of it.
    const isOver = typeof found === 'string' || !isRunning(state.phase)
    const seen = isOver ? rollout.seen : found
    const { events, said, at, look } = fed
    const saved: Saved = {
      ...{ state, seen, events, transitions, said, at },
      revision: made?.revision,
      ...(look ? { look } : {}),
    }
    store.save(rollout, saved)
    for (const event of toEvents(rollout, seen, outcome, fed.acting.actor)) outbox.add(event)
    tellSource(source, rollout, seen, state, actions)
  }
  const entries = transitions.map(({ row }) => toEntry(rollout, row, fed))
  const last = entries.at(-1)
  if (last && content !== head.content) {
    const notes = entries.slice(0, -1)
    return ledger.commit(content, last, head, { also: write, notes })
  }
  if (last) await ledger.record(entries, () => write(undefined))
  else storage.transactionSync(() => write(undefined))
  // Whoever looks arms the alarm afterwards; anything else may have made a look due sooner.
  if (!fed.look) ledger.armAlarm()
  return ok(undefined)
}

function tellSource(
  source: WindowSource,
  { id, environment, base, seen: before }: Rollout,
  seen: Seen,
  { phase, generation }: RolloutState,
  actions: readonly Action[],
): void {
  if (!isRunning(phase)) {
    source.stopCounting(id)
    return
  }
  const begins = actions.some(({ kind }) => kind === 'startCounting')
  const { version, baseVersion } = seen
  if (begins) {
    source.startCounting({
      ...{ rollout: id, generation },
      ...{ base, baseVersion, environment, version },
    })
  }
  if (begins || !isSameTraffic(before, seen)) source.startStratum(id, toStratum(seen))
}

/** The audit log has the whole row: what the transition rested on, and the reason in words. */
function toEntry({ id, environment, base }: Rollout, row: AuditRow, { acting, said, at }: Fed) {
  const { actor, token, requestId } = acting
  const entry: Entry = {
    at,
    ...{ actor, token, requestId },
    action: `rollout-${toAction(row)}`,
    detail: { rollout: id, environment, base, ...row },
    reason: said === undefined ? row.reason : `${row.reason} (${said})`,
  }
  return entry
}

/** The alarm's transitions have no other name than what they lead to. */
function toAction({ event, from, to }: AuditRow): string {
  if (event !== 'tick') return event
  if (to === 'promoted') return 'complete'
  if (to === 'rolled back') return 'rollback'
  return from === to ? 'notice' : 'step'
}
