// The OpenAPI 3.1 document, generated from the table of routes and its zod schemas.

import * as z from 'zod'
import { ok } from '../../core/result.ts'
import { API_PATH } from '../../wire/api-path.ts'
import { PROBLEMS, type ProblemCode, problem } from '../../wire/problems.ts'
import { SCOPES } from '../../wire/scopes.ts'
import type { OpenRoute, Route } from './route.ts'

type Json = Readonly<Record<string, unknown>>

/** The route that serves the OpenAPI document. The document describes this route as well. */
export function createOpenApiRoute(others: readonly Route[]): OpenRoute {
  let made: Json | undefined
  const route: OpenRoute = {
    method: 'GET',
    path: '/openapi.json',
    scope: 'open',
    summary: 'This document',
    reply: z.looseObject({ openapi: z.string() }),
    handle: async () => {
      made ??= toOpenApi([...others, route])
      return ok({ body: made })
    },
  }
  return route
}

export function toOpenApi(routes: readonly Route[]): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes) {
    const path = API_PATH + route.path
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: toOperation(route) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Holo admin API',
      version: '1',
      description:
        'Environments, traffic, rules and versions of one Holo. Failures are problem+json (RFC 9457).',
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { Problem: toSchema(problem, 'output') },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-holo-session' },
        access: { type: 'apiKey', in: 'header', name: 'Cf-Access-Jwt-Assertion' },
      },
    },
  }
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  open: 'Needs no credential.',
  'sign-in':
    'The credential is in the body. Needs the header `Holo-Request: 1`, as every change by a cookie.',
}

function toOperation(route: Route): Json {
  const { method, path, scope, summary, params, query, reply, type, changes } = route
  const { status = route.upgrades ? 101 : 200 } = route
  const shown = toFailures(route)
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[^A-Za-z]+(.)?/g, (_, letter = '') => letter.toUpperCase())}`,
    summary,
    description: DESCRIPTIONS[scope] ?? `Needs the scope \`${scope}\`.`,
    ...(changes ? { 'x-holo-changes': changes } : {}),
    security: SCOPES.some((known) => known === scope)
      ? [{ token: [scope] }, { session: [scope] }, { access: [scope] }]
      : [{}],
    parameters: [
      ...toParameters(params, 'path'),
      ...toParameters(query, 'query'),
      ...(changes === 'document' ? [IF_MATCH] : []),
    ],
    ...toRequestBody(route),
    responses: {
      [status]: {
        description: route.upgrades ? 'A WebSocket, whose messages have this form' : 'Done',
        content: route.repliesOctets
          ? OCTETS
          : { [type?.split(';')[0] ?? 'application/json']: { schema: toSchema(reply, 'output') } },
      },
      ...(route.hasSteps
        ? {
            202: {
              description: 'There is more to do: repeat the request',
              content: { 'application/json': { schema: toSchema(reply, 'output') } },
            },
          }
        : {}),
      ...Object.fromEntries(shown),
    },
  }
}

const OCTETS = { 'application/octet-stream': {} }

function toRequestBody({ body, maxOctets }: Route): Json {
  if (maxOctets !== undefined) {
    const description = `At most ${maxOctets} bytes, with Content-Length`
    return { requestBody: { required: true, description, content: OCTETS } }
  }
  if (!body) return {}
  const content = { 'application/json': { schema: toSchema(body, 'input') } }
  return { requestBody: { required: true, content } }
}

const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  required: true,
  description:
    'The ETag of the revision that the change is based on; `"0"` if there is no document yet',
  schema: { type: 'string', examples: ['"42"'] },
}

function toParameters(schema: z.ZodObject | undefined, place: 'path' | 'query'): Json[] {
  if (!schema) return []
  const { properties = {}, required = [] } = toSchema(schema, 'input')
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }))
}

/** The failures a route can answer with, by status. */
function toFailures({
  scope,
  params,
  query,
  body,
  maxOctets,
  changes,
  readsDocument,
  oneAtATime,
  failures = [],
}: Route): [string, Json][] {
  const codes: ProblemCode[] = [
    'unauthenticated',
    'too_many_attempts',
    'internal',
    'control_unavailable',
    'control_overloaded',
    'newer_schema',
    'cross_site',
    ...(scope === 'open' ? [] : (['forbidden'] as const)),
    ...(params ? (['not_found'] as const) : []),
    ...(readsDocument ? (['no_document', 'unreadable_revision'] as const) : []),
    ...(params || query || body ? (['invalid_request'] as const) : []),
    ...(body ? (['unsupported_media_type', 'body_too_large'] as const) : []),
    ...(maxOctets === undefined
      ? []
      : (['unsupported_media_type', 'body_too_large', 'length_required'] as const)),
    ...failures,
    ...(oneAtATime ? (['one_at_a_time'] as const) : []),
    ...(changes === 'document'
      ? (['precondition_required', 'stale', 'invalid_change', 'frozen', 'below_floor'] as const)
      : []),
    ...(changes ? (['unknown_outcome'] as const) : []),
  ]
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status)
  return [...byStatus].sort().map(([status, same]) => [
    String(status),
    {
      description: same.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join(' '),
      content: {
        'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
      },
    },
  ])
}

type JsonSchema = { properties?: Record<string, Json>; required?: string[] } & Record<
  string,
  unknown
>

/** OpenAPI 3.1 uses JSON Schema 2020-12 without changes. */
function toSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io })
  return rest as JsonSchema
}
