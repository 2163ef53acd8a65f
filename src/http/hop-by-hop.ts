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

/** Tells which headers of a message these are: all `Proxy-*` and what its `Connection` names, too. */
export function toHopByHop(headers: Headers): (name: string) => boolean {
  const connection = headers.get('connection')
  const named = connection === null ? [] : connection.toLowerCase().split(/[\s,]+/)
  return (name) => HOP_BY_HOP.has(name) || name.startsWith('proxy-') || named.includes(name)
}
