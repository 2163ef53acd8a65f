// The entry of the Worker: hands the request and the bindings to the router. No logic.

import type { Env } from './env.ts'

export default {
  fetch: () => new Response(null, { status: 503 }),
} satisfies ExportedHandler<Env>
