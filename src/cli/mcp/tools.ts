// The tools of `holo mcp`, made from the OpenAPI document of the API that they call. A tool is one operation of the
// API: it reads, or it changes something that an agent may be trusted with.

import * as z from 'zod'
import { API_PATH } from '../../wire/api-path.ts'
import { hasScope, SCOPES, type Scope } from '../../wire/scopes.ts'
import { misuse } from '../failure.ts'

type JsonSchema = Readonly<Record<string, unknown>>

/** One operation of the API, as an agent sees it. */
export type Tool = {
  readonly name: string
  readonly about: string
  readonly method: string
  /** Below the path of the API, with parameters in braces. */
  readonly path: string
  /** What it changes; a tool without it only reads. */
  readonly changes: string | undefined
  readonly takesRevision: boolean
  readonly pathNames: readonly string[]
  readonly queryNames: readonly string[]
  /** JSON Schema 2020-12 of an object: parameters of path and query, `ifRevision` and `body`. */
  readonly input: JsonSchema
}

/**
 * What an agent may change, unless it needs the scope `admin`. Tokens, sessions, webhooks and what is stored are not
 * among it: they make secrets, send data elsewhere, or outlast the token.
 */
const CHANGES_OFFERED = ['document', 'rollouts', 'previews', 'freeze']

/** What `If-Match` takes, as the argument of a tool. */
const REVISION = 'ifRevision'
const BODY = 'body'

const parameter = z.object({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().default(false),
  description: z.string().optional(),
  schema: z.record(z.string(), z.unknown()),
})

const operation = z.object({
  operationId: z.string().regex(/^\w{1,64}$/),
  summary: z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  'x-holo-changes': z.string().optional(),
  parameters: z.array(parameter).default([]),
  requestBody: z
    .object({ content: z.record(z.string(), z.object({ schema: z.unknown().optional() })) })
    .optional(),
  responses: z.record(z.string(), z.object({ content: z.record(z.string(), z.unknown()) })),
})
type Operation = z.output<typeof operation>

const METHODS = ['get', 'put', 'post', 'delete'] as const

/** The part of an OpenAPI document that tools are made from. */
export const openApiAsRead = z.object({
  paths: z.record(z.string(), z.partialRecord(z.enum(METHODS), operation)),
})

export type Offer = {
  /** Those of the token. */
  readonly scopes: readonly Scope[]
  readonly mayChange: boolean
}

/** Returns the operations that the token has the scope for, in the order of the document. */
export function toTools(
  { paths }: z.output<typeof openApiAsRead>,
  { scopes, mayChange }: Offer,
): readonly Tool[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    METHODS.flatMap((method) => {
      const found = operations[method]
      if (!found || !isOffered(found, scopes, mayChange)) return []
      return [toTool(path.slice(API_PATH.length), method.toUpperCase(), found)]
    }),
  )
}

function isOffered(found: Operation, scopes: readonly Scope[], mayChange: boolean): boolean {
  const { security, requestBody, responses, 'x-holo-changes': changes } = found
  const needed = SCOPES.find((scope) => security.some(({ token = [] }) => token.includes(scope)))
  if (needed === undefined || !hasScope(scopes, needed)) return false
  const reply = responses['200'] ?? responses['201']
  if (!reply?.content['application/json']) return false
  if (requestBody && !requestBody.content['application/json']) return false
  if (changes === undefined) return true
  return mayChange && needed !== 'admin' && CHANGES_OFFERED.includes(changes)
}

function toTool(path: string, method: string, found: Operation): Tool {
  const { operationId, summary, parameters, requestBody } = found
  const changes = found['x-holo-changes']
  const named = parameters.filter((one) => one.in !== 'header')
  const takesRevision = parameters.some((one) => one.in === 'header' && one.name === 'If-Match')
  const properties: Record<string, unknown> = {}
  for (const { name, schema, description } of named) {
    properties[name] = description === undefined ? schema : { description, ...schema }
  }
  const required = named.filter((one) => one.required).map(({ name }) => name)
  if (takesRevision) {
    properties[REVISION] = {
      type: 'integer',
      minimum: 0,
      description:
        'The revision of the document that the change is based on, as replies name it; 0 if there is none yet',
    }
    required.push(REVISION)
  }
  if (requestBody) {
    properties[BODY] = requestBody.content['application/json']?.schema ?? {}
    required.push(BODY)
  }
  return {
    ...{ name: operationId, about: `${summary} (${method} ${path})`, method, path, changes },
    takesRevision,
    pathNames: named.filter((one) => one.in === 'path').map(({ name }) => name),
    queryNames: named.filter((one) => one.in === 'query').map(({ name }) => name),
    input: { type: 'object', properties, required, additionalProperties: false },
  }
}

export type ToolCall = {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly ifRevision?: number
  readonly json?: unknown
}

/**
 * The request that a tool makes for arguments of its input's form.
 * @throws CliFailure when a value would lead to another path of the API.
 */
export function toToolCall(tool: Tool, args: Readonly<Record<string, unknown>>): ToolCall {
  const path = tool.path.replace(/\{(\w+)\}/g, (_, name: string) => toSegment(name, args[name]))
  const query = Object.fromEntries(
    tool.queryNames.flatMap((name) =>
      args[name] === undefined ? [] : [[name, String(args[name])] as const],
    ),
  )
  return {
    ...{ path, query },
    ...(tool.takesRevision ? { ifRevision: Number(args[REVISION]) } : {}),
    ...(BODY in args ? { json: args[BODY] } : {}),
  }
}

/** `..` is the one value that stays what it is when it is encoded, and leads out of its place. */
function toSegment(name: string, value: unknown): string {
  const text = String(value)
  if (text === '' || text === '.' || text === '..') {
    throw misuse(`"${text}" cannot be the ${name} of anything`)
  }
  return encodeURIComponent(text)
}
