// What the shapes of several topics are made of: names, times, and the types of shapes.

import * as z from 'zod'
import { ENVIRONMENT_NAME, VERSION_ID } from '../core/names.ts'

export const environmentName = z.string().regex(ENVIRONMENT_NAME)
export const versionId = z.string().regex(VERSION_ID)
export const milliseconds = z.int().describe('Milliseconds since the epoch')

/** A value that nobody changes, as deep as it goes. */
export type Immutable<T> = T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T

/** The type of what a shape holds, for whoever makes or reads it. */
export type Shaped<S extends z.ZodType> = Immutable<z.infer<S>>
