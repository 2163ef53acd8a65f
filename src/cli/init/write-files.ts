// Writes the files of a project. A file that is there and says something else is never overwritten unseen: its
// difference is shown, and on a terminal the user is asked.

import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FileRefusal, readRegularFile } from '../../publish/regular-file.ts'
import type { Context } from '../command.ts'
import { refused } from '../failure.ts'
import { askLine, isYes } from '../terminal.ts'
import { toDifference } from './difference.ts'

export type PlannedFile = {
  /** From the top of the repository, with slashes. */
  readonly path: string
  readonly content: string
  /** Whether what is there may stay as it is: somebody may have changed it on purpose. */
  readonly mayStay?: (present: string) => boolean
}

export type FileState = {
  readonly path: string
  /** `kept`: it was there with another content. */
  readonly state: 'written' | 'unchanged' | 'overwritten' | 'kept'
}

/** Far more than a workflow or a wrangler.toml has. */
const MAX_PRESENT_BYTES = 1024 * 1024

type WriteOptions = {
  readonly root: string
  /** Overwrites without a question. */
  readonly force: boolean
  readonly dryRun: boolean
  /** Whether somebody can be asked. */
  readonly canAsk: boolean
}

/**
 * Writes all files or, where nobody can be asked about one that differs, none.
 *
 * @throws CliFailure that names the files that differ.
 */
export async function writeFiles(
  context: Context,
  planned: readonly PlannedFile[],
  options: WriteOptions,
): Promise<FileState[]> {
  const { root, force, dryRun, canAsk } = options
  const files = await Promise.all(
    planned.map(async (file) => ({ ...file, present: await readPresent(root, file.path) })),
  )
  const isOther = ({ present, content, mayStay }: (typeof files)[number]) =>
    present !== undefined && present !== content && !mayStay?.(present)
  const others = files.filter(isOther)
  for (const { path, present = '', content } of context.shared.json ? [] : others) {
    context.say(`${path} is there, and would change:`)
    for (const line of toDifference(present, content)) context.say(`  ${line}`)
  }
  if (others.length > 0 && !force && !dryRun && !canAsk) throw differs(others)
  const states: FileState[] = []
  for (const file of files) {
    const { path, present, content } = file
    if (present === content) states.push({ path, state: 'unchanged' })
    else if (present !== undefined && !isOther(file)) states.push({ path, state: 'kept' })
    else if (present === undefined) {
      if (!dryRun) await write(root, path, content)
      states.push({ path, state: 'written' })
    } else {
      const question = `Overwrite ${path}? [y/N] `
      const isWanted =
        force || dryRun || isYes(await askLine(question, context.streams, context.signal))
      if (isWanted && !dryRun) await write(root, path, content)
      states.push({ path, state: isWanted ? 'overwritten' : 'kept' })
    }
  }
  return states
}

function differs(
  files: readonly { path: string; present?: string | undefined; content: string }[],
) {
  const names = files.map(({ path }) => path).join(', ')
  const isAre = files.length === 1 ? 'is there and says' : 'are there and say'
  return refused('exists', `${names} ${isAre} something else; nothing was written`, {
    hint: 'look at the difference; --force overwrites, --no-wrangler and --no-workflow leave these files out',
    problems: files.map(({ path, present = '', content }) => {
      const lines = toDifference(present, content)
      const count = (mark: string) => lines.filter((line) => line.startsWith(mark)).length
      return { path, message: `${count('+')} lines more, ${count('-')} lines less` }
    }),
  })
}

async function readPresent(root: string, path: string): Promise<string | undefined> {
  try {
    return (await readRegularFile(root, path, MAX_PRESENT_BYTES))?.toString('utf8')
  } catch (cause) {
    if (!(cause instanceof FileRefusal)) throw cause
    throw refused('not_written', `${path} ${cause.message}: it was not written`)
  }
}

/** Replaces the file in one step, so that an interruption leaves the old one. */
async function write(root: string, path: string, content: string): Promise<void> {
  const file = join(root, path)
  const fresh = `${file}.${process.pid}.new`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(fresh, content, { flag: 'wx' })
    await rename(fresh, file)
  } catch (cause) {
    throw refused('not_written', `${path} was not written: ${(cause as Error).message}`)
  }
}
