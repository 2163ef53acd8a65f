// The two parts of a normalised origin: whom to ask, and what stands in front of every path there.

export type SplitOrigin = {
  /** Such as `https://api.example.com` or `service:API`. */
  readonly address: string
  /** Empty, or such as `/prod`. */
  readonly basePath: string
}

/** Behind `https://`, and in `service:NAME`, the path begins with the first slash. */
export function splitOrigin(origin: string): SplitOrigin {
  const scheme = origin.indexOf('://')
  const at = origin.indexOf('/', scheme < 0 ? 0 : scheme + '://'.length)
  if (at < 0) return { address: origin, basePath: '' }
  return { address: origin.slice(0, at), basePath: origin.slice(at) }
}
