// What a manifest says of a file: its path, its bytes, and the smaller forms of them.

/**
 * Content codings that are made when a version is published (RFC 9110 section 8.4.1, RFC 7932, RFC
 * 8878).
 */
export type Encoding = 'br' | 'gzip' | 'zstd'

/** One stored form of a file. */
export type Representation = {
  /** SHA-256 of the stored bytes, 64 lower-case hex digits. */
  readonly blob: string
  /** Length of the stored bytes. */
  readonly size: number
}

/** A smaller form that everybody can read who knows the encoding. */
export type PlainForm = Representation & {
  readonly encoding: Encoding
  readonly dictionary?: never
}

/** Content codings that need a dictionary (RFC 9842 sections 4 and 5): Brotli and Zstandard. */
export type DeltaEncoding = 'dcb' | 'dcz'

/** A form that can only be read with a dictionary. */
export type Delta = Representation & {
  readonly encoding: DeltaEncoding
  /** SHA-256 of an earlier file's content, 64 lower-case hex digits. */
  readonly dictionary: string
}

export type EncodedForm = PlainForm | Delta

export type ManifestEntry = Representation & {
  /** Decoded, absolute: `/img/a b.png`. */
  readonly path: string
  /** The complete `Content-Type`. */
  readonly type: string
  /** The name changes whenever the content does, so that caches may keep the file for ever. */
  readonly hashed: boolean
  /** Stored for the version and never served: a source map. */
  readonly isPrivate?: true
  /** Browsers may keep it as the dictionary of its successors (RFC 9842). */
  readonly isDictionary?: true
  /** Smaller forms of the same content. */
  readonly encodings: readonly EncodedForm[]
}

export function isDelta(form: EncodedForm): form is Delta {
  return form.dictionary !== undefined
}
