// Bytes to send, as many as are wanted and always the same, without holding them.

const CHUNK_BYTES = 2 ** 16

/** Chunks of `length` bytes in all; each chunk differs, so that a lost or doubled one shows. */
export function* madeBytes(length: number): Generator<Buffer> {
  const pattern = Buffer.alloc(CHUNK_BYTES)
  for (let i = 0; i < CHUNK_BYTES; i++) pattern[i] = (i * 167 + (i >> 8) * 13) & 0xff
  for (let sent = 0; sent < length; sent += CHUNK_BYTES) {
    const chunk = Buffer.from(pattern.subarray(0, Math.min(CHUNK_BYTES, length - sent)))
    if (chunk.length >= 4) chunk.writeUInt32LE(sent / CHUNK_BYTES)
    yield chunk
  }
}
