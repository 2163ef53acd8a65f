// Reads the text of an export and checks its shape, so that a sentence names what is wrong: with the
// file for the caller, with one flag for the report.

import type * as z from 'zod'
import { err, ok, type Result } from '../../core/result.ts'
import { listFindings } from '../../document/findings.ts'
import { type FlagDraft, refuse } from './draft.ts'

/** Rules are translated by recursion. Flags that people write are some ten levels deep. */
const IMPORT_DEPTH_LIMIT = 64

export type JsonFields = Readonly<Record<string, unknown>>

/** The object of a JSON text, or a sentence that says what is wrong with the file. */
export function parseExport(text: string): Result<JsonFields, string> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return err(`the file is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!isJsonFields(value)) return err(`the file is ${toWord(value)}, not a JSON object`)
  if (isDeep(value)) return err(`the file is nested more than ${IMPORT_DEPTH_LIMIT} levels deep`)
  return ok(value)
}

export function isJsonFields(value: unknown): value is JsonFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function toWord(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `of the type ${typeof value}`
}

function isDeep(root: unknown): boolean {
  let level = [root]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > IMPORT_DEPTH_LIMIT) return true
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    )
  }
  return false
}

/** The value in the shape of the schema; without it, the draft has the reasons, each with its place. */
export function readShape<Shape extends z.ZodType>(
  draft: FlagDraft,
  schema: Shape,
  value: unknown,
  where = '',
): z.output<Shape> | undefined {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const place = toPlace(where, [...issue.path, key])
        refuse(draft, `${place}: the import does not know this field and what it does to the flag`)
      }
      continue
    }
    for (const { path, message } of listFindings(value, [issue])) {
      refuse(draft, `${toPlace(where, path)}: ${message}`)
    }
  }
  return undefined
}

function toPlace(where: string, path: readonly PropertyKey[]): string {
  const names = path.map((name) => (typeof name === 'number' ? `[${name}]` : `.${String(name)}`))
  const place = `${where}${names.join('')}`
  return place.startsWith('.') ? place.slice(1) : place || 'the flag'
}
