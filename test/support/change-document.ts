// Changes the document of a running edge over the API. A second edit of KV could be lost: the control writes what it
// adopts, perhaps just then.

import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { ask } from './http-client.ts'

/** @param token of the scope `admin`. */
export async function changeDocument(
  url: URL,
  token: string,
  change: Partial<AssignmentsDocument>,
): Promise<void> {
  const call = async (method: string, headers: Record<string, string> = {}, body?: string) => {
    const answer = await ask(url, '/.holo/api/assignments', {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(body === undefined ? {} : { body }),
    })
    if (answer.status >= 300) throw new Error(`${method} of the document: ${answer.body}`)
    return answer
  }
  const { headers, body } = await call('GET')
  const match = { 'if-match': headers.etag as string, 'content-type': 'application/json' }
  await call('PUT', match, JSON.stringify({ ...JSON.parse(body), ...change }))
}
