// Replies of the admin API as far as commands read them: what is not named here may be there and may
// change. The whole of them is in the API's OpenAPI document.

import * as z from 'zod'
import { viewers } from './viewers.ts'

export const moves = z.array(z.object({ from: z.string(), to: z.string(), buckets: z.number() }))

export const committedReply = z.object({
  revision: z.number(),
  changed: z.boolean(),
  moved: moves,
  closed: z.array(viewers).default([]),
  /** In dry runs: what the document would be. */
  text: z.string().optional(),
  /** Of the start of a rollout. */
  rollout: z.object({ id: z.number() }).optional(),
})

export const environmentReply = z.object({
  name: z.string(),
  version: z.string(),
  restricted: z.boolean(),
  hosts: z.array(z.string()),
  percent: z.number(),
})

export const environmentsReply = z.object({
  revision: z.number(),
  environments: z.array(environmentReply),
})

export const revisionReply = z.object({
  revision: z.number(),
  at: z.number(),
  actor: z.string(),
  action: z.string(),
  reason: z.string().optional(),
})

export const revisionsReply = z.object({ revisions: z.array(revisionReply) })
export const revisionTextReply = revisionReply.extend({ text: z.string() })

/** The document: parse.ts reads it, with the edge's own eyes. */
export const documentReply = z.looseObject({ revision: z.number() })

export const tokenReply = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  environments: z.array(z.string()).optional(),
  versions: z.array(z.string()).optional(),
  hosts: z.array(z.string()).optional(),
  createdAt: z.number(),
  createdBy: z.string(),
  expiresAt: z.number().optional(),
  lastUsedAt: z.number().optional(),
  revokedAt: z.number().optional(),
})

export const whoamiReply = z.object({
  actor: z.string(),
  kind: z.enum(['token', 'access']),
  token: z.string().optional(),
  scopes: z.array(z.string()),
})
