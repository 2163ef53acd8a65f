// A change that somebody is about to make: it is tried without effect first, then shown, then made. When the
// document has changed meanwhile, what is different is shown, and the change is tried again on top of it.

import { batch, signal } from '@preact/signals'
import { type CallArguments, type CallFailure, call, type ReplyOf } from '../api/client.ts'
import { announce } from '../parts/notices.tsx'
import {
  compareEnvironments,
  type EnvironmentChange,
  type FieldDifference,
  isNoticed,
  listFieldDifferences,
  type ReadDocument,
} from './documents.ts'
import { readAfterChange } from './live.ts'

/** Changes of the document, which can be tried without effect. */
export type DocumentOperation =
  | 'PUT /traffic'
  | 'POST /swap'
  | 'PUT /environments/{name}'
  | 'DELETE /environments/{name}'
  | 'POST /rollback'
  | 'POST /withdraw'
  | 'PUT /rules'
  | 'PUT /flags'
  | 'PUT /assignments'
  | 'POST /rollouts'

export type Proposal<Name extends DocumentOperation = DocumentOperation> = {
  readonly name: Name
  readonly params?: CallArguments<Name>['params']
  /** A function where the body depends on the document, which is then the newest one. */
  readonly body?:
    | CallArguments<Name>['body']
    | ((document: ReadDocument) => CallArguments<Name>['body'])
  /** The revision that the body was made from, where it holds the whole document. */
  readonly revision?: number
  readonly title: string
  /** What the button says that makes the change. */
  readonly confirm: string
  readonly isDanger?: boolean
  /** Whether a rollback leaves it as it is, so that it cannot be undone by one. */
  readonly isKeptByRollback?: boolean
  /** Called after the change was made. */
  readonly done?: (reply: ReplyOf<Name>) => void
}

export type Preview = {
  readonly revision: number
  /** The body that was tried. */
  readonly body: unknown
  readonly environments: readonly EnvironmentChange[]
  /** Buckets that move between environments. */
  readonly moved: ReplyOf<'PUT /traffic'>['moved']
  readonly others: readonly FieldDifference[]
  readonly isEmpty: boolean
}

export type ProposalStage =
  | { readonly kind: 'trying' }
  | { readonly kind: 'shown'; readonly preview: Preview }
  | { readonly kind: 'making'; readonly preview: Preview }
  | { readonly kind: 'refused'; readonly failure: CallFailure }
  | {
      readonly kind: 'stale'
      readonly failure: CallFailure
      readonly differences: readonly FieldDifference[] | undefined
    }

export const proposal = signal<Proposal | undefined>(undefined)
export const proposalStage = signal<ProposalStage>({ kind: 'trying' })

/** Which fields the table of environments already shows. */
const SHOWN_ELSEWHERE = /^(traffic|spent)(\.|$)|^environments\.[^.]+\.version$/

export function proposeChange<Name extends DocumentOperation>(change: Proposal<Name>): void {
  batch(() => {
    proposal.value = change as unknown as Proposal
    proposalStage.value = { kind: 'trying' }
  })
  tryChange()
}

export function dropProposal(): void {
  proposal.value = undefined
}

/** How often a change is tried while others change the document between the two calls of a try. */
const MAX_TRIES = 4

/** Asks what the change would do to the document as it is now. */
export async function tryChange(): Promise<void> {
  const change = proposal.value
  if (!change) return
  proposalStage.value = { kind: 'trying' }
  const stage = await preview(change)
  if (proposal.value === change) proposalStage.value = stage
}

