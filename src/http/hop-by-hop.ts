// Headers that belong to a single connection and are not forwarded (RFC 9110 section 7.6.1).

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * Returns a test for these headers of a message; all `Proxy-*` and those that its `Connection`
 * names count too.
 */
export function toHopByHop(headers: Headers): (name: string) => boolean {
  const connection = headers.get('connection')
  const named = connection === null ? [] : connection.toLowerCase().split(/[\s,]+/)
  return (name) => HOP_BY_HOP.has(name) || name.startsWith('proxy-') || named.includes(name)
}
