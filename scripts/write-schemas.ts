// Writes the JSON schemas of holo.json and of the output of commands with --json, from the zod schemas that the
// command uses. A test fails when they are not up to date.

import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SCHEMA_FILES, toSchemaText } from './schemas.ts'

const folder = new URL('../schemas/', import.meta.url)

mkdirSync(folder, { recursive: true })
for (const [name, schema] of Object.entries(SCHEMA_FILES)) {
  const file = new URL(name, folder)
  writeFileSync(file, toSchemaText(schema))
  console.log(`${fileURLToPath(file)} is written`)
}
