// One script and its encodings as real compressors made them, so that a test inside workerd needs
// no compressor, and a runtime that decodes what it should not is caught.

const LINE = 'export const holo = "many versions, one address";\n'

export const SCRIPT = LINE.repeat(40)

/** By encoding, the stored bytes. */
export const ENCODED_SCRIPT = {
  br: fromBase64(
    'G88HEI3UYq0w7o1Q6VAnS/WmVNOS2QTzgVCADThwKrLAZBE4kjonyFARhWGR2ntaIwIDP4u0hTnW5gA=',
  ),
  gzip: fromBase64(
    'H4sIAAAAAAAAA+3LwQmAMBAEwL9VLHnbgVhMMAcKehvugmj3tuFj5z/2dMbARs+BnSexolzVX9wWedBzBt1QWwvLLMtkGhoaGhoaGj8bH5qKXDfQBwAA',
  ),
  zstd: fromBase64(
    'KLUv/WDQBt0BACQDZXhwb3J0IGNvbnN0IGhvbG8gPSAibWFueSB2ZXJzaW9ucywgb25lIGFkZHJlc3MiOwoBALJ5/RUU',
  ),
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
}
