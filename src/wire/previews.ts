// Signed links to previews: what is asked for, and what is listed. Only the reply that makes a link has it.

import * as z from 'zod'
import { isHarmless } from '../core/harmless-text.ts'
import { MAX_PREVIEWED, PREVIEW_ID } from '../core/previews.ts'
import { environmentName, milliseconds, type Shaped, versionId } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

const DAY_S = 86_400

/** How long a link counts if nobody says. */
export const DEFAULT_PREVIEW_S = 7 * DAY_S

/** A link is no account: whoever needs one for longer gets another, or an identity that is admitted. */
export const MAX_PREVIEW_S = 90 * DAY_S

const MIN_PREVIEW_S = 60

export const MAX_PREVIEW_NOTE_CHARACTERS = 200

/** The parameter of a link's address that holds its token. */
export const LINK_PARAMETER = 'holo-preview'

export const newPreviewBody = z
  .strictObject({
    versions: z
      .array(versionId)
      .max(MAX_PREVIEWED)
      .optional()
      .describe('Those that the link may show; the first is shown at once'),
    environments: z
      .array(environmentName)
      .max(MAX_PREVIEWED)
      .optional()
      .describe('Those whose present version the link may show, restricted ones too'),
    forSeconds: z
      .int()
      .min(MIN_PREVIEW_S)
      .max(MAX_PREVIEW_S)
      .optional()
      .describe('7 days if left out'),
    path: z
      .string()
      .max(2000)
      .regex(/^\/(?!\/)[^\s\\#]*$/, 'a path begins with one "/", as in /checkout?item=7')
      .optional()
      .describe('The page that the link opens; / if left out'),
    note: z
      .string()
      .min(1)
      .max(MAX_PREVIEW_NOTE_CHARACTERS)
      .refine(isHarmless, 'it has an invisible character, or one that changes how others are shown')
      .optional()
      .describe('For whom it is, as in "pull request 12"'),
  })
  .refine(({ versions = [], environments = [] }) => {
    const count = versions.length + environments.length
    return count >= 1 && count <= MAX_PREVIEWED
  }, `name 1 to ${MAX_PREVIEWED} versions or environments`)

export type NewPreviewBody = Shaped<typeof newPreviewBody>

export const previewParams = z.strictObject({ id: z.string().regex(PREVIEW_ID) })

/** A link without its secret. */
export const preview = z.strictObject({
  id: z.string(),
  versions: z.array(z.string()),
  environments: z.array(z.string()),
  note: z.string().optional(),
  createdAt: milliseconds,
  createdBy: z.string(),
  expiresAt: milliseconds,
  revokedAt: milliseconds.optional(),
  revokedBy: z.string().optional(),
})

export type PreviewSummary = Shaped<typeof preview>

export const previewsReply = z.strictObject({
  previews: z.array(preview).describe('Newest first, those of the last 30 days'),
})

export const newPreviewReply = preview.extend({
  token: z.string().describe('For the header Holo-Preview of programs'),
  link: z.string().describe('Whoever opens it sees the preview. No other reply contains it'),
  hostLinks: z
    .array(z.string())
    .describe('The same under the host names of the versions, where the document has such'),
})

export const rotateBody = z.strictObject({
  revokeAll: z.boolean().optional().describe('Removes the old keys, so that every link ends'),
})

export const rotatedReply = z.strictObject({
  key: z.string().describe('The id of the key that signs from now on'),
  keys: z.int().describe('How many keys count'),
  revoked: z.int().describe('How many links have ended'),
})

export const previewAsRead = /* @__PURE__ */ forReaders(() => toTolerant(preview))
export const previewsAsRead = /* @__PURE__ */ forReaders(() => toTolerant(previewsReply))
export const newPreviewAsRead = /* @__PURE__ */ forReaders(() => toTolerant(newPreviewReply))
export const rotatedAsRead = /* @__PURE__ */ forReaders(() => toTolerant(rotatedReply))

export const previewOutput = previewAsRead
export const previewsOutput = previewsAsRead
export const newPreviewOutput = newPreviewAsRead
export const rotatedOutput = rotatedAsRead

/** The address that opens a preview. */
export function toPreviewLink(origin: string, path: string, token: string): string {
  return `${origin}${path}${path.includes('?') ? '&' : '?'}${LINK_PARAMETER}=${token}`
}
