// The file of an export: a document, what it says as one hash, and where it comes from. Reading it back
// is judging it: an export that was changed is told from one that was not.

import { createHash } from 'node:crypto'
import * as z from 'zod'
import { refused } from './failure.ts'

export const EXPORT_FORMAT = 'holo-export'

export const exported = z.strictObject({
  format: z.literal(EXPORT_FORMAT),
  formatVersion: z.literal(1),
  exportedAt: z.string(),
  from: z.string(),
  revision: z.int(),
  content: z.string(),
  document: z.looseObject({}),
})

/**
 * SHA-256 of what a document says, without which revision it is and where the audit log stood: the
 * same in every control that says the same, because a control always writes in the same order.
 */
export function digestContent(document: Readonly<Record<string, unknown>>): string {
  const { revision: _, reserve: __, audit: ___, ...content } = document
  return createHash('sha256').update(JSON.stringify(content)).digest('hex')
}

/** The document in a parsed file; whatever is no export is taken for a document itself. */
export function takeDocument(read: unknown, file: string): unknown {
  if ((read as { format?: unknown } | null)?.format !== EXPORT_FORMAT) return read
  const whole = exported.safeParse(read)
  if (!whole.success) {
    throw refused('invalid_export', `${file} is an export of another version of Holo, or damaged`, {
      problems: whole.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    })
  }
  const { document, content } = whole.data
  if (digestContent(document) === content) return document
  throw refused('invalid_export', `${file} was changed since it was exported`, {
    hint: 'to take it all the same, put its "document" into a file of its own',
  })
}
