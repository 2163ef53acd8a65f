// MurmurHash3_x86_32 over bytes and texts.

const encoder = new TextEncoder()
/**
 * Nearly every text that is hashed is short and ASCII; encoding it would cost more than hashing it.
 */
const ascii = new Uint8Array(256)

/**
 * The 32-bit hash of the first `length` of `bytes`, as an unsigned integer.
 *
 * After Austin Appleby's reference (SMHasher, `MurmurHash3.cpp`, public domain); it reproduces its
 * verification value 0xB0F57EE3.
 */
export function murmur3(bytes: Uint8Array, seed = 0, length = bytes.length): number {
  const tail = length & ~3
  let hash = seed | 0
  for (let at = 0; at < tail; at += 4) {
    const block =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    hash ^= scramble(block)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  let rest = 0
  if (length - tail > 2) rest ^= (bytes[tail + 2] as number) << 16
  if (length - tail > 1) rest ^= (bytes[tail + 1] as number) << 8
  if (length - tail > 0) rest ^= bytes[tail] as number
  hash ^= scramble(rest)
  hash ^= length
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  hash ^= hash >>> 16
  return hash >>> 0
}

/** The hash of the UTF-8 bytes of `text`. */
export function murmur3Text(text: string, seed = 0): number {
  const { length } = text
  if (length > ascii.length || !writeAscii(text, 0)) return murmur3(encoder.encode(text), seed)
  return murmur3(ascii, seed, length)
}

/**
 * `murmur3Text` of `first.second`. The two are not joined, which would take longer than hashing them.
 */
export function murmur3Dotted(first: string, second: string): number {
  const dot = first.length
  const length = dot + 1 + second.length
  if (length > ascii.length || !writeAscii(first, 0) || !writeAscii(second, dot + 1)) {
    return murmur3(encoder.encode(`${first}.${second}`))
  }
  ascii[dot] = DOT
  return murmur3(ascii, 0, length)
}

const DOT = 0x2e

/** @returns false for a text that is not ASCII. */
function writeAscii(text: string, at: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return false
    ascii[at + i] = code
  }
  return true
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}
