// The control of every raw-path test: a Worker that says which URL reached it, on a direct socket
// like Holo's. Only if that is what was sent does a test of Holo's answer prove anything.

import { convertV4MiniflareOptions, Miniflare } from 'miniflare'

export type Echo = { readonly url: URL; readonly stop: () => Promise<void> }

export async function startEcho(): Promise<Echo> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      workers: [
        {
          name: 'echo',
          compatibilityDate: '2026-10-01',
          modules: [
            {
              type: 'ESModule',
              path: 'echo.js',
              contents: 'export default { fetch: (request) => new Response(request.url) }',
            },
          ],
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        },
      ],
    }),
  )
  await miniflare.ready
  return {
    url: await miniflare.unsafeGetDirectURL('echo'),
    stop: () => miniflare.dispose(),
  }
}
