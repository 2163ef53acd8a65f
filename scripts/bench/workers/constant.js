// The least that a Worker can do: one reply, all of it known beforehand. It runs in workerd as it
// stands.

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
