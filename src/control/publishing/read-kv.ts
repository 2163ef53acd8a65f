// One look at KV, and what stands there: nothing, a document of the control's own, somebody's edit,
// or something that cannot be taken. What is done about it is decided by those who look.

import { withTimeout } from '../../core/with-timeout.ts'
import { formatProblems, MAX_ASSIGNMENTS_BYTES, parseAssignments } from '../../document/parse.ts'
import { MAX_REVISION } from '../../document/schema.ts'
import { readAssignments } from '../../loading/kv-source.ts'
import { digestText } from '../../loading/sync.ts'
import { type Content, toContent } from '../document/content.ts'
import type { History } from '../document/history.ts'
import { markOpen } from '../document/opening.ts'

/** KV answers in 10 to 500 ms. One that has not by then is taken for down. */
export const KV_READ_TIMEOUT_MS = 5000

/** A document in KV with a higher revision is not adopted: so many are left as no history can hold. */
export const MAX_ADOPTED_REVISION = MAX_REVISION - 2 ** 32

export type KvReadResult =
  | { readonly kind: 'nothing' }
  /** Byte for byte a revision of the history. */
  | { readonly kind: 'own'; readonly revision: number }
  | {
      readonly kind: 'edit'
      readonly revision: number
      readonly digest: string
      readonly text: string
      readonly content: Content
    }
  | {
      readonly kind: 'bad'
      readonly digest: string
      readonly text: string | undefined
      readonly problem: string
    }

export type FoundOptions = {
  readonly kv: KVNamespace
  readonly history: History
  readonly allowInsecure: boolean
}

/** What stands for the digest of a text that was not read to its end. */
const DIGEST_OF_OVERSIZE = 'oversize'

/** @throws Error when KV fails, or does not answer in time. */
export async function readFound({
  kv,
  history,
  allowInsecure,
}: FoundOptions): Promise<KvReadResult> {
  const text = await withTimeout(readAssignments(kv), KV_READ_TIMEOUT_MS)
  if (text === null) return { kind: 'nothing' }
  if (text === 'oversize') {
    const problem = `the document in KV is larger than ${MAX_ASSIGNMENTS_BYTES} bytes`
    return { kind: 'bad', digest: DIGEST_OF_OVERSIZE, text: undefined, problem }
  }
  const parsed = parseAssignments(text, { allowInsecure })
  // Settings may have changed since the control wrote a document that it would not write today.
  const revision = parsed.ok ? parsed.value.revision : readRevision(text)
  if (revision !== undefined && history.row(revision)?.text === text) {
    return { kind: 'own', revision }
  }
  const digest = await digestText(text)
  if (!parsed.ok) return { kind: 'bad', digest, text, problem: formatProblems(parsed.error) }
  if (parsed.value.revision > MAX_ADOPTED_REVISION) {
    const problem = `revision ${parsed.value.revision} leaves too few numbers for what must follow it: write one more than the revision in use, at most ${MAX_ADOPTED_REVISION}`
    return { kind: 'bad', digest, text, problem }
  }
  return {
    kind: 'edit',
    revision: parsed.value.revision,
    digest,
    text,
    content: toContent(markOpen(parsed.value)),
  }
}

function readRevision(text: string): number | undefined {
  try {
    const { revision } = JSON.parse(text) as { revision?: unknown }
    return Number.isSafeInteger(revision) ? (revision as number) : undefined
  } catch {
    return undefined
  }
}
