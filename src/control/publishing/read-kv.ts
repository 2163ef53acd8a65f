// Reads the document in KV and says what it is: nothing, a document that the control wrote, an edit by
// somebody else, or an invalid document. The callers decide what to do with it.

import { withTimeout } from '../../core/with-timeout.ts'
import { MAX_ASSIGNMENTS_BYTES } from '../../document/limits.ts'
import { formatProblems, parseAssignments } from '../../document/parse.ts'
import { MAX_REVISION } from '../../document/schema.ts'
import { readAssignments } from '../../loading/kv-source.ts'
import { digestText } from '../../loading/sync.ts'
import { type Content, toContent } from '../document/content.ts'
import type { History } from '../document/history.ts'
import { markOpen } from '../document/opening.ts'

/** KV replies in 10 to 500 ms. After this time it is treated as down. */
export const KV_READ_TIMEOUT_MS = 5000

/** A document with a higher revision is not adopted, so that enough numbers for new revisions remain. */
export const MAX_ADOPTED_REVISION = MAX_REVISION - 2 ** 32

export type KvReadResult =
  | { readonly kind: 'nothing' }
  /** The large flags that it refers to are lost. */
  | { readonly kind: 'torn' }
  /** Exactly the text of a revision in the history. */
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

/** Stands for the digest of a document that is too large to be read. */
const DIGEST_OF_OVERSIZE = 'oversize'

/** @throws Error when KV fails or does not reply in time. */
export async function readFound({
  kv,
  history,
  allowInsecure,
}: FoundOptions): Promise<KvReadResult> {
  const text = await withTimeout(readAssignments(kv), KV_READ_TIMEOUT_MS)
  if (text === null) return { kind: 'nothing' }
  if (text === 'torn') return { kind: 'torn' }
  if (text === 'oversize') {
    const problem = `the document in KV is larger than ${MAX_ASSIGNMENTS_BYTES} bytes`
    return { kind: 'bad', digest: DIGEST_OF_OVERSIZE, text: undefined, problem }
  }
  const parsed = parseAssignments(text, { allowInsecure })
  // A document that the control wrote may be invalid now, because settings have changed since.
  const revision = parsed.ok ? parsed.value.revision : readRevision(text)
  if (revision !== undefined && history.row(revision)?.text === text) {
    return { kind: 'own', revision }
  }
  const digest = await digestText(text)
  if (!parsed.ok) return { kind: 'bad', digest, text, problem: formatProblems(parsed.error) }
  if (parsed.value.revision > MAX_ADOPTED_REVISION) {
    const problem = `revision ${parsed.value.revision} is too high, because later revisions need higher numbers: write one more than the revision in use, at most ${MAX_ADOPTED_REVISION}`
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
