// Proofs that Holo has served a version to a visitor: its page gets one, and a report without one is not
// judged. An HMAC with the salt of the document, which every isolate has and which never leaves Holo.

import { toBase64Url } from '../core/base64url.ts'

/** What a proof is about. */
export type Proven = {
  /** The id that decides the visitor's bucket. */
  readonly visitor: string
  readonly environment: string
  readonly version: string
}

/** A tab that was open for longer proves nothing any more. */
export const MAX_PROOF_DAYS = 7

const DAY_MS = 86_400_000
/** Of 32: nobody guesses as many. */
const PROOF_BYTES = 16
const PROOF = /^(\d{1,7})\.([A-Za-z0-9_-]{22})$/
const encoder = new TextEncoder()

export class Proofs {
  #salt: string | undefined
  #key: Promise<CryptoKey> | undefined

  /** The proof for a page that is served now: the day and a signature. */
  async make(salt: string, proven: Proven, now: number): Promise<string> {
    const day = Math.floor(now / DAY_MS)
    return `${day}.${await this.#sign(salt, proven, day)}`
  }

  /** Whether a proof was made by `make` not long ago. */
  async check(salt: string, proven: Proven, proof: string, now: number): Promise<boolean> {
    const [, day = '', signature = ''] = PROOF.exec(proof) ?? []
    const age = Math.floor(now / DAY_MS) - Number(day)
    // Clocks of two isolates may lie on both sides of midnight.
    if (signature === '' || age < -1 || age > MAX_PROOF_DAYS) return false
    return isSame(await this.#sign(salt, proven, Number(day)), signature)
  }

  async #sign(salt: string, { visitor, environment, version }: Proven, day: number) {
    const text = JSON.stringify(['holo-report-1', day, environment, version, visitor])
    const key = await this.#keyOf(salt)
    const signed = await crypto.subtle.sign('HMAC', key, encoder.encode(text))
    return toBase64Url(new Uint8Array(signed, 0, PROOF_BYTES))
  }

  #keyOf(salt: string): Promise<CryptoKey> {
    if (this.#key && this.#salt === salt) return this.#key
    const hmac = { name: 'HMAC', hash: 'SHA-256' }
    const key = crypto.subtle.importKey('raw', encoder.encode(salt), hmac, false, ['sign'])
    this.#salt = salt
    this.#key = key
    return key
  }
}

/** Takes as long wherever the first difference is. */
function isSame(one: string, other: string): boolean {
  let difference = one.length ^ other.length
  for (let i = 0; i < one.length; i++) difference |= one.charCodeAt(i) ^ other.charCodeAt(i)
  return difference === 0
}
