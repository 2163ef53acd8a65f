// The route that explains a request: the version that the edge would choose, each step of the decision, and
// what would answer. It builds a real request from the description and reads it with the code of the edge. It
// does not read the manifest, so it cannot say whether the version has a file at the path.

import { readAddress } from '../../core/address.ts'
import { explain } from '../../core/decide.ts'
import { isNetworkPath } from '../../core/path.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { isAmbiguous, matchService } from '../../core/services.ts'
import type { Decision, RequestFacts } from '../../core/types.ts'
import { compileAssignments } from '../../document/compile.ts'
import { parseAssignments } from '../../document/parse.ts'
import { readFacts } from '../../http/facts.ts'
import { withFrameworkPin } from '../../http/framework-pins.ts'
import { toKind } from '../../http/kind.ts'
import { isOwnPath, VERSION_NOW_PATH } from '../../http/own-paths.ts'
import {
  type ExplainBody,
  type Explanation,
  explainBody,
  explainReply,
} from '../../wire/explain.ts'
import type { Asker } from '../http/ask-control.ts'
import { type Current, loadText, toFault } from '../http/current-document.ts'
import type { Failure } from '../http/problems.ts'
import { type Route, route } from '../http/route.ts'

const SERVER_ANSWER =
  'Holo itself, for the whole server: 204 with Allow, before a version is chosen'

export const EXPLAIN_ROUTE: Route = route({
  method: 'POST',
  path: '/explain',
  scope: 'read',
  summary: 'Which version a request would get, and why',
  body: explainBody,
  readsDocument: true,
  oneAtATime: true,
  reply: explainReply,
  handle: async (call) => {
    const isServer = isAboutWholeServer(call.body)
    const url = isServer ? call.body.url.slice(0, -1) : call.body.url
    const request = toRequest({ ...call.body, url })
    if (!request.ok) return request
    const text = await loadRevision(call, call.body.revision)
    if (!text.ok) return text
    const parsed = parseAssignments(text.value.text, { allowInsecure: true })
    if (!parsed.ok) return err({ kind: 'unreadable_revision', problems: parsed.error.map(toFault) })
    const assignments = compileAssignments(parsed.value)
    const { method, headers } = request.value
    const address = readAddress(request.value)
    const read =
      address &&
      readFacts(
        request.value,
        toKind(method, headers, address.path),
        { ...assignments, withAttributes: true },
        address,
      )
    if (!read) {
      const message =
        'the edge answers this address with 400: its host or its path cannot be parsed'
      return err({ kind: 'invalid_request', problems: [{ path: 'url', message }] })
    }
    const { visitor = read.visitor } = call.body
    const isNamed = call.body.visitor !== undefined
    const facts = {
      ...withFrameworkPin(read, headers, assignments),
      visitor,
      minted: read.minted && !isNamed,
      anonymous: read.anonymous && !isNamed,
      current: read.current || read.path === VERSION_NOW_PATH,
    }
    const { decision, steps } = explain(facts, assignments)
    const { host, kind, minted, anonymous, crawler } = facts
    const path = isServer ? '*' : facts.path
    const body: Explanation = {
      request: { method, host, path, kind, visitor, minted, anonymous, crawler },
      decision: { ...decision, version: decision.version.id, skipped: [...decision.skipped] },
      steps: [...steps],
      answer: isServer ? SERVER_ANSWER : describeAnswerer(facts, decision),
    }
    return ok({ body })
  },
})

async function loadRevision(
  { ask, caller }: Asker,
  revision: number | undefined,
): Promise<Result<Current, Failure>> {
  if (revision === undefined) return loadText({ ask, caller })
  const answer = await ask('none', (control) => control.revision(caller, revision))
  if (!answer.ok) return answer
  const found = answer.value
  return found ? ok(found) : err({ kind: 'not_found' })
}

/** Describes in words what router.ts and act.ts would do. */
function describeAnswerer(
  { method, path, kind }: Pick<RequestFacts, 'method' | 'path' | 'kind'>,
  { version }: Decision,
): string {
  if (isNetworkPath(path)) {
    return `nothing: ${path} could be read as a path below /cdn-cgi/, which belongs to Cloudflare, so Holo answers 404 before a version is chosen`
  }
  if (path === VERSION_NOW_PATH) return 'Holo itself: the current version and environment, as JSON'
  if (isOwnPath(path)) return 'Holo itself, before a version is chosen: its API, or 404'
  const { id, services } = version
  const service = matchService(services, path)
  const forwarded =
    service && `service ${service.prefix} of version ${id} (${service.origins.join(', ')})`
  if (service && isAmbiguous(services, path)) {
    return `nothing: ${path} could be read as a path of another service, so Holo answers 400`
  }
  const isRead = method === 'GET' || method === 'HEAD'
  if (!isRead) {
    return (
      forwarded ?? `no service of version ${id} has this path: 405 if it is a file, otherwise 404`
    )
  }
  const file = `the file of version ${id} at ${path}, if it has one`
  const isPart = kind === 'subresource'
  if (service && service.prefix !== '/') return `${file}; else ${forwarded}`
  const elsewhere = 'the file of another version that visitors had'
  if (forwarded) {
    return isPart
      ? `${file}; else code or media under a hashed name of another version that visitors had; else ${forwarded}; where that has nothing, ${elsewhere}`
      : `${file}; else ${forwarded}`
  }
  if (isPart) return `${file}; else ${elsewhere}; else 404`
  return `${file}; else the page of version ${id} for "not found"`
}

/**
 * Whether the request is `OPTIONS *`. In the URL that the platform makes of it, the `*` follows the host
 * (`core/address.ts: isAboutServer`).
 */
function isAboutWholeServer({ method, url }: ExplainBody): boolean {
  return method === 'OPTIONS' && /^https?:\/\/[^/?#]+\*$/i.test(url)
}

/** The headers that make a request look like one of a browser to Holo, and no others. */
function toBrowserHeaders(url: string): Readonly<Record<string, string>> {
  const kind = toKind('GET', new Headers(), new URL(url).pathname)
  return { accept: kind === 'subresource' ? '*/*' : 'text/html' }
}

function toRequest(asked: ExplainBody): Result<Request, Failure> {
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
    const message = `a request cannot have these values: ${cause instanceof Error ? cause.message : cause}`
    return err({ kind: 'invalid_request', problems: [{ path: 'headers', message }] })
  }
}
