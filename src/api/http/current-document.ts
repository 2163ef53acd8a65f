// Loads the current document from the control, and commits one change to it: what all routes about parts
// of the document have in common.

import { err, ok, type Result } from '../../core/result.ts'
import { BUCKETS } from '../../core/traffic.ts'
import { compileAssignments } from '../../document/compile.ts'
import { parseAssignments } from '../../document/parse.ts'
import type { AssignmentsDocument } from '../../document/schema.ts'
import type { Command } from '../../wire/commands.ts'
import type { Asker } from './ask-control.ts'
import type { Failure } from './problems.ts'
import type { Call, Handled } from './route.ts'

export type Current = {
  readonly revision: number
  readonly text: string
}

export async function loadText({ ask, caller }: Asker): Promise<Result<Current, Failure>> {
  const answer = await ask('none', (control) => control.document(caller))
  if (!answer.ok) return answer
  const found = answer.value
  if (!found) return err({ kind: 'no_document' })
  return ok({ revision: found.identity.revision, text: found.text })
}

/**
 * The parsed document. The control has validated it by the settings of this Holo, so origins that are
 * only allowed in local runs are accepted here.
 */
export async function loadDocument(
  asker: Asker,
): Promise<Result<{ revision: number; document: AssignmentsDocument }, Failure>> {
  const current = await loadText(asker)
  if (!current.ok) return current
  const parsed = parseAssignments(current.value.text, { allowInsecure: true })
  if (!parsed.ok) return err({ kind: 'unreadable_revision', problems: parsed.error.map(toFault) })
  return ok({ revision: current.value.revision, document: parsed.value })
}

export function toFault({ path, message }: { readonly path: string; readonly message: string }) {
  return { path, message }
}

/** The share of every environment in percent, as `decide` sees it. */
export function toPercents(document: AssignmentsDocument): ReadonlyMap<string, number> {
  const counts = new Map(Object.keys(document.environments).map((name) => [name, 0]))
  for (const { name } of compileAssignments(document).buckets) {
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return new Map([...counts].map(([name, count]) => [name, (count * 100) / BUCKETS]))
}

type ChangeCall = Pick<
  Call<
    unknown,
    {
      readonly dryRun: 'true' | 'false'
      readonly reason?: string | undefined
      readonly belowFloor?: 'true' | undefined
      readonly outsideWindow?: 'true' | undefined
    },
    unknown
  >,
  'ask' | 'caller' | 'query' | 'expectedRevision'
>

/** Sends one command to the control; its outcome is the reply. */
export async function commitChange(
  { ask, caller, query, expectedRevision }: ChangeCall,
  command: Command,
): Handled {
  const dryRun = query.dryRun === 'true'
  const belowFloor = query.belowFloor === 'true'
  const outsideWindow = query.outsideWindow === 'true'
  const { reason } = query
  const change = { command, expectedRevision, reason, dryRun, belowFloor, outsideWindow }
  const answer = await ask(dryRun ? 'none' : 'changes', (control) => control.change(caller, change))
  if (!answer.ok) return answer
  const { revision, digest, changed, moved, closed, text } = answer.value
  return ok({
    body: {
      revision,
      digest,
      changed,
      moved,
      ...(closed.length > 0 ? { closed } : {}),
      ...(dryRun ? { text } : {}),
    },
    // The revision of a dry run does not exist, so it must not become an ETag that If-Match could name.
    ...(dryRun ? {} : { revision }),
  })
}
