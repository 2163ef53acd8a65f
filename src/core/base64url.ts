// Bytes as base64url without padding (RFC 4648 section 5), which needs no escape in addresses and cookies.

export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

/** The bytes of a text; `undefined` if it is none that `toBase64Url` could have written. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0))
    return toBase64Url(bytes) === text ? bytes : undefined
  } catch {
    // A length or a character that no bytes have.
    return undefined
  }
}
