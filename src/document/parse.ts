// Parses a document, or lists everything that is wrong with it. Those who write documents and the
// edge that reads them share it, so that the edge accepts whatever a writer accepted.

import type { z } from 'zod'
import { err, ok, type Result } from '../core/result.ts'
import type { Finding, Path } from './finding.ts'
import { listFindings, valueAt } from './findings.ts'
import { MAX_ASSIGNMENTS_BYTES } from './limits.ts'
import { type AssignmentsDocument, assignmentsSchema, PARTS } from './schema.ts'
import { type PartialDocument, validate } from './validate.ts'

/** One problem of a document: where it is, the value there, and how to mend it. */
export type Problem = {
  /** Such as `rules[0].when`; empty for the document as a whole. */
  readonly path: string
  readonly value: unknown
  readonly message: string
}

export type ParseOptions = {
  /** Accept http:// and private addresses as origins: for local runs. */
  readonly allowInsecure: boolean
}

const encoder = new TextEncoder()

/** Reads a document, or lists all its problems. Never throws, whatever `text` holds. */
export function parseAssignments(
  text: string,
  { allowInsecure }: ParseOptions,
): Result<AssignmentsDocument, readonly Problem[]> {
  const bytes = encoder.encode(text).length
  if (bytes > MAX_ASSIGNMENTS_BYTES) {
    const message = `the document has ${bytes} bytes; at most ${MAX_ASSIGNMENTS_BYTES} are read: remove versions nobody points at`
    return err([{ path: '', value: undefined, message }])
  }
  if (text.trim() === '') {
    return err([{ path: '', value: text, message: 'the document is empty' }])
  }
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (cause) {
    const message = `the document is not JSON: ${cause instanceof Error ? cause.message : cause}`
    return err([{ path: '', value: undefined, message }])
  }
  const shape = assignmentsSchema.safeParse(raw, { jitless: true })
  const findings = [
    ...(shape.success ? [] : listFindings(raw, shape.error.issues)),
    ...validate(shape.success ? shape.data : toParts(raw), allowInsecure),
  ]
  if (shape.success && findings.length === 0) return ok(shape.data)
  return err(findings.map((finding) => toProblem(raw, finding)))
}

/** The problems that zod found in a value. */
export function toProblems(raw: unknown, issues: readonly z.core.$ZodIssue[]): readonly Problem[] {
  return listFindings(raw, issues).map((finding) => toProblem(raw, finding))
}

/** Problems as text, one per line, for a log or a terminal. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems
    .map(({ path, value, message }) => {
      const shown = value === undefined ? '' : ` (${shorten(JSON.stringify(value))})`
      return `${path || 'document'}${shown}: ${message}`
    })
    .join('\n')
}

/** The fields that can be read by themselves. */
function toParts(raw: unknown): PartialDocument {
  if (typeof raw !== 'object' || raw === null) return {}
  const parts: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(PARTS)) {
    if (!Object.hasOwn(raw, name)) continue
    const part = schema.safeParse((raw as Record<string, unknown>)[name], { jitless: true })
    if (part.success) parts[name] = part.data
  }
  return parts as PartialDocument
}

function toProblem(raw: unknown, { path, message }: Finding): Problem {
  return { path: toText(path), value: valueAt(raw, path), message }
}

function toText(path: Path): string {
  return path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`
      return /^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
    })
    .join('')
    .replace(/^\./, '')
}

const MAX_SHOWN_CHARACTERS = 80

function shorten(text: string | undefined = ''): string {
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text
}
