// The least that a proxy can be: every request goes to the backend, every reply to the client. It
// runs in workerd as it stands.

import { env } from 'cloudflare:workers'

// biome-ignore lint/style/noDefaultExport: it is how a Worker is declared
export default {
  fetch(request) {
    const { pathname, search } = new URL(request.url)
    return fetch(new Request(env.BACKEND + pathname + search, request))
  },
}
