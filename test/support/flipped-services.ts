// A service in which every field is said, and one copy of it for each field with another value there.
// The fields are read from the schema: one that is added to it has to be added here as well.

import type { z } from 'zod'
import { type PublishedService, service } from '../../src/document/service.ts'

export const WHOLE: PublishedService = {
  prefix: '/api/',
  origins: ['https://api-1.example.com', 'https://api-2.example.com'],
  timeoutMs: 10_000,
  stripPrefix: true,
  maxBodyBytes: 1000,
  fallback: 'main',
  probe: { path: '/health', status: 204, intervalMs: 60_000 },
}

/** Another value that each field may have. */
const OTHERS: Readonly<Record<string, unknown>> = {
  prefix: '/other/',
  origins: ['https://api-2.example.com', 'https://api-1.example.com'],
  timeoutMs: 10_001,
  stripPrefix: false,
  maxBodyBytes: 1001,
  fallback: undefined,
  probe: undefined,
  'probe.path': '/other',
  'probe.status': 200,
  'probe.intervalMs': 60_001,
}

export type Flipped = { readonly field: string; readonly service: PublishedService }

/** One service for each field of the schema, and for each field of its objects. */
export function flipEach(): readonly Flipped[] {
  return listFields(service, '').map((field) => ({ field, service: flip(field) }))
}

/** Such as `timeoutMs` and `probe.path`. */
export function listFields(schema: z.ZodObject, prefix: string): readonly string[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const inner = unwrap(field as z.ZodType)
    const own = `${prefix}${name}`
    return 'shape' in inner ? [own, ...listFields(inner as z.ZodObject, `${own}.`)] : [own]
  })
}

function unwrap(schema: z.ZodType): z.ZodType {
  return 'unwrap' in schema ? unwrap((schema as z.ZodOptional<z.ZodType>).unwrap()) : schema
}

function flip(field: string): PublishedService {
  const [name = '', inner] = field.split('.')
  const whole: Readonly<Record<string, unknown>> = WHOLE
  const value = OTHERS[field]
  if (!Object.hasOwn(OTHERS, field) || !Object.hasOwn(whole, name)) {
    throw new Error(
      `say in test/support/flipped-services.ts which other value "${field}" of a service may have`,
    )
  }
  const flipped = inner === undefined ? value : { ...(whole[name] as object), [inner]: value }
  // As it is sent: a field that is undefined is left out.
  return JSON.parse(JSON.stringify({ ...whole, [name]: flipped }))
}
