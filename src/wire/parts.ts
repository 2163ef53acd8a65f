// Parts that schemas of several topics share: names, times, and the types of schemas.

import * as z from 'zod'

export { environmentName, versionId } from '../document/names.ts'

export const milliseconds = z.int().describe('Milliseconds since the epoch')

/** The type with all properties readonly, at every depth. */
export type Immutable<T> = T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T

/** The readonly type of the values of a schema. */
export type Shaped<S extends z.ZodType> = Immutable<z.infer<S>>
