// The format of tokens, and how they are made, hashed and compared. tokens.ts stores them and knows
// which of them are valid.

import { toHex } from '../../core/hex.ts'

/** The random bytes of a token: as many bits as its SHA-256 has. */
const SECRET_BYTES = 32

/** Ids must be unique but not secret. */
const TOKEN_ID_BYTES = 8

/** Enough to tell a few thousand credentials apart. */
const FINGERPRINT_BYTES = 8

/** `holo_<id>_<secret>`: the prefix is for scanners of leaked secrets, the id for finding the row. */
const TOKEN = /^holo_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/

const encoder = new TextEncoder()

export function makeToken(): { readonly id: string; readonly token: string } {
  const id = toHex(crypto.getRandomValues(new Uint8Array(TOKEN_ID_BYTES)))
  const secret = toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
  return { id, token: `holo_${id}_${secret}` }
}

/** `holo-session_<secret>` or `holo-code_<secret>`: each is looked up by its hash. */
const SIGN_IN_SECRET = /^holo-(session|code)_[A-Za-z0-9_-]{43}$/

export type SignInKind = 'session' | 'code'

/** The secret of a session or of a one-time code. */
export function makeSignInSecret(kind: SignInKind): string {
  return `holo-${kind}_${toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))}`
}

/** Whether a text has the form of such a secret. */
export function isSignInSecret(kind: SignInKind, text: string): boolean {
  return SIGN_IN_SECRET.exec(text)?.[1] === kind
}

/** The id of a token; `undefined` for a text that does not have the format of a token. */
export function parseTokenId(text: string): string | undefined {
  return TOKEN.exec(text)?.[1]
}

/**
 * SHA-256 of the whole text: 32 bytes. A slow hash is only needed for passwords (RFC 9106 section 1). A
 * random token of 256 bits cannot be found by trying.
 */
export function hashToken(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', encoder.encode(text))
}

/** Compares two hashes in a time that does not depend on where they differ. */
export function isSameHash(one: ArrayBuffer, other: ArrayBuffer): boolean {
  return one.byteLength === other.byteLength && crypto.subtle.timingSafeEqual(one, other)
}

/**
 * The first 64 bits of a hash, as hex: enough to tell credentials apart, and useless for guessing them.
 */
export function toFingerprint(hash: ArrayBuffer): string {
  return toHex(new Uint8Array(hash).subarray(0, FINGERPRINT_BYTES))
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
