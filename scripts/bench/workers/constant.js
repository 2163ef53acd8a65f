// The smallest possible Worker: it always returns the same prepared reply. It runs in workerd without bundling.

import { env } from 'cloudflare:workers'

const { BODY, HEADERS, STATUS } = env
const init = { status: STATUS, headers: HEADERS, encodeBody: 'manual' }
const body = STATUS === 304 ? null : BODY

// biome-ignore lint/style/noDefaultExport: it is how a Worker is declared
export default {
  fetch() {
    return new Response(body, init)
  },
}
