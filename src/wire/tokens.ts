// Tokens, the limits on what they may change, and the identity of a caller.

import * as z from 'zod'
import { isHarmless } from '../core/harmless-text.ts'
import { milliseconds, type Shaped } from './parts.ts'
import { SCOPES } from './scopes.ts'
import { forReaders, toTolerant } from './tolerant.ts'

/**
 * The characters of the patterns of each list. `?` is not allowed: see `isWithin` in
 * access/token-limits.ts.
 */
export const LIMIT_PATTERNS = {
  environments: /^[a-z0-9*-]{1,63}$/,
  versions: /^[A-Za-z0-9._+*-]{1,64}$/,
  hosts: /^[a-z0-9.*-]{1,253}$/,
} as const

export const LIMIT_NAMES = ['environments', 'versions', 'hosts'] as const

/** A token is for one pipeline. Nobody could check a limit with more patterns than this. */
export const MAX_LIMIT_PATTERNS = 20

/** Ten years. For an unlimited time the field is left out. */
export const MAX_TOKEN_DAYS = 3650

export const TOKEN_ID = /^[0-9a-f]{16}$/

const scope = z.enum(SCOPES)

const patterns = (name: keyof typeof LIMIT_PATTERNS, what: string) =>
  z
    .array(z.string().regex(LIMIT_PATTERNS[name], 'a name, with "*" for any characters'))
    .min(1)
    .max(MAX_LIMIT_PATTERNS)
    .optional()
    .describe(what)

/** What a token may expose before there is evidence: docs/safety.md. */
export const budget = z
  .strictObject({
    maxShare: z
      .number()
      .min(0.01)
      .max(100)
      .refine(
        (share) => Math.abs(share * 100 - Math.round(share * 100)) < 1e-6,
        'two decimals at most',
      )
      .optional()
      .describe('Percent of the visitors that may have versions without evidence'),
    maxVisitors: z
      .int()
      .min(1)
      .max(1_000_000_000)
      .optional()
      .describe('How many visitors a rollout may give a version to before there is evidence'),
  })
  .refine(
    ({ maxShare, maxVisitors }) => maxShare !== undefined || maxVisitors !== undefined,
    'a budget has "maxShare", "maxVisitors" or both',
  )
  .describe('What it may expose to visitors without evidence; as much as it likes, when left out')

export type Budget = Shaped<typeof budget>

/** What a token may change, by patterns. */
const asked = {
  environments: patterns('environments', 'The environments it may change; all, when left out'),
  versions: patterns(
    'versions',
    'The versions it may publish, change and point at; all, when left out',
  ),
  hosts: patterns(
    'hosts',
    'The host names it may give to environments; when left out, all, or none if `environments` is given',
  ),
  budget: budget.optional(),
}

/** In replies. Stored limits that cannot be read any more become empty lists, which allow nothing. */
const limits = {
  environments: z.array(z.string()).optional().describe('Those it may change; all if left out'),
  versions: z.array(z.string()).optional().describe('Those it may change and point at'),
  hosts: z.array(z.string()).optional().describe('Those it may give to environments'),
  budget: budget.optional(),
}

/**
 * Patterns in which `*` stands for any characters. A list that is left out allows everything, with one
 * exception: if `environments` is given and `hosts` is not, the token may set no host names. Otherwise a
 * preview could take the host name of production and so its visitors.
 */
export type Limits = Shaped<z.ZodObject<typeof limits>>

export const newTokenBody = z.strictObject({
  name: z
    .string()
    .regex(/^\S(?:[^\p{Cc}]{0,98}\S)?$/u, '1 to 100 characters on one line, no space at its ends')
    .refine(isHarmless, 'it has an invisible character, or one that changes how others are shown'),
  scopes: z.array(scope).min(1).max(SCOPES.length),
  ...asked,
  expiresInDays: z
    .int()
    .min(1)
    .max(MAX_TOKEN_DAYS)
    .optional()
    .describe('As long as the token that makes it, when left out'),
})

export type NewTokenBody = Shaped<typeof newTokenBody>

export const tokenParams = z.strictObject({ id: z.string().regex(TOKEN_ID) })

/** A token without the secret. */
export const token = z.strictObject({
  id: z.string(),
  name: z.string(),
  scopes: z.array(scope),
  ...limits,
  createdAt: milliseconds,
  createdBy: z.string(),
  expiresAt: milliseconds.optional().describe('Never, when left out'),
  lastUsedAt: milliseconds.optional().describe('To the minute'),
  revokedAt: milliseconds.optional(),
})

export type TokenSummary = Shaped<typeof token>

export const tokensReply = z.strictObject({ tokens: z.array(token) })
export const newTokenReply = token.extend({
  token: z.string().describe('The token itself, which no other reply contains'),
})

export const whoamiReply = z.strictObject({
  actor: z.string().describe('As the audit log names the caller'),
  kind: z
    .enum(['token', 'session', 'access'])
    .describe('`session`: a browser that signed in; `access`: an identity of Cloudflare Access'),
  token: z.string().optional().describe('The id of the token, never the token'),
  scopes: z.array(scope),
  ...limits,
  expiresAt: milliseconds.optional().describe('When the credential ends; left out for never'),
})

export const tokenAsRead = /* @__PURE__ */ forReaders(() => toTolerant(token))
export const tokensAsRead = /* @__PURE__ */ forReaders(() => toTolerant(tokensReply))
export const newTokenAsRead = /* @__PURE__ */ forReaders(() => toTolerant(newTokenReply))
export const whoamiAsRead = /* @__PURE__ */ forReaders(() => toTolerant(whoamiReply))

export const tokenOutput = tokenAsRead
export const tokensOutput = tokensAsRead
export const newTokenOutput = newTokenAsRead
export const whoamiOutput = /* @__PURE__ */ forReaders(() =>
  whoamiAsRead.extend({ target: z.string(), url: z.string() }),
)
