// Shifts traffic as `npm start` says to: with the two commands it prints, as they stand.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { cleanEnvironment, type StartProcess } from '../support/start-process.ts'

/** Gets the document into `folder`, changes it by `edit`, and puts it back. */
export async function editByHand(
  holo: StartProcess,
  folder: string,
  edit: (document: AssignmentsDocument) => object,
): Promise<void> {
  const [get = '', put = ''] = holo.printed().match(/npx wrangler kv key .*/g) ?? []
  await runInShell(folder, get)
  const file = join(folder, 'assignments.json')
  const document = JSON.parse(await readFile(file, 'utf8')) as AssignmentsDocument
  await writeFile(file, JSON.stringify(edit(document), null, 2))
  await runInShell(folder, put)
}

async function runInShell(folder: string, command: string): Promise<void> {
  const child = spawn(command, { cwd: folder, env: cleanEnvironment(), shell: true })
  const [printed, logged, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  if (code !== 0) throw new Error(`${command}\nended with ${code}:\n${printed}${logged}`)
}
