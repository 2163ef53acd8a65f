// A request that somebody describes, as the Request that the edge would have got: so that `explain`
// reads its facts with the edge's own code, and cannot tell another story.

import { err, ok, type Result } from '../../core/result.ts'
import { toKind } from '../../http/kind.ts'
import type { ExplainBody } from '../../wire/explain.ts'
import type { Failure } from './problems.ts'

/**
 * Whether the request is `OPTIONS *`, as the platform has it: the `*` right behind the host
 * (`core/address.ts: isAboutServer`).
 */
export function isAboutWholeServer({ method, url }: ExplainBody): boolean {
  return method === 'OPTIONS' && /^https?:\/\/[^/?#]+\*$/i.test(url)
}

/** What a browser says of itself for this address, in as few headers as it takes. */
function toBrowserHeaders(url: string): Readonly<Record<string, string>> {
  const kind = toKind('GET', new Headers(), new URL(url).pathname)
  return { accept: kind === 'subresource' ? '*/*' : 'text/html' }
}

export function toRequest(asked: ExplainBody): Result<Request, Failure> {
  const { url, method, ip, country, region, city, asn, colo } = asked
  const said = asked.headers ?? {}
  const isBare = Object.keys(said).every((name) => name.toLowerCase() === 'cookie')
  const headers = isBare ? { ...toBrowserHeaders(url), ...said } : said
  const cf = { country, region, city, asn, colo }
  try {
    const request = new Request(url, { method, headers, cf: cf as RequestInitCfProperties })
    if (ip !== undefined) request.headers.set('cf-connecting-ip', ip)
    return ok(request)
  } catch (cause) {
    const message = `no request can have this: ${cause instanceof Error ? cause.message : cause}`
    return err({ kind: 'invalid_request', problems: [{ path: 'headers', message }] })
  }
}
