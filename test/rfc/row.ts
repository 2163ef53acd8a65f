// One promise of a standard, as a request and what is true of its reply.

/** In a header, stands for the tag that a plain GET of the same path and encoding has. */
export const ETAG = '<etag>'

export type Row = {
  /** Where it is written: `RFC 9110 section 13.1.2`. */
  readonly source: string
  readonly promise: string
  readonly method?: string
  readonly path: string
  readonly headers?: readonly (readonly [string, string])[]
  /** What is sent along. */
  readonly content?: string
  readonly status: number
  /** By lower-case name: the value, a pattern of it, or `null` for a header that must not be there. */
  readonly reply?: Readonly<Record<string, string | RegExp | null>>
  readonly body?: Buffer
}

export const NOTHING = Buffer.alloc(0)
