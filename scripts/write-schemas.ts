// Writes what is generated from the zod schemas: the JSON schemas of holo.json and of the output of commands with
// --json, the types of the dashboard's client, and the name of the validator. Tests fail when they are not up to date.

import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  FORM_FILE,
  OPERATIONS_FILE,
  SCHEMA_FILES,
  toClientTypes,
  toFormText,
  toSchemaText,
} from './schemas.ts'

const folder = new URL('../schemas/', import.meta.url)

mkdirSync(folder, { recursive: true })
for (const [name, schema] of Object.entries(SCHEMA_FILES)) {
  const file = new URL(name, folder)
  writeFileSync(file, toSchemaText(schema))
  console.log(`${fileURLToPath(file)} is written`)
}
writeFileSync(OPERATIONS_FILE, await toClientTypes())
console.log(`${OPERATIONS_FILE} is written`)
writeFileSync(FORM_FILE, await toFormText())
console.log(`${FORM_FILE} is written`)
