// The pin that a framework sends by itself: under which names, and with which id of the build. The document,
// the record of a version and the API use this schema.

import * as z from 'zod'
import { FRAMEWORK_PIN_ID, NO_VALUE } from '../core/names.ts'

/** More than any framework uses. Each name costs a look at every request. */
export const MAX_FRAMEWORK_PIN_NAMES = 4

/** Headers that browsers and proxies send for other purposes, so that their values are no ids of builds. */
const TAKEN_HEADERS =
  /^(?:(?:holo|sec|cf|cdn|if|content|accept|proxy|access-control|x-forwarded|x-real|true-client)(?:-.*)?|authorization|cookie|host|origin|referer|user-agent|range|forwarded|via|connection|upgrade|te|date|dnt|expect|from|cache-control|pragma|priority|service-worker|keep-alive|transfer-encoding|trailer|last-event-id)$/

export const frameworkPinHeader = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, 'a header name is lower-case letters, digits and "-"')
  .refine((name) => !TAKEN_HEADERS.test(name), 'this header has another meaning already')

export const frameworkPinQuery = z
  .string()
  .regex(
    /^[A-Za-z0-9._~-]{0,64}$/,
    'a query name is letters, digits and "._~-"; an empty one stands for a query that is only the id',
  )
  .refine((name) => !/^holo-/i.test(name), 'names that begin with "holo-" are Holo\'s own')

export const frameworkPinId = z
  .string()
  .regex(FRAMEWORK_PIN_ID, 'an id of a build is up to 128 letters, digits and "._~+/=-"')
  .refine((id) => !NO_VALUE.has(id), 'this is what a script writes that has no id')

export const frameworkPin = z
  .strictObject({
    id: frameworkPinId.describe('The id of the build that the framework sends'),
    headers: z
      .array(frameworkPinHeader)
      .max(MAX_FRAMEWORK_PIN_NAMES)
      .optional()
      .describe('Headers in which it sends the id'),
    queries: z
      .array(frameworkPinQuery)
      .max(MAX_FRAMEWORK_PIN_NAMES)
      .optional()
      .describe('Query parameters in which it sends the id; "" for a query that is only the id'),
  })
  .refine(
    ({ headers = [], queries = [] }) => headers.length + queries.length > 0,
    'name at least one header or one query parameter',
  )

/** What requests of a version's pages carry by themselves. */
export type FrameworkPin = {
  readonly id: string
  readonly headers?: readonly string[] | undefined
  readonly queries?: readonly string[] | undefined
}

/** The pin as a document or an output has it. */
export function copyFrameworkPin({
  id,
  headers,
  queries,
}: FrameworkPin): z.infer<typeof frameworkPin> {
  return {
    id,
    ...(headers && { headers: [...headers] }),
    ...(queries && { queries: [...queries] }),
  }
}

/** For people: `dpl_1 in x-deployment-id, ?dpl=`. */
export function toFrameworkPinText({ id, headers = [], queries = [] }: FrameworkPin): string {
  const names = [...headers, ...queries.map((name) => (name === '' ? `?${id}` : `?${name}=`))]
  return `${id} in ${names.join(', ')}`
}
