// Checks the signatures of preview links with the public keys of the document. Nothing here is secret, and
// nothing is asked of the control.

import { fromBase64Url } from '../core/base64url.ts'
import {
  type PreviewClaims,
  type PreviewFault,
  parsePreviewToken,
  permitPreview,
} from '../core/previews.ts'
import { err, type Result } from '../core/result.ts'
import type { CompiledAssignments } from '../document/compile.ts'
import { Recent } from './recent.ts'

/** `unsigned`: no key of the document has signed this text. */
export type LinkFault = PreviewFault | 'unsigned'

export type PreviewRules = Pick<CompiledAssignments, 'previewKeys' | 'versions' | 'environments'>

export class Signatures {
  /** The key with which a token was verified, by the token. A key that changes has to verify again. */
  readonly #verified = new Recent<string>()

  /** What a token grants in this document now, or why it does not count. */
  async check(
    text: string,
    assignments: PreviewRules,
    now: number,
  ): Promise<Result<PreviewClaims, LinkFault>> {
    const token = parsePreviewToken(text)
    const key = token && assignments.previewKeys.keys.get(token.claims.key)
    if (!token || key === undefined) return err('unsigned')
    if (this.#verified.get(text) !== key) {
      if (!(await isSigned(token.signed, token.signature, key))) return err('unsigned')
      this.#verified.put(text, key)
    }
    return permitPreview(token.claims, assignments.previewKeys, assignments, now)
  }
}

const encoder = new TextEncoder()

/** Ed25519 (RFC 8032). A key that cannot be read verifies nothing. */
async function isSigned(
  text: string,
  signature: Uint8Array<ArrayBuffer>,
  key: string,
): Promise<boolean> {
  const bytes = fromBase64Url(key)
  if (!bytes) return false
  try {
    const imported = await crypto.subtle.importKey('raw', bytes, 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', imported, signature, encoder.encode(text))
  } catch {
    // Bytes that are no point of the curve.
    return false
  }
}
