// The document as commands read it, from the API or from a file, with the parser of the edge; the
// file that `holo export` writes; and names that the document must have.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { type CompiledAssignments, compileAssignments } from '../document/compile.ts'
import { parseAssignments } from '../document/parse.ts'
import type { AssignmentsDocument } from '../document/schema.ts'
import { documentAsRead } from '../wire/history.ts'
import { EXPORT_FORMAT, exportedFile } from '../wire/output.ts'
import type { Api } from './api.ts'
import type { Context } from './command.ts'
import { CliFailure, EXIT, misuse, refused } from './failure.ts'
import { toSuggestion } from './suggest.ts'

export type KnownDocument = {
  readonly document: AssignmentsDocument
  readonly compiled: CompiledAssignments
}

/** Loads the current document. */
export async function loadCurrent(api: Api): Promise<KnownDocument> {
  return readDocument(JSON.stringify(await api.ask(documentAsRead, 'GET', '/assignments')))
}

/** Parses a document that the control has accepted, also with origins that only local runs allow. */
export function readDocument(text: string): KnownDocument {
  const parsed = parseAssignments(text, { allowInsecure: true })
  if (!parsed.ok) {
    throw new CliFailure(
      'unexpected_reply',
      EXIT.unreachable,
      'this command cannot read the document of this Holo: install the version of the command that Holo has',
      { problems: parsed.error },
    )
  }
  return { document: parsed.value, compiled: compileAssignments(parsed.value) }
}

/**
 * Loads a document from a file that holds the document or an export of it; `-` is standard input.
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
    `the edge would refuse ${file}: ${count === 1 ? 'one problem' : `${count} problems`}`,
    { problems: parsed.error.map(({ path, message }) => ({ path, message })) },
  )
}

/** Takes the document out of an export. Other text stays as it is: the parser of the edge reports mistakes. */
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

/**
 * Tells a name that does not exist from a Holo without a document.
 *
 * @throws CliFailure `no_document` if nothing has been published yet.
 */
export async function needDocument(api: Api): Promise<void> {
  try {
    await api.ask(documentAsRead, 'GET', '/assignments')
  } catch (cause) {
    if (cause instanceof CliFailure && cause.code === 'no_document') throw cause
  }
}

/**
 * SHA-256 of the content of a document, without its revision and its place in the audit log. Every Holo
 * with the same content has the same digest, because the control always writes fields in the same order.
 */
export function digestContent(document: Readonly<Record<string, unknown>>): string {
  const { revision: _, reserve: __, audit: ___, ...content } = document
  return createHash('sha256').update(JSON.stringify(content)).digest('hex')
}

/**
 * The document in a parsed file, which is an export or the document itself.
 *
 * @throws CliFailure for an export whose document was changed.
 */
function takeDocument(read: unknown, file: string): unknown {
  if ((read as { format?: unknown } | null)?.format !== EXPORT_FORMAT) return read
  const whole = exportedFile.safeParse(read)
  if (!whole.success) {
    throw refused('invalid_export', `${file} is damaged, or an export of another version of Holo`, {
      problems: whole.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    })
  }
  const { document, content } = whole.data
  if (digestContent(document) === content) return document
  throw refused('invalid_export', `${file} was changed after it was exported`, {
    hint: 'to edit a document, save it by "holo export FILE --document", or save the "document" of this file alone',
  })
}

/** How many names a hint lists. */
const MAX_LISTED = 20

/** Checks that the document has the environment. @throws CliFailure that suggests a similar name. */
export function knowEnvironment(name: string, { document }: KnownDocument): void {
  const known = Object.keys(document.environments)
  knowName('environment', name, known, toSuggestion(name, known))
}

/**
 * Checks that the document has the version. A similar id is another release, so none is suggested.
 * @throws CliFailure
 */
export function knowVersion(id: string, { document }: KnownDocument): void {
  knowName('version', id, Object.keys(document.versions), '')
}

/** Checks that a table of flags has the flag. @throws CliFailure that suggests a similar name. */
export function knowFlag(key: string, flags: object = {}): void {
  const known = Object.keys(flags)
  knowName('flag', key, known, toSuggestion(key, known))
}

function knowName(what: string, name: string, known: readonly string[], suggestion: string): void {
  if (known.includes(name)) return
  const has =
    known.length > MAX_LISTED
      ? `${known.slice(-MAX_LISTED).join(', ')} and older ones`
      : known.join(', ')
  throw refused('unknown_name', `there is no ${what} "${name}"${suggestion}`, {
    hint: `the document has ${has || 'none'}`,
  })
}
