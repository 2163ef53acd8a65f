// Makes the keys of Ed25519 that sign preview links, and signs links. preview/signatures.ts verifies them.

import { toBase64Url } from '../../core/base64url.ts'
import { type PreviewClaims, toPreviewPayload, toPreviewToken } from '../../core/previews.ts'

/** A pair of keys: the private one as PKCS #8, the public one as the document has it. */
export async function makePreviewKey(): Promise<{
  readonly id: string
  readonly private: ArrayBuffer
  readonly public: string
}> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
  const [secret, open] = await Promise.all([
    crypto.subtle.exportKey('pkcs8', pair.privateKey),
    crypto.subtle.exportKey('raw', pair.publicKey),
  ])
  const id = [...crypto.getRandomValues(new Uint8Array(4))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
  return {
    id,
    private: secret as ArrayBuffer,
    public: toBase64Url(new Uint8Array(open as ArrayBuffer)),
  }
}

/** The token of a link. `key` is the private one. */
export async function signPreview(claims: PreviewClaims, key: ArrayBuffer): Promise<string> {
  const { payload, signed } = toPreviewPayload(claims)
  const imported = await crypto.subtle.importKey('pkcs8', key, 'Ed25519', false, ['sign'])
  const signature = await crypto.subtle.sign('Ed25519', imported, new TextEncoder().encode(signed))
  return toPreviewToken(payload, new Uint8Array(signature))
}
