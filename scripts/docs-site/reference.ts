// The two pages that are generated: the operations of the API from its OpenAPI document, and the fields of the
// document from its schema. They are Markdown, as the written pages are.

import * as z from 'zod'
import { assignmentsSchema } from '../../src/document/schema.ts'
import { API_PATH } from '../../src/wire/api-path.ts'
import { toMarkdownTable } from '../markdown.ts'

type Schema = {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly propertyNames?: Schema
  readonly items?: Schema
  readonly prefixItems?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
} & Readonly<Record<string, unknown>>

type Operation = {
  readonly summary: string
  readonly description: string
  readonly parameters: readonly {
    readonly name: string
    readonly in: string
    readonly required: boolean
    readonly description?: string
    readonly schema: Schema
  }[]
  readonly requestBody?: {
    readonly description?: string
    readonly content: Readonly<Record<string, { readonly schema?: Schema }>>
  }
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description: string
        readonly content: Readonly<Record<string, { readonly schema?: Schema }>>
      }
    >
  >
}

type OpenApi = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }

/** The routes are code of the Worker, whose types do not fit beside those of Node: they are loaded untyped. */
export async function toApiReference(): Promise<string> {
  const load = (path: string) => import(new URL(`../../src/api/${path}`, import.meta.url).href)
  const [{ toOpenApi }, { ROUTES }] = await Promise.all([
    load('http/openapi.ts'),
    load('routes.ts'),
  ])
  const { paths } = toOpenApi(ROUTES) as OpenApi
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      toOperationText(`${method.toUpperCase()} ${path.slice(API_PATH.length)}`, operation),
    ),
  )
  return [
    '# Operations of the admin API',
    `Below \`${API_PATH}\`. [The admin API](../docs/api.md) says what they are for. This page is generated from the OpenAPI document that each Holo serves at \`${API_PATH}/openapi.json\`.`,
    ...operations,
  ].join('\n\n')
}

function toOperationText(name: string, operation: Operation): string {
  const { summary, description, parameters, requestBody, responses } = operation
  const body = requestBody?.content['application/json']?.schema
  const rows = [
    ...parameters.map((one) => ({
      name: one.name,
      where: one.in,
      schema: one.schema,
      required: one.required,
      about: one.description ?? one.schema.description ?? '',
    })),
    ...(body === undefined ? [] : toFields(body).map((row) => ({ ...row, where: 'body' }))),
  ]
  const replies = Object.entries(responses).flatMap(([status, { description: about, content }]) => {
    const schema = content['application/json']?.schema
    if (Number(status) >= 400) return [`- ${status}: ${about}`]
    return [`- ${status}: ${schema ? code(toTypeText(schema)) : about}`]
  })
  return [
    `## ${code(name)}`,
    `${summary}. ${description}`,
    ...(rows.length > 0 ? [toTable(rows)] : []),
    ...(requestBody?.description ? [`The body is bytes. ${requestBody.description}.`] : []),
    replies.join('\n'),
  ].join('\n\n')
}

export function toAssignmentsReference(): string {
  const options = { target: 'draft-2020-12', io: 'input', unrepresentable: 'any' } as const
  const schema = z.toJSONSchema(assignmentsSchema, options) as Schema
  return [
    '# Fields of the document',
    'Every field that the document of assignments may have, generated from the schema by which Holo reads it. `*` stands for any name, `[]` for each item of a list. [The document](../docs/assignments.md) says what the fields do, and which values fit together.',
    toTable(toFields(schema)),
  ].join('\n\n')
}

type Row = {
  readonly name: string
  readonly where?: string
  readonly schema: Schema
  readonly required: boolean
  readonly about: string
}

function toTable(rows: readonly Row[]): string {
  const hasPlaces = rows.some(({ where }) => where !== undefined)
  return toMarkdownTable(
    ['field', ...(hasPlaces ? ['in'] : []), 'value', 'about'],
    rows.map(({ name, where = '', schema, required, about }) => [
      code(name),
      ...(hasPlaces ? [where] : []),
      code(toTypeText(schema)),
      [...(required ? ['Required.'] : []), toCell(about)].join(' '),
    ]),
  )
}

/** The fields of an object, those inside of its fields too. */
function toFields(schema: Schema, path = ''): Row[] {
  const { properties = {}, required = [], items, additionalProperties, anyOf, oneOf } = schema
  const named = Object.entries(properties).flatMap(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`
    const about = field.description ?? ''
    const row = { name: at, schema: field, required: required.includes(name), about }
    return [row, ...toFields(field, at)]
  })
  const others =
    typeof additionalProperties === 'object' && path !== ''
      ? toFields(additionalProperties, `${path}.*`)
      : []
  const listed = items ? toFields(items, `${path}[]`) : []
  const one = (anyOf ?? oneOf ?? []).flatMap((part) => toFields(part, path))
  return [...named, ...others, ...listed, ...one].filter(
    (row, i, all) => all.findIndex(({ name }) => name === row.name) === i,
  )
}

/** A short form of the type; what an object inside has is in rows of its own. */
function toTypeText(schema: Schema): string {
  const { type, enum: values, items, properties, additionalProperties, anyOf, oneOf } = schema
  if ('const' in schema) return JSON.stringify(schema.const)
  if (values) return values.map((value) => JSON.stringify(value)).join(' or ')
  const parts = anyOf ?? oneOf
  if (parts) return [...new Set(parts.map(toTypeText))].join(' or ')
  if (type === 'array') return items ? `[${toTypeText(items)}]` : 'list'
  if (properties) return `{ ${Object.keys(properties).join(', ')} }`
  if (typeof additionalProperties === 'object') return `{ *: ${toTypeText(additionalProperties)} }`
  if (type === undefined) return 'any'
  return `${type}${toBounds(schema)}`
}

function toBounds({ minimum, maximum, maxLength, exclusiveMinimum }: Schema): string {
  const isShown = (bound: unknown) => typeof bound === 'number' && Math.abs(bound) < 2 ** 45
  const least = isShown(minimum) ? minimum : undefined
  const most = isShown(maximum) ? maximum : undefined
  if (least !== undefined && most !== undefined) return ` ${least} to ${most}`
  if (exclusiveMinimum !== undefined && most !== undefined) {
    return ` above ${exclusiveMinimum}, to ${most}`
  }
  if (least !== undefined) return ` from ${least}`
  return maxLength === undefined ? '' : `, up to ${maxLength} characters`
}

const code = (text: string) => `\`${text.replaceAll('|', '\\|')}\``
const toCell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
