// The forwarding Worker with something else to do behind each reply, as Holo has when it refreshes
// and counts: the platform then does not end a request's work when its client leaves.

import proxyWorker from './proxy-worker.ts'

const BUSY_MS = 20_000

// biome-ignore lint/style/noDefaultExport: the entry of a Worker
export default {
  fetch: (request, env: object, ctx) => {
    ctx.waitUntil(scheduler.wait(BUSY_MS))
    return proxyWorker.fetch(request, env)
  },
} satisfies ExportedHandler<object>
