// Values of a shape, made from its JSON schema: one in which everything is said, one in which only what must
// be is, and variations of it as a newer Holo may send them.

import * as z from 'zod'

type JsonSchema = {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema
  readonly prefixItems?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
}

export type Variation = {
  /** Leaves out whatever may be left out. */
  readonly isShort?: boolean
  /** Adds a field that nobody knows to every object. */
  readonly hasExtras?: boolean
  /** Says a word that nobody knows wherever one of a list is expected. */
  readonly otherWord?: string
}

/** One value for each alternative of a union, else one. */
export function makeSamples(schema: z.ZodType, variation: Variation = {}): readonly unknown[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  const alternatives = json.anyOf ?? json.oneOf ?? [json]
  return alternatives.map((one) => make(one, variation))
}

function make(schema: JsonSchema, variation: Variation): unknown {
  const [first] = schema.anyOf ?? schema.oneOf ?? []
  if (first) return make(first, variation)
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return variation.otherWord ?? schema.enum[0]
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0]
  switch (type) {
    case 'object':
      return makeObject(schema, variation)
    case 'array':
      return (schema.prefixItems ?? [schema.items ?? {}]).map((item) => make(item, variation))
    case 'string':
      return 'text'
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1)
    case 'boolean':
      return true
    default:
      return null
  }
}

function makeObject(schema: JsonSchema, variation: Variation): Record<string, unknown> {
  const { properties = {}, required = [], additionalProperties } = schema
  const names = Object.keys(properties).filter(
    (name) => !variation.isShort || required.includes(name),
  )
  const made: Record<string, unknown> = Object.fromEntries(
    names.map((name) => [name, make(properties[name] ?? {}, variation)]),
  )
  if (typeof additionalProperties === 'object' && Object.keys(properties).length === 0) {
    made.name = make(additionalProperties, variation)
  } else if (variation.hasExtras) made.addedLater = { by: ['a newer Holo'] }
  return made
}
