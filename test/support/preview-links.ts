// Keys and signed links of previews, for tests that play the control.

import { toBase64Url } from '../../src/core/base64url.ts'
import { type PreviewClaims, toPreviewPayload, toPreviewToken } from '../../src/core/previews.ts'

export type LinkKey = {
  readonly id: string
  /** As the document has it. */
  readonly key: string
  /** The token of a link; `change` may damage the text that is signed. */
  readonly sign: (
    claims?: Partial<PreviewClaims>,
    signs?: (text: string) => string,
  ) => Promise<string>
}

const HOUR_MS = 3_600_000

export async function makeLinkKey(id: string): Promise<LinkKey> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
  const raw = await crypto.subtle.exportKey('raw', pair.publicKey)
  return {
    id,
    key: toBase64Url(new Uint8Array(raw as ArrayBuffer)),
    sign: async (claims = {}, signs = (text) => text) => {
      const { payload, signed } = toPreviewPayload({
        id: 'link-link-01',
        key: id,
        expiresAt: Date.now() + HOUR_MS,
        versions: [],
        environments: [],
        ...claims,
      })
      const text = new TextEncoder().encode(signs(signed))
      const signature = await crypto.subtle.sign('Ed25519', pair.privateKey, text)
      return toPreviewToken(payload, new Uint8Array(signature))
    },
  }
}
