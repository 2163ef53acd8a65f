// Makes schemas for clients that may be older than the Holo that replies: unknown fields are dropped,
// unknown words of an enumeration are accepted, and strings and numbers may have any form. Replies that a
// client must understand exactly, such as the events of a replay, are not read with these schemas. Also marks
// schemas that only clients use, so that the bundle of the Worker leaves them out.

import * as z from 'zod'

/** A word of an enumeration that only a newer Holo knows. The type keeps known words in completions. */
type OtherWord = string & Record<never, never>

/** The type of the tolerant schema of `S`. */
export type Tolerant<S> =
  S extends z.ZodOptional<infer Inner>
    ? z.ZodOptional<Extract<Tolerant<Inner>, z.core.SomeType>>
    : S extends z.ZodNullable<infer Inner>
      ? z.ZodNullable<Extract<Tolerant<Inner>, z.core.SomeType>>
      : S extends z.ZodArray<infer Item>
        ? z.ZodArray<Extract<Tolerant<Item>, z.core.SomeType>>
        : S extends z.ZodObject<infer Shape>
          ? z.ZodObject<{ [Name in keyof Shape]: Extract<Tolerant<Shape[Name]>, z.core.SomeType> }>
          : S extends z.ZodEnum | z.ZodLiteral<string>
            ? z.ZodType<z.infer<S> | OtherWord, z.infer<S> | OtherWord>
            : S

/** @throws TypeError for a shape that it cannot loosen, such as a union. */
export function toTolerant<S extends z.ZodType>(schema: S): Tolerant<S> {
  return loosen(schema) as Tolerant<S>
}

function loosen(schema: z.ZodType): z.ZodType {
  const { description } = schema
  const loose = loosenKind(schema)
  if (loose === schema || description === undefined) return loose
  return loose.describe(
    loose.description === undefined ? description : `${description}. ${loose.description}`,
  )
}

function loosenKind(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional) return loosen(schema.unwrap() as z.ZodType).optional()
  if (schema instanceof z.ZodNullable) return loosen(schema.unwrap() as z.ZodType).nullable()
  if (schema instanceof z.ZodArray) return z.array(loosen(schema.element as z.ZodType))
  if (schema instanceof z.ZodRecord) {
    return z.record(z.string(), loosen(schema.valueType as z.ZodType))
  }
  if (schema instanceof z.ZodObject) {
    const fields = Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>)
    return z.object(Object.fromEntries(fields.map(([name, field]) => [name, loosen(field)])))
  }
  if (schema instanceof z.ZodEnum) return toWord(schema.options)
  if (schema instanceof z.ZodLiteral) {
    const values = [...schema.values]
    return values.every((value) => typeof value === 'string') ? toWord(values) : schema
  }
  if (schema instanceof z.ZodString) return z.string()
  // A newer Holo may have other bounds.
  if (schema instanceof z.ZodNumberFormat) return z.int()
  if (schema instanceof z.ZodNumber) return z.number()
  if (EXACT.some((kind) => schema instanceof kind)) return schema
  throw new TypeError(`a shape of the kind "${schema.def.type}" cannot be read tolerantly`)
}

/** Kinds of schemas that stay as they are. A tuple of numbers keeps its length. */
const EXACT = [z.ZodBoolean, z.ZodUnknown, z.ZodTuple]

function toWord(known: readonly (string | number)[]): z.ZodType {
  return z.string().describe(`One of ${known.join(', ')}, or a word that came later`)
}

/**
 * Calls `make` and returns its result. With a `PURE` comment before the call, a bundler removes the call if
 * the schema is not used. The Worker reads no replies, so its bundle has none of these schemas.
 */
export function forReaders<Shape>(make: () => Shape): Shape {
  return make()
}
