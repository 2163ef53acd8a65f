// Puts Holo's scripts into a page that a service has made. act.ts decides which replies may be one.

import type { Facts } from './facts.ts'
import { adaptEtag, adaptPageHeaders, type Insertion, planInsertion } from './insertion.ts'
import { keepPrivate } from './keep-private.ts'
import { opensPage } from './kind.ts'
import { insertIntoShort, insertIntoStream, isShortPage } from './page-head.ts'

type PageRequest = {
  readonly request: Request
  readonly insertions: readonly Insertion[]
  readonly facts: Facts
}

/** A service's reply with the insertions, if it is a page that can take them. */
export async function changePage(
  response: Response,
  { request, insertions, facts }: PageRequest,
  pageKey: string,
): Promise<Response> {
  const { status, headers, body } = response
  if (response.webSocket) return response
  if (status === 304) adaptEtag(headers, pageKey)
  // A part of a page is one of the page as the backend has it.
  if (status === 206 || status === 304) return response
  const planned = planInsertion((name) => headers.get(name), insertions, request.url)
  if (!planned) return response
  const isShort = isShortPage(headers)
  adaptPageHeaders(headers, planned.key)
  // `finishReply` does it for the pages that are opened.
  if (!opensPage(facts.kind)) keepPrivate(headers)
  if (body === null) return response
  const changed = isShort
    ? await insertIntoShort(response, planned.html)
    : insertIntoStream(body, planned.html)
  return new Response(changed, response)
}
