// The calls for links of previews and their keys.

import type { ControlParts } from '../parts.ts'
import type { PreviewCalls } from '../previews/contract.ts'

export function createPreviewCalls(parts: ControlParts): PreviewCalls {
  const { rights, external, previews } = parts
  return {
    previews: (caller) => rights.answer(caller, 'read', () => previews.list()),

    createPreview: (caller, asked) =>
      rights.act(caller, 'shift', async (author) => {
        await external.lookWhenEmpty()
        return previews.create(author, asked)
      }),

    revokePreview: (caller, id) =>
      rights.act(caller, 'shift', (author) => previews.revoke(author, id)),

    rotatePreviewKeys: (caller, revokeAll) =>
      rights.actUnlimited(caller, 'admin', (author) => previews.rotate(author, revokeAll)),
  }
}
