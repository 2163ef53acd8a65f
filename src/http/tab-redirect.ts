// Redirects to other origins, for the script that pins a tab (src/client/browser/tab.ts). A browser would
// carry the header with the pin on to the other origin, and ask that origin first whether it may. So
// the script gets the address as data, and goes there without the header. The script names its tab with
// requests whose redirects it can follow itself.

import { TAB_NAME_HEADER } from './tab-name.ts'

/** The status and the absolute address of the redirect. */
const LOCATION_HEADER = 'Holo-Location'

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * The reply to send instead of one that leads to another origin: a 300 (RFC 9110 section 15.4.1), which
 * no browser follows by itself. All other replies stay as they are.
 */
export function toTabRedirect(response: Response, request: Request): Response {
  if (!REDIRECTS.has(response.status) || !request.headers.has(TAB_NAME_HEADER)) return response
  const target = URL.parse(response.headers.get('location') ?? '', request.url)
  if (!target || target.origin === new URL(request.url).origin) return response
  const headers = new Headers(response.headers)
  headers.delete('location')
  headers.set('content-length', '0')
  headers.delete('content-encoding')
  headers.set(LOCATION_HEADER, `${response.status} ${target.href}`)
  headers.set('cache-control', 'no-store')
  // The client gets no body, so that the backend's connection becomes free.
  void Promise.allSettled([response.body?.cancel()])
  return new Response(null, { status: 300, headers })
}
