// The document as a whole and its revisions.

import * as z from 'zod'
import { MAX_REVISION } from '../document/schema.ts'
import { COMMANDS } from './commands.ts'
import { changeQuery, milliseconds, next, numberText, type Shaped } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

export const revisionNumber = z.int().min(1).max(MAX_REVISION)

export const digest = z.string().describe('SHA-256 of the text, 64 lower-case hex digits')

/** One revision, without its text. */
export const revisionSummary = z.strictObject({
  revision: z.int(),
  digest,
  at: milliseconds,
  actor: z.string(),
  action: z.string(),
  reason: z.string().optional(),
})

export type RevisionSummary = Shaped<typeof revisionSummary>

export const revisionsReply = z.strictObject({ revisions: z.array(revisionSummary), next })
export const revisionReply = revisionSummary.extend({ text: z.string() })

export const revisionParams = z.strictObject({ revision: numberText })

export const rollbackBody = COMMANDS.rollback.omit({ kind: true })

/** The document itself. Readers parse it with `document/parse.ts`. */
export const documentReply = z.looseObject({ schema: z.literal(1), revision: z.int() })
export const documentBody = z.looseObject({}).describe('docs/assignments.md')

export const documentQuery = changeQuery.extend({
  allowNewSalt: z
    .enum(['true', 'false'])
    .default('false')
    .describe('`true` takes another salt, which gives every visitor another bucket'),
})

export const revisionSummaryAsRead = /* @__PURE__ */ forReaders(() =>
  toTolerant(revisionSummary.omit({ digest: true })),
)
export const revisionsAsRead = /* @__PURE__ */ forReaders(() =>
  z.object({ revisions: z.array(revisionSummaryAsRead) }),
)
export const revisionAsRead = /* @__PURE__ */ forReaders(() =>
  revisionSummaryAsRead.extend({ text: z.string() }),
)

/** A change that somebody else has made, as the problem `stale` lists it. */
export type OtherChange = Shaped<typeof revisionSummaryAsRead>
export const documentAsRead = /* @__PURE__ */ forReaders(() =>
  z.looseObject({ revision: z.number() }),
)
