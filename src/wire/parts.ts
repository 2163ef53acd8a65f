// What the shapes of several topics are made of: names, times, and the types of shapes.

import * as z from 'zod'

export { environmentName, versionId } from '../document/names.ts'

export const milliseconds = z.int().describe('Milliseconds since the epoch')

/** A value that nobody changes, as deep as it goes. */
export type Immutable<T> = T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T

/** The type of what a shape holds, for whoever makes or reads it. */
export type Shaped<S extends z.ZodType> = Immutable<z.infer<S>>
