// `GET /.holo/version`: which version the client would get now. Anybody may ask. An open page compares
// the answer with its own version to find out that a new one is there.

import { decide } from './core/decide.ts'
import type { CompiledAssignments } from './document/compile.ts'
import { errorResponse } from './http/errors.ts'
import type { Facts } from './http/facts.ts'

/**
 * Reports what `decide` chooses, without what the document's `expose` hides. `decide` chooses a
 * restricted environment only for a client with a grant.
 */
export function serveVersionNow(
  facts: Facts,
  assignments: CompiledAssignments,
  requestId: string,
): Response {
  if (facts.method !== 'GET' && facts.method !== 'HEAD') {
    return errorResponse('method_not_allowed', requestId, { allow: 'GET, HEAD' })
  }
  const { version, environment } = decide({ ...facts, current: true }, assignments)
  const { response: expose } = assignments.expose
  const told = {
    ...(expose.has('version') ? { version: version.id } : {}),
    ...(expose.has('environment') ? { environment } : {}),
  }
  return new Response(facts.method === 'HEAD' ? null : JSON.stringify(told), {
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })
}
