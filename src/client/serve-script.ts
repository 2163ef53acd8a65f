// Serves a script of Holo's that pages load. A page that a service worker keeps may name that of an older
// Holo: it gets the present one, and asks again the next time.

export type OwnScript = {
  readonly text: string
  readonly hash: string
  /** Whether the address names this text. */
  readonly isCurrent: boolean
}

export function serveScript(
  { method, headers }: Request,
  { text, hash, isCurrent }: OwnScript,
): Response {
  if (method !== 'GET' && method !== 'HEAD') {
    return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } })
  }
  const etag = `"${hash}"`
  const known = {
    'content-type': 'text/javascript; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    etag,
    'cache-control': isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
  if (headers.get('if-none-match')?.includes(etag)) {
    return new Response(null, { status: 304, headers: known })
  }
  return new Response(method === 'HEAD' ? null : text, { headers: known })
}
