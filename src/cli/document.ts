// The document as commands read it: from the API or from a file, with the edge's own parser, and what
// every bucket gets by it.

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { type CompiledAssignments, compileAssignments } from '../document/compile.ts'
import { parseAssignments } from '../document/parse.ts'
import type { AssignmentsDocument } from '../document/schema.ts'
import { documentAsRead } from '../wire/history.ts'
import { EXPORT_FORMAT } from '../wire/output.ts'
import type { Api } from './api.ts'
import type { Context } from './command.ts'
import { takeDocument } from './exported.ts'
import { CliFailure, EXIT, misuse, refused } from './failure.ts'

export type KnownDocument = {
  readonly document: AssignmentsDocument
  readonly compiled: CompiledAssignments
}

/** The newest document of the control. */
export async function loadCurrent(api: Api): Promise<KnownDocument> {
  return readDocument(JSON.stringify(await api.ask(documentAsRead, 'GET', '/assignments')))
}

/** What the control has accepted: origins that only local runs take are taken. */
export function readDocument(text: string): KnownDocument {
  const parsed = parseAssignments(text, { allowInsecure: true })
  if (!parsed.ok) {
    throw new CliFailure(
      'unexpected_reply',
      EXIT.unreachable,
      'the document of this Holo cannot be read by this command: they are of different versions',
      { problems: parsed.error },
    )
  }
  return { document: parsed.value, compiled: compileAssignments(parsed.value) }
}

/**
 * A document in a file (`-` is standard input), or in an export of one.
 *
 * @throws CliFailure that lists every problem.
 */
export async function loadFile(
  context: Pick<Context, 'cwd' | 'streams'>,
  file: string,
  allowInsecure: boolean,
): Promise<KnownDocument> {
  const text = await readText(context, file)
  const parsed = parseAssignments(toDocumentText(text, file), { allowInsecure })
  if (parsed.ok) return { document: parsed.value, compiled: compileAssignments(parsed.value) }
  const count = parsed.error.length
  throw refused(
    'invalid_document',
    `${file} is refused by the edge: ${count === 1 ? 'one problem' : `${count} problems`}`,
    { problems: parsed.error.map(({ path, message }) => ({ path, message })) },
  )
}

/** What is not JSON is for the edge's parser to complain about. */
function toDocumentText(text: string, file: string): string {
  if (!text.includes(`"${EXPORT_FORMAT}"`)) return text
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    return text
  }
  return JSON.stringify(takeDocument(read, file))
}

export async function readText(
  { cwd, streams }: Pick<Context, 'cwd' | 'streams'>,
  file: string,
): Promise<string> {
  if (file === '-') return readAll(streams.stdin)
  try {
    return await readFile(resolve(cwd, file), 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw misuse(
      code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read: ${message}`,
    )
  }
}

export async function readJson(
  context: Pick<Context, 'cwd' | 'streams'>,
  file: string,
): Promise<unknown> {
  const text = await readText(context, file)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw misuse(`${file} is not JSON: ${cause instanceof Error ? cause.message : cause}`)
  }
}
