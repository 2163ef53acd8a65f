// A Worker that forwards and does nothing else, for tests that look at what goes over the wire. What
// the router would know comes in a header, which as one of Holo's own reaches no backend.

import type { Service } from '../../src/core/types.ts'
import { errorResponse } from '../../src/http/errors.ts'
import { forwardRequest } from '../../src/proxy/forward.ts'
import { matchService } from '../../src/proxy/match-service.ts'

export type Order = {
  readonly services: readonly Service[]
  readonly identity: Readonly<Record<string, string>>
}

const ORDER_HEADER = 'holo-test-order'
const REQUEST_ID = 'r1'

// biome-ignore lint/style/noDefaultExport: the entry of a Worker
export default {
  fetch: async (request) => {
    const { services, identity } = JSON.parse(request.headers.get(ORDER_HEADER) ?? '') as Order
    const { pathname, search } = new URL(request.url)
    const service = matchService(services, pathname)
    if (!service) return errorResponse('not_found', REQUEST_ID)
    const path = pathname + search
    return forwardRequest({ request, path, service, identity, requestId: REQUEST_ID })
  },
} satisfies ExportedHandler
