// The seam for changing pages on their way to the browser: assets/serve.ts uses it for files, act.ts for
// what services answer. Whoever makes a transform says what it adds.

import { HTML_TYPE } from './kind.ts'

/** Changes the body of a page. */
export type PageTransform = {
  /**
   * Becomes part of the page's ETag: letters and digits that are others whenever the changed page has
   * other bytes, so that nobody keeps a page with an old change.
   */
  readonly mark: string
  /** Returns the reply with the changed body. Headers of the page may be read, and stay. */
  readonly apply: (response: Response) => Response
}

/** Headers of a request that ask for a part of a page, or for none if it is known. */
const CONDITIONS = [
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
]

/**
 * The request for a page that will be changed, as a service gets it: for the whole page. A service knows
 * nothing of the change, so what it says about parts and about known pages is of other bytes.
 */
export function askForWhole(request: Request): Request {
  if (!CONDITIONS.some((name) => request.headers.has(name))) return request
  const headers = new Headers(request.headers)
  for (const name of CONDITIONS) headers.delete(name)
  return new Request(request, { headers })
}

/**
 * Changes the page that a service has answered with; anything else stays as it is. What described the
 * bytes of the service goes: length, tag, date, digests and ranges.
 */
export function transformAnswer(response: Response, { apply }: PageTransform): Response {
  const { body, headers, status } = response
  if (body === null || status === 206 || !HTML_TYPE.test(headers.get('content-type') ?? '')) {
    return response
  }
  // The platform decodes the body for the change, and encodes it again as the client likes it.
  headers.delete('content-encoding')
  for (const name of OF_THE_BYTES) headers.delete(name)
  return apply(response)
}

const OF_THE_BYTES = [
  'content-length',
  'etag',
  'last-modified',
  'accept-ranges',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
]
