// A Worker that forwards and does nothing else, for tests that look at what goes over the wire. What
// the router would know comes in a header, which as one of Holo's own reaches no backend.

import { readAddress } from '../../src/core/address.ts'
import { matchService } from '../../src/core/services.ts'
import type { Service } from '../../src/core/types.ts'
import { errorResponse } from '../../src/http/errors.ts'
import { forwardRequest } from '../../src/proxy/forward.ts'
import { type Backends, createBackends } from '../../src/proxy/origins.ts'
import type { AskedService, Order } from '../proxy/order.ts'

type Read = { readonly services: readonly Service[]; readonly fallback: Service | undefined }

const ORDER_HEADER = 'holo-test-order'
const REQUEST_ID = 'r1'
const LOOP_ID = 'holo-test'

let backends: Backends | undefined
let aheadMs = 0
/** The same text is the same services, as between two revisions. */
const known = new Map<string, Read>()

// biome-ignore lint/style/noDefaultExport: the entry of a Worker
export default {
  fetch: async (request, env: object) => {
    backends ??= createBackends({
      bindings: env,
      now: () => Date.now() + aheadMs,
      random: () => 0,
    })
    const order = JSON.parse(request.headers.get(ORDER_HEADER) ?? '') as Order
    aheadMs = Math.max(aheadMs, order.laterMs ?? 0)
    const { services, fallback } = readServices(order)
    const address = readAddress(request)
    const service = address && matchService(services, address.path)
    if (!service) return errorResponse('not_found', REQUEST_ID)
    const { response, fellBackFor } = await forwardRequest(
      {
        request,
        path: address.path + address.search,
        service,
        fallback,
        identity: order.identity,
        requestId: REQUEST_ID,
        loopId: LOOP_ID,
      },
      backends,
    )
    if (fellBackFor !== undefined) response.headers.set('Holo-Test-Fell-Back-For', fellBackFor)
    return response
  },
} satisfies ExportedHandler<object>

function readServices({ services, fallback }: Order): Read {
  const text = JSON.stringify({ services, fallback })
  const read = known.get(text) ?? {
    services: services.map(toService),
    fallback: fallback && toService(fallback),
  }
  known.set(text, read)
  return read
}

function toService(asked: AskedService): Service {
  return {
    timeoutMs: 10_000,
    stripPrefix: false,
    maxBodyBytes: Number.POSITIVE_INFINITY,
    fallback: undefined,
    ...asked,
  }
}
