// `holo export` and `holo import`: the document as a file, and back into a control, an empty one too.
// Files of versions are in R2 and stay there; history, audit log and tokens are not exported.

import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { parseAssignments } from '../../assignments/parse.ts'
import { beginDocument } from '../begin.ts'
import { changeDocument, changeShape } from '../change.ts'
import { type ChangeOptions, command, type SharedOptions } from '../command.ts'
import { loadCurrent, readJson } from '../document.ts'
import { CliFailure, misuse, refused } from '../failure.ts'
import { documentReply } from '../replies.ts'

const FORMAT = 'holo-export'

const exported = z.strictObject({
  format: z.literal(FORMAT),
  formatVersion: z.literal(1),
  exportedAt: z.string(),
  from: z.string(),
  revision: z.int(),
  content: z.string(),
  document: z.looseObject({}),
})

/**
 * SHA-256 of what a document says, without which revision it is and where the audit log stood: the
 * same in every control that says the same.
 */
export function digestContent(document: Readonly<Record<string, unknown>>): string {
  const { revision: _, audit: __, ...content } = document
  return createHash('sha256')
    .update(JSON.stringify(toSorted(content)))
    .digest('hex')
}

/** Arrays keep their order, and the objects in which order has a meaning are lists of pairs. */
function toSorted(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => toSorted(one))
  if (typeof value !== 'object' || value === null) return value
  const pairs = Object.entries(value).map(([name, one]): [string, unknown] => [
    name,
    toSorted(one, name),
  ])
  if (ORDERED.has(key)) return pairs
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Which public environment is the first, and which version was written later, decides something. */
const ORDERED: ReadonlySet<string> = new Set(['environments', 'versions'])

type ExportOptions = SharedOptions & { readonly force?: boolean }

export const EXPORT = command({
  name: 'export',
  about: 'Saves the document: environments, traffic, rules, versions and spent buckets.',
  scope: 'read',
  arguments: [{ name: '[file]', about: 'standard output if left out' }],
  options: [{ flags: '--force', about: 'writes over a file that is there' }],
  examples: [{ command: 'holo export holo-backup.json', about: 'what "holo import" takes' }],
  shape: z.strictObject({
    file: z.string().optional(),
    revision: z.int(),
    content: z.string().describe('SHA-256 of what it says, whatever its revision'),
    export: exported.optional().describe('Without a file: the export itself'),
  }),
  run: async (context, [file]: [string | undefined], { force }: ExportOptions) => {
    const api = await context.api()
    const document = await api.ask(documentReply, 'GET', '/assignments')
    const { revision } = document
    const content = digestContent(document)
    const from = (await context.target()).url.origin
    const exportedAt = new Date().toISOString()
    const whole = {
      format: FORMAT,
      formatVersion: 1,
      exportedAt,
      from,
      revision,
      content,
      document,
    } as const
    const text = JSON.stringify(whole, null, 2)
    if (file === undefined)
      return { json: { revision, content, export: whole }, lines: text.split('\n') }
    await writeFile(join(context.cwd, file), `${text}\n`, { flag: force ? 'w' : 'wx' }).catch(
      (cause: NodeJS.ErrnoException) => {
        const why = cause.code === 'EEXIST' ? 'it is there already' : cause.message
        throw refused('not_written', `${file} is not written: ${why}`, {
          hint: cause.code === 'EEXIST' ? 'name another, or add --force' : undefined,
        })
      },
    )
    return {
      json: { file, revision, content },
      lines: [`${file}: revision ${revision}, content ${content}`],
    }
  },
})

type ImportOptions = ChangeOptions & { readonly allowNewSalt?: boolean }

export const IMPORT = command({
  name: 'import',
  about: 'Puts an exported document into a control: an empty one, or in the place of what it has.',
  scope: 'admin',
  changes: 'document',
  arguments: [
    { name: '<file>', about: 'of "holo export", or a document itself; - is standard input' },
  ],
  options: [{ flags: '--allow-new-salt', about: 'although every visitor gets another bucket' }],
  examples: [
    { command: 'holo import holo-backup.json --dry-run', about: 'what would move' },
    { command: 'holo import holo-backup.json --yes --wait', about: 'into an empty control' },
  ],
  shape: changeShape.extend({ content: z.string() }),
  run: async (context, [file]: [string], options: ImportOptions) => {
    const document = readExport(await readJson(context, file), file)
    const content = digestContent(document)
    const query: Record<string, string> = options.allowNewSalt ? { allowNewSalt: 'true' } : {}
    const request = {
      title: `Import ${file}`,
      method: 'PUT',
      path: '/assignments',
      query,
      body: document,
    }
    const api = await context.api()
    const current = await loadCurrent(api).catch((cause) => {
      if (cause instanceof CliFailure && cause.code === 'no_document') return undefined
      throw cause
    })
    if (current) {
      const { json, ...rest } = await changeDocument(context, request, options, current)
      return { ...rest, json: { ...json, content } }
    }
    if (options.ifRevision !== undefined) {
      throw misuse('--if-revision names a revision, and there is no document here yet')
    }
    const { json, ...rest } = await beginDocument(context, request.title, document, options)
    return { ...rest, json: { ...json, content } }
  },
})

function readExport(read: unknown, file: string): Readonly<Record<string, unknown>> {
  const isExport = (read as { format?: unknown } | null)?.format === FORMAT
  const whole = isExport ? exported.safeParse(read) : undefined
  if (whole && !whole.success) {
    throw refused('invalid_export', `${file} is an export of another version of Holo, or damaged`, {
      problems: whole.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    })
  }
  const document = whole?.success ? whole.data.document : read
  if (whole?.success && digestContent(whole.data.document) !== whole.data.content) {
    throw refused('invalid_export', `${file} was changed since it was exported`, {
      hint: 'to import it all the same, take its "document" out into a file of its own',
    })
  }
  const parsed = parseAssignments(JSON.stringify(document), { allowInsecure: true })
  if (!parsed.ok) {
    throw refused('invalid_document', `${file} is refused by the edge`, {
      problems: parsed.error.map(({ path, message }) => ({ path, message })),
    })
  }
  return document as Readonly<Record<string, unknown>>
}
