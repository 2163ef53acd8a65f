// What a token looks like, and how it is made, hashed and compared. tokens.ts keeps tokens and knows which
// of them still count.

import { toHex } from '../../core/hex.ts'

/** What makes a token: as many bits as its SHA-256 has. */
const SECRET_BYTES = 32

/** Ids only have to differ; they are no secret. */
const TOKEN_ID_BYTES = 8

/** Enough that no two of a few thousand credentials are the same. */
const FINGERPRINT_BYTES = 8

/** `holo_<id>_<secret>`: the prefix is for scanners of leaked secrets, the id for finding the row. */
const TOKEN = /^holo_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/

const encoder = new TextEncoder()

export function makeToken(): { readonly id: string; readonly token: string } {
  const id = toHex(crypto.getRandomValues(new Uint8Array(TOKEN_ID_BYTES)))
  const secret = toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
  return { id, token: `holo_${id}_${secret}` }
}

/** The id in a text that looks like a token of ours. */
export function parseTokenId(text: string): string | undefined {
  return TOKEN.exec(text)?.[1]
}

/**
 * SHA-256 of the whole text: 32 bytes. A slow hash is for passwords; nobody can go through 2^256
 * random tokens (RFC 9106 section 1 speaks of low-entropy secrets).
 */
export function hashToken(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', encoder.encode(text))
}

/** Whether two hashes are the same, in a time that does not tell where they differ. */
export function isSameHash(one: ArrayBuffer, other: ArrayBuffer): boolean {
  return one.byteLength === other.byteLength && crypto.subtle.timingSafeEqual(one, other)
}

/** The first 64 bits of a hash, as hex: it tells credentials apart, and nothing about them. */
export function toFingerprint(hash: ArrayBuffer): string {
  return toHex(new Uint8Array(hash).subarray(0, FINGERPRINT_BYTES))
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
