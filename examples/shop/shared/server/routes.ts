// A table of routes, and how a request finds its own: 404 for an unknown path, 405 for a known one
// with another method. What a route does with the request is the release's.

import type { IncomingMessage } from 'node:http'
import { readJson } from './read-json.ts'
import { failure, type Reply } from './reply.ts'

export type Call = {
  /** What stood where the pattern has `:name`, decoded. */
  readonly param: (name: string) => string
  /** The parsed body; `undefined` for GET and HEAD. */
  readonly body: unknown
  readonly request: IncomingMessage
}

export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** Literal segments and `:name` ones: `/api/products/:id`. */
  readonly pattern: string
  readonly answer: (call: Call) => Reply
}

/** Finds the route of a request and asks it. A HEAD request is asked as a GET. */
export async function answerFrom(
  routes: readonly Route[],
  request: IncomingMessage,
): Promise<Reply> {
  const path = request.url?.split('?')[0] ?? '/'
  const segments = toSegments(path)
  if (segments === undefined) return failure(400, 'bad-path', `${path} is not well encoded.`)

  const matches = routes.flatMap((route) => {
    const params = matchPattern(route.pattern, segments)
    return params === undefined ? [] : [{ route, params }]
  })
  if (matches.length === 0) {
    return failure(404, 'no-such-endpoint', `There is no ${path} in this release's API.`)
  }
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const match = matches.find(({ route }) => route.method === method)
  if (match === undefined) {
    const methods = matches.map(({ route }) => route.method)
    const allowed = (methods.includes('GET') ? [...methods, 'HEAD'] : methods).join(', ')
    const message = `${path} takes ${allowed}, not ${request.method}.`
    return { ...failure(405, 'method-not-allowed', message), headers: { allow: allowed } }
  }
  return askRoute(match.route, match.params, request)
}

async function askRoute(
  route: Route,
  params: ReadonlyMap<string, string>,
  request: IncomingMessage,
): Promise<Reply> {
  const param = (name: string) => {
    const value = params.get(name)
    if (value === undefined) throw new TypeError(`${route.pattern} has no :${name}`)
    return value
  }
  if (route.method === 'GET') return route.answer({ param, body: undefined, request })
  const body = await readJson(request)
  return body.ok ? route.answer({ param, body: body.value, request }) : body.reply
}

function toSegments(path: string): string[] | undefined {
  try {
    return path.split('/').map(decodeURIComponent)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

function matchPattern(
  pattern: string,
  segments: readonly string[],
): ReadonlyMap<string, string> | undefined {
  const wanted = pattern.split('/')
  if (wanted.length !== segments.length) return undefined
  const params = new Map<string, string>()
  for (const [index, want] of wanted.entries()) {
    const segment = segments[index] ?? ''
    if (want.startsWith(':') && segment !== '') params.set(want.slice(1), segment)
    else if (want !== segment) return undefined
  }
  return params
}
