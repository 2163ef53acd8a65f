// `holo validate` and `holo diff`: documents in files, with the edge's own parser and tables. Without
// a network, but for a diff with what is live.

import { diffOutput, validateOutput } from '../../wire/output.ts'
import { type CommandRow, command, type SharedOptions } from '../command.ts'
import { loadCurrent, loadFile } from '../document.ts'
import { findMovement, toLines } from '../movement.ts'
import { toPercentText } from '../words.ts'

const INSECURE = {
  flags: '--allow-insecure',
  about: 'takes http:// and private addresses as origins, as local runs do',
}

type FileOptions = SharedOptions & { readonly allowInsecure?: boolean }

const VALIDATE = command({
  name: 'validate',
  about: 'Checks a document as the edge would; every mistake is named. Needs no network.',
  scope: 'none',
  arguments: [{ name: '<file>', about: 'JSON; - is standard input' }],
  options: [INSECURE],
  examples: [
    { command: 'holo validate assignments.json', about: 'exit code 1 if the edge refused it' },
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
        `${file} is sound: revision ${json.revision}, ${json.environments} environments, ${json.versions} versions, ${json.rules} rules`,
        shares.join(', '),
      ],
    }
  },
})

const DIFF = command({
  name: 'diff',
  about: 'Says what would move between two documents; one file is held against what is live.',
  scope: 'read',
  arguments: [
    { name: '<file>', about: 'JSON; - is standard input' },
    { name: '[other]', about: 'the later one; with it no network is needed' },
  ],
  options: [INSECURE],
  examples: [
    { command: 'holo diff before.json after.json', about: 'offline' },
    { command: 'holo diff assignments.json', about: 'from what is live to this file' },
  ],
  shape: diffOutput,
  run: async (context, [file, other]: [string, string | undefined], options: FileOptions) => {
    const { allowInsecure = false } = options
    const first = await loadFile(context, file, allowInsecure || other === undefined)
    const before = other === undefined ? await loadCurrent(await context.api()) : first
    const after = other === undefined ? first : await loadFile(context, other, allowInsecure)
    const movement = findMovement(before, after)
    const from = other === undefined ? (await context.target()).name : file
    return { json: { from, to: other ?? file, ...movement }, lines: toLines(movement) }
  },
})

export const DOCUMENT_COMMANDS: readonly CommandRow[] = [VALIDATE, DIFF]
