// Headers that speak of one connection only and so end with it (RFC 9110 section 7.6.1). What else a
// proxy keeps to itself is the proxy's affair.

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Removes them, every header that `Connection` names, and all `Proxy-*`. */
export function dropHopByHop(headers: Headers): void {
  const named = (headers.get('connection') ?? '').toLowerCase().split(/[\s,]+/)
  for (const name of [...headers.keys()]) {
    if (HOP_BY_HOP.has(name) || name.startsWith('proxy-') || named.includes(name)) {
      headers.delete(name)
    }
  }
}
