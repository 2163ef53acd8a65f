// A copy of a request for a shadow: without credentials and without what depends on the browser's cache. The same
// copy goes to the shadow and to the base, so that their answers can be compared.

import { isCredentialHeader, withoutCredentials } from '../../core/shadow/credentials.ts'

export type CopiedRequest = {
  readonly method: string
  /** The URL as the visitor sees it; only its host and scheme are used. */
  readonly url: string
  readonly headers: Headers
  /** The normalised path and the query without credentials. */
  readonly path: string
  readonly body: Uint8Array | undefined
  /** Whether credentials were left out: the visitor's own answer may be another one. */
  readonly isStripped: boolean
}

/** With these the answer would depend on what the browser has already. */
const OF_CACHE: ReadonlySet<string> = new Set([
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
])

/**
 * Makes the copy.
 *
 * @param allowed names of credentials that stay, in lower case.
 * @param visitorHeader the header in which the visitor's id stands, if the document names one.
 */
export function copyRequest(
  { method, url, headers: received }: Pick<Request, 'method' | 'url' | 'headers'>,
  path: string,
  body: Uint8Array | undefined,
  allowed: ReadonlySet<string>,
  visitorHeader: string | undefined,
): CopiedRequest {
  const headers = new Headers()
  let isStripped = false
  received.forEach((value, name) => {
    if (OF_CACHE.has(name)) return
    // Some backends read `X_Api_Key` as `X-Api-Key`.
    const read = name.replaceAll('_', '-')
    const isCredential = isCredentialHeader(read) || read === visitorHeader
    if (isCredential && !allowed.has(name)) isStripped = true
    else headers.set(name, value)
  })
  const stripped = withoutCredentials(path, allowed)
  return { method, url, headers, path: stripped, body, isStripped: isStripped || stripped !== path }
}
