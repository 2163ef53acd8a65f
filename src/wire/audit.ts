// The audit log, and the result of a check of it.

import * as z from 'zod'
import { MAX_ASSIGNMENTS_BYTES } from '../document/limits.ts'
import { anyEvent } from './events.ts'
import { filesOutput } from './files.ts'
import { milliseconds, next, type Shaped } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

/** One row. Its hash covers all the other fields and the hash of the row before. */
export const auditRow = z.strictObject({
  seq: z.int(),
  at: milliseconds,
  actor: z.string(),
  token: z.string().optional().describe("Id of the token that was used: a name can be anybody's"),
  action: z
    .string()
    .describe(
      "A command's kind, a kind of rollout event, or `add-version`, `remove-versions`, `adopt`, `republish`, `freeze`, `unfreeze`, `set-windows`, `token-create`, `token-revoke`, `preview-create`, `preview-revoke`, `preview-rotate`, `preview-keys`, `webhook-add`, `webhook-remove`, `webhook-resume`, `webhook-test`, `webhook-redeliver`, `webhook-disable`",
    ),
  detail: z.unknown().describe('What the action was given, without secrets'),
  reason: z.string().optional(),
  revision: z.int().optional().describe('The revision it made'),
  before: z.string().optional(),
  after: z
    .string()
    .optional()
    .describe('SHA-256 of the document without `audit`, in canonical form (RFC 8785)'),
  requestId: z.string(),
  previous: z.string().describe('The hash of the row before; 64 zeros in the first'),
  hash: z.string().describe('SHA-256, 64 lower-case hex digits'),
  form: z.int().describe('2; 1 for rows from before digests were of the canonical form'),
  textDigest: z.string().optional().describe('SHA-256 of the text of the document without `audit`'),
})

export type AuditRow = Shaped<typeof auditRow>

export const auditReply = z.strictObject({ rows: z.array(auditRow), next })

export const verifyBody = z.strictObject({
  copy: z
    .string()
    .max(MAX_ASSIGNMENTS_BYTES)
    .optional()
    .describe('The text of any document that was published, byte for byte'),
})

/** What a check of the log finds. */
export const verifyReply = z.strictObject({
  rows: z.int(),
  head: z.string().describe('Hash of the newest row: keep it elsewhere'),
  problems: z
    .array(z.strictObject({ seq: z.int().optional(), message: z.string() }))
    .describe('What does not fit, oldest first; empty when all is whole'),
})

export type Verification = Shaped<typeof verifyReply>

const rowAsRead = /* @__PURE__ */ forReaders(() =>
  toTolerant(
    auditRow.pick({
      seq: true,
      at: true,
      actor: true,
      token: true,
      action: true,
      detail: true,
      reason: true,
      revision: true,
      requestId: true,
    }),
  ),
)

export const auditAsRead = /* @__PURE__ */ forReaders(() =>
  z.object({ rows: z.array(rowAsRead), next: z.int().optional() }),
)
export const verifyAsRead = /* @__PURE__ */ forReaders(() => toTolerant(verifyReply))

export const logOutput = /* @__PURE__ */ forReaders(() =>
  z.strictObject({
    rows: z.array(rowAsRead).optional().describe('Of the audit log; not with --follow'),
    event: anyEvent.optional().describe('With --follow: one event in each line of output'),
    next: z.int().optional().describe('What --before has to be for the next page'),
  }),
)

export const verifyOutput = /* @__PURE__ */ forReaders(() =>
  verifyAsRead.extend({ files: filesOutput.optional().describe('With --files') }),
)
