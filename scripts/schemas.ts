// What is generated from the zod schemas: the JSON schemas that the package publishes, by file name, and the
// types of the dashboard's client. And the name of the validator of documents.

import { createHash } from 'node:crypto'
import * as z from 'zod'
import { COMMAND_ROWS } from '../src/cli/commands.ts'
import { configSchema } from '../src/cli/config.ts'
import { API_PATH } from '../src/wire/api-path.ts'
import { failureOutput } from '../src/wire/output.ts'
import { toOperationsText } from './dashboard/operations.ts'
import { bundleWorker } from './local/bundle.ts'

/** Committed, so that the dashboard can be type-checked without a step before. */
export const OPERATIONS_FILE = 'src/dashboard/api/operations.ts'

/** Committed, because the Worker imports it. */
export const FORM_FILE = 'src/document/form.ts'

type Schema = Readonly<Record<string, unknown>>

export const SCHEMA_FILES: Readonly<Record<string, Schema>> = {
  'holo.schema.json': {
    ...toDraft(configSchema),
    title: 'holo.json',
    description: 'Which Holo the command talks to, and what it publishes. Tokens are never in it.',
  },
  'output.schema.json': {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'What the holo command prints with --json: one object, of the command or a failure',
    oneOf: [
      ...COMMAND_ROWS.map(({ name }) => ({ $ref: `#/$defs/${toKey(name)}` })),
      { $ref: '#/$defs/failure' },
    ],
    $defs: {
      ...Object.fromEntries(
        COMMAND_ROWS.map(({ name, shape }) => [toKey(name), toOutput(name, shape)]),
      ),
      failure: withoutDraft(failureOutput),
    },
  },
}

export function toSchemaText(schema: Schema): string {
  return `${JSON.stringify(schema, null, 2)}\n`
}

/** The name of the validator: a hash of its code without comments, the packages that it uses included. */
export async function toFormText(): Promise<string> {
  const code = await bundleWorker('src/document/parse.ts')
  const form = createHash('sha256').update(code).digest('hex').slice(0, 16)
  return `// Written by "npm run schemas".

/** Changes with the code of the validator: another one may accept other documents. */
export const DOCUMENT_FORM = '${form}'
`
}

/** The routes are code of the Worker, whose types do not fit beside those of Node: they are loaded untyped. */
export async function toClientTypes(): Promise<string> {
  const load = (path: string) => import(new URL(`../src/api/${path}`, import.meta.url).href)
  const [{ toOpenApi }, { ROUTES }] = await Promise.all([
    load('http/openapi.ts'),
    load('routes.ts'),
  ])
  return toOperationsText(toOpenApi(ROUTES), API_PATH)
}

function toOutput(name: string, shape: z.ZodObject): Schema {
  const begin = { ok: z.literal(true), command: z.literal(name) }
  return withoutDraft(z.strictObject({ ...begin, ...shape.shape }))
}

/** The key of a command, without characters that a JSON pointer must escape. */
function toKey(name: string): string {
  return name.replaceAll(' ', '-')
}

function toDraft(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' }) as Schema
}

function withoutDraft(schema: z.ZodType): Schema {
  const { $schema: _, ...rest } = toDraft(schema)
  return rest
}
