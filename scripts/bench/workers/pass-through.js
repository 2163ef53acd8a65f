// The smallest possible proxy: it passes every request to the backend and every reply to the client. It runs in
// workerd without bundling.

import { env } from 'cloudflare:workers'

// biome-ignore lint/style/noDefaultExport: it is how a Worker is declared
export default {
  fetch(request) {
    const { pathname, search } = new URL(request.url)
    return fetch(new Request(env.BACKEND + pathname + search, request))
  },
}
