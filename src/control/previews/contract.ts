// The calls of the control that concern previews.

import type { Result } from '../../core/result.ts'
import type { Shaped } from '../../wire/parts.ts'
import type { NewPreviewBody, PreviewSummary, rotatedReply } from '../../wire/previews.ts'
import type { Answer, Caller, RefusedResult } from '../caller.ts'

/** A new link with its token, which is stored nowhere. */
export type NewPreview = PreviewSummary & { readonly token: string }

export type RotateResult = Shaped<typeof rotatedReply>

export type PreviewCalls = {
  readonly previews: (caller: Caller) => Answer<readonly PreviewSummary[]>
  /** Only this reply contains the token of the link. */
  readonly createPreview: (
    caller: Caller,
    asked: NewPreviewBody,
  ) => Promise<Result<NewPreview, RefusedResult>>
  readonly revokePreview: (
    caller: Caller,
    id: string,
  ) => Promise<Result<PreviewSummary | undefined, RefusedResult>>
  readonly rotatePreviewKeys: (
    caller: Caller,
    revokeAll: boolean,
  ) => Promise<Result<RotateResult, RefusedResult>>
}
