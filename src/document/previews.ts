// What the document says about previews and about who is admitted to restricted environments.
// docs/previews.md describes both.

import * as z from 'zod'
import { MAX_GLOB_CHARACTERS } from '../core/glob.ts'
import { PREVIEW_ID, PREVIEW_KEY, PREVIEW_KEY_ID } from '../core/previews.ts'
import { isHost } from './names.ts'

/** Links that count at a time: one for each pull request of a large team, several times over. */
export const MAX_PREVIEWS = 2000

/** Links outlive a rotation by as many keys. A new key removes the oldest beyond this number. */
export const MAX_PREVIEW_KEYS = 5

/** Links that were revoked and are not over yet. Beyond this number, new keys are the way. */
export const MAX_REVOKED_PREVIEWS = 500

/** Who is admitted to an environment, in each of the two lists. */
export const MAX_ADMITTED = 100

const listed = (what: string) =>
  z
    .array(z.string().min(1).max(MAX_GLOB_CHARACTERS))
    .min(1)
    .max(MAX_ADMITTED)
    .optional()
    .describe(what)

export const admission = z
  .strictObject({
    emails: listed('E-mail addresses of verified identities; "*" stands for any characters'),
    groups: listed('Groups of verified identities'),
    when: z
      .unknown()
      .optional()
      .describe(
        'A condition that sees the claims of a verified identity: { "var": "identity.email" }',
      ),
  })
  .refine(
    ({ emails, groups, when }) => emails || groups || when !== undefined,
    'say who is admitted: by "emails", "groups" or "when"',
  )

export type AdmissionDocument = z.infer<typeof admission>

const wildcardHost = z
  .string()
  .refine(
    (host) => host.startsWith('*.') && isHost(host.slice(2)) && host.includes('.', 2),
    'the host names of previews are written as in "*.preview.example.com"',
  )

export const previews = z.strictObject({
  hosts: z
    .array(wildcardHost)
    .max(10)
    .optional()
    .describe(
      'Version 0.0.6 has the host name 0-0-6.preview.example.com, for those who have a link',
    ),
  keys: z
    .array(
      z.strictObject({
        id: z.string().regex(PREVIEW_KEY_ID, 'the id of a key has 8 digits and lower-case letters'),
        key: z.string().regex(PREVIEW_KEY, 'a key is the base64url of 32 bytes'),
      }),
    )
    .max(MAX_PREVIEW_KEYS)
    .optional()
    .describe('Written by the control: public keys of Ed25519 that sign links'),
  revoked: z
    .array(z.string().regex(PREVIEW_ID, 'the id of a link has 12 characters'))
    .max(MAX_REVOKED_PREVIEWS)
    .optional()
    .describe('Written by the control: revoked links that are not over yet'),
})

export type PreviewsDocument = z.infer<typeof previews>

/**
 * The `previews` of a document that somebody wrote as a whole, or of an earlier revision: its settings, and
 * the keys and revocations of today, so that neither brings a revoked link or a removed key back.
 */
export function withOwnKeys<D extends { readonly previews?: PreviewsDocument | undefined }>(
  document: D,
  current: { readonly previews?: PreviewsDocument | undefined } | undefined,
): D {
  if (!current) return document
  const { keys: _, revoked: __, ...said } = document.previews ?? {}
  const { keys, revoked } = current.previews ?? {}
  const previews = { ...said, ...(keys && { keys }), ...(revoked && { revoked }) }
  const { previews: ___, ...rest } = document
  return (Object.keys(previews).length > 0 ? { ...rest, previews } : rest) as D
}