async function preview(change: Proposal, triesLeft = MAX_TRIES - 1): Promise<ProposalStage> {
  const current = await call('GET /assignments')
  if (!current.ok) return { kind: 'refused', failure: current.error }
  const document = current.value as unknown as ReadDocument & { revision: number }
  const body = typeof change.body === 'function' ? change.body(document) : change.body
  const tried = await send({ ...change, body }, change.revision ?? document.revision, {
    dryRun: 'true',
  })
  if (!tried.ok) {
    const isOvertaken = tried.error.code === 'stale' && change.revision === undefined
    if (isOvertaken && triesLeft > 0) return preview(change, triesLeft - 1)
    // What holds the whole document cannot be tried again on top of another one.
    const differences =
      tried.error.code === 'stale' && change.revision !== undefined
        ? await compareRevisions(change.revision, tried.error.current)
        : undefined
    return differences
      ? { kind: 'stale', failure: tried.error, differences }
      : { kind: 'refused', failure: tried.error }
  }
  const { text, moved } = tried.value
  const after = JSON.parse(text ?? '{}') as ReadDocument
  const environments = compareEnvironments(document, after)
  const all = listFieldDifferences(document, after)
  return {
    kind: 'shown',
    preview: {
      revision: document.revision,
      body,
      environments,
      moved,
      others: all.filter(({ path }) => !SHOWN_ELSEWHERE.test(path)),
      isEmpty: all.length === 0,
    },
  }
}

function send(
  { name, params, body }: Pick<Proposal, 'name' | 'params'> & { readonly body: unknown },
  revision: number,
  query: { dryRun?: 'true'; reason?: string },
) {
  const given = { params, body, revision, query } as CallArguments<'PUT /traffic'>
  return call(name as 'PUT /traffic', given)
}

/** Makes the change that is shown, and only on top of the revision that it was shown for. */
export async function makeProposed(reason: string): Promise<void> {
  const change = proposal.value
  const stage = proposalStage.value
  if (!change || stage.kind !== 'shown') return
  proposalStage.value = { kind: 'making', preview: stage.preview }
  const { revision, body } = stage.preview
  const made = await send({ ...change, body }, revision, reason === '' ? {} : { reason })
  if (made.ok) {
    dropProposal()
    announce({
      tone: 'good',
      text: `${change.title}: done, revision ${made.value.revision}.`,
      ...(change.name === 'POST /rollouts' || change.isKeptByRollback
        ? {}
        : { action: { label: 'Undo', run: () => proposeUndo(revision, made.value.revision) } }),
    })
    ;(change.done as ((reply: unknown) => void) | undefined)?.(made.value)
    await readAfterChange()
    return
  }
  if (made.error.code !== 'stale') {
    proposalStage.value = { kind: 'refused', failure: made.error }
    return
  }
  const differences = await compareRevisions(revision, made.error.current)
  proposalStage.value = { kind: 'stale', failure: made.error, differences }
}

function proposeUndo(to: number, made: number): void {
  proposeChange({
    name: 'POST /rollback',
    body: { to },
    title: `Undo revision ${made}`,
    confirm: 'Undo it',
  })
}

export async function readRevisionDocument(revision: number): Promise<ReadDocument | undefined> {
  const found = await call('GET /revisions/{revision}', { params: { revision: String(revision) } })
  return found.ok ? (JSON.parse(found.value.text) as ReadDocument) : undefined
}

export async function compareRevisions(
  before: number,
  after: number | undefined,
): Promise<readonly FieldDifference[] | undefined> {
  if (after === undefined) return undefined
  const [was, is] = await Promise.all([readRevisionDocument(before), readRevisionDocument(after)])
  return was && is ? listFieldDifferences(was, is) : undefined
}

/** How many revisions are searched for the last one that differs. */
const LOOKED_BACK = 50

/** Proposes to go back to the newest revision that gave some visitors something else. */
export async function proposeRollback(): Promise<void> {
  const current = await call('GET /assignments')
  if (!current.ok) {
    announce({ tone: 'bad', text: current.error.title })
    return
  }
  const now = current.value as unknown as ReadDocument & { revision: number }
  const earlier = await call('GET /revisions', {
    query: { before: String(now.revision), limit: String(LOOKED_BACK) },
  })
  for (const { revision } of earlier.ok ? earlier.value.revisions : []) {
    const document = await readRevisionDocument(revision)
    if (!document || !isNoticed(now, document)) continue
    proposeChange({
      name: 'POST /rollback',
      body: { to: revision },
      title: `Roll back to revision ${revision}`,
      confirm: 'Roll back',
      isDanger: true,
    })
    return
  }
  announce({
    tone: 'warn',
    text: earlier.ok
      ? 'There is nothing to roll back to: the last revisions all give visitors the same.'
      : earlier.error.title,
  })
}
