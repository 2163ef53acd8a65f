// Headers that belong to a single connection and are not forwarded (RFC 9110 section 7.6.1).

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Whether it is such a header in every message; the name is in lower case. All `Proxy-*` are. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name) || name.startsWith('proxy-')
}

const NOTHING: readonly string[] = []

/** What a message names as belonging to its connection too: names in lower case, by its `Connection`. */
export function listConnectionNames(connection: string | null): readonly string[] {
  // What browsers send.
  if (connection === null || connection === 'keep-alive') return NOTHING
  return connection.toLowerCase().split(/[\s,]+/)
}
