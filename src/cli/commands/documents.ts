// The document as a file: `holo validate` and `holo diff` check and compare documents, `holo
// export` and `holo import` save one and put it back. An export has no files of versions, which
// stay in R2, and no history, audit log or tokens.

import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { toHarmlessJson } from '../../core/harmless-text.ts'
import { documentAsRead } from '../../wire/history.ts'
import {
  diffOutput,
  EXPORT_FORMAT,
  exportOutput,
  importOutput,
  validateOutput,
} from '../../wire/output.ts'
import { beginDocument } from '../begin.ts'
import { changeDocument } from '../change.ts'
import { type ChangeOptions, type CommandRow, command, type SharedOptions } from '../command.ts'
import { digestContent, loadCurrent, loadFile } from '../document.ts'
import { CliFailure, misuse, refused } from '../failure.ts'
import { findMovement, toMovementLines } from '../movement.ts'
import { toPercentText } from '../words.ts'

const INSECURE = {
  flags: '--allow-insecure',
  about: 'accepts http:// and private addresses as origins, as local runs do',
}

type FileOptions = SharedOptions & { readonly allowInsecure?: boolean }

const VALIDATE = command({
  name: 'validate',
  about: 'Checks a document as the edge does, and lists all mistakes. Needs no network.',
  scope: 'none',
  arguments: [{ name: '<file>', about: 'JSON; - is standard input' }],
  options: [INSECURE],
  examples: [
    { command: 'holo validate assignments.json', about: 'exit code 1 if the edge would refuse it' },
  ],
  shape: validateOutput,
  run: async (context, [file]: [string], { allowInsecure = false }: FileOptions) => {
    const { document, compiled } = await loadFile(context, file, allowInsecure)
    const counts = new Map<string, number>()
    for (const { name } of compiled.buckets) counts.set(name, (counts.get(name) ?? 0) + 1)
    const weights = Object.fromEntries([...counts].map(([name, count]) => [name, count / 100]))
    const json = {
      file,
      revision: document.revision,
      environments: compiled.environments.size,
      versions: compiled.versions.size,
      rules: compiled.rules.length,
      weights,
    }
    const shares = Object.entries(weights).map(
      ([name, percent]) => `${name} ${toPercentText(percent)}`,
    )
    return {
      json,
      lines: [
        `${file} is valid: revision ${json.revision}, ${json.environments} environments, ${json.versions} versions, ${json.rules} rules`,
        shares.join(', '),
      ],
    }
  },
})

const DIFF = command({
  name: 'diff',
  about: 'Shows what would move between two documents, or between the live document and a file.',
  scope: 'read',
  arguments: [
    { name: '<file>', about: 'JSON; - is standard input' },
    { name: '[other]', about: 'the newer document; with two files no network is needed' },
  ],
  options: [INSECURE],
  examples: [
    { command: 'holo diff before.json after.json', about: 'offline' },
    { command: 'holo diff assignments.json', about: 'from the live document to this file' },
  ],
  shape: diffOutput,
  run: async (context, [file, other]: [string, string | undefined], options: FileOptions) => {
    const { allowInsecure = false } = options
    const first = await loadFile(context, file, allowInsecure || other === undefined)
    const before = other === undefined ? await loadCurrent(await context.api()) : first
    const after = other === undefined ? first : await loadFile(context, other, allowInsecure)
    const movement = findMovement(before, after)
    const from = other === undefined ? (await context.target()).name : file
    return { json: { from, to: other ?? file, ...movement }, lines: toMovementLines(movement) }
  },
})

export const DOCUMENT_COMMANDS: readonly CommandRow[] = [VALIDATE, DIFF]

type ExportOptions = SharedOptions & { readonly force?: boolean; readonly document?: boolean }

const EXPORT = command({
  name: 'export',
  about: 'Saves the document: environments, traffic, rules, versions and spent buckets.',
  scope: 'read',
  arguments: [{ name: '[file]', about: 'standard output if left out' }],
  options: [
    { flags: '--document', about: 'the document alone, which may be edited before it is imported' },
    { flags: '--force', about: 'overwrites an existing file' },
  ],
  examples: [
    { command: 'holo export holo-backup.json', about: 'a file for "holo import"' },
    {
      command: 'holo export document.json --document',
      about: 'to edit, "holo diff" and "holo import"',
    },
  ],
  shape: exportOutput,
  run: async (context, [file]: [string | undefined], options: ExportOptions) => {
    const api = await context.api()
    const document = await api.ask(documentAsRead, 'GET', '/assignments')
    const { revision } = document
    const content = digestContent(document)
    const from = (await context.target()).url.origin
    const exportedAt = new Date().toISOString()
    const whole = {
      format: EXPORT_FORMAT,
      formatVersion: 1,
      exportedAt,
      from,
      revision,
      content,
      document,
    } as const
    const text = toHarmlessJson(JSON.stringify(options.document ? document : whole, null, 2))
    if (file === undefined) {
      return { json: { revision, content, export: whole }, lines: text.split('\n') }
    }
    const flag = options.force ? 'w' : 'wx'
    await writeFile(resolve(context.cwd, file), `${text}\n`, { flag }).catch(
      (cause: NodeJS.ErrnoException) => {
        const why = cause.code === 'EEXIST' ? 'it already exists' : cause.message
        throw refused('not_written', `${file} was not written: ${why}`, {
          hint: cause.code === 'EEXIST' ? 'name another file, or add --force' : undefined,
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

const IMPORT = command({
  name: 'import',
  about: 'Imports an exported document: as the first one, or as a replacement of the current one.',
  scope: 'admin',
  changes: 'document',
  arguments: [
    { name: '<file>', about: 'from "holo export", or a document itself; - is standard input' },
  ],
  options: [
    {
      flags: '--allow-new-salt',
      about: 'accepts another salt, which gives every visitor another bucket',
    },
  ],
  examples: [
    { command: 'holo import holo-backup.json --dry-run', about: 'what would move' },
    { command: 'holo import holo-backup.json --yes --wait', about: 'into an empty Holo' },
  ],
  shape: importOutput,
  run: async (context, [file]: [string], options: ImportOptions) => {
    const { document } = await loadFile(context, file, true)
    const query: Record<string, string> = options.allowNewSalt ? { allowNewSalt: 'true' } : {}
    const title = `Import ${file}`
    const api = await context.api()
    const current = await loadCurrent(api).catch((cause) => {
      if (cause instanceof CliFailure && cause.code === 'no_document') return undefined
      throw cause
    })
    if (!current && options.ifRevision !== undefined) {
      throw misuse('--if-revision needs a document, and there is none here yet: leave it out')
    }
    const request = { title, method: 'PUT', path: '/assignments', query, body: document }
    const { json, lines } = current
      ? await changeDocument(context, request, options, current)
      : await beginDocument(context, title, document, options)
    if (!json.changed) return { json, lines }
    const content = digestContent(await api.ask(documentAsRead, 'GET', '/assignments'))
    return { json: { ...json, content }, lines: [...lines, `Content ${content}`] }
  },
})

export const TRANSFER_COMMANDS: readonly CommandRow[] = [EXPORT, IMPORT]
