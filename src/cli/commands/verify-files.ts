// `holo verify --files`: asks for each step of the check of the store, and puts its findings into words.

import type { z } from 'zod'
import { showProgress } from '../../publish/progress.ts'
import { FILES_CURSOR, filesAsRead, type filesOutput } from '../../wire/files.ts'
import type { Context } from '../command.ts'
import { toCount } from '../words.ts'

type FilesChecked = z.infer<typeof filesOutput>

/** Checks the files of these versions; of all versions of the document if there are none. */
export async function checkFiles(
  context: Context,
  versions: readonly string[],
  quick: boolean,
): Promise<FilesChecked> {
  const api = await context.api()
  const { progress, env, shared, signal } = context
  const bar = progress && !shared.json ? showProgress('files', progress, env) : undefined
  const lost: FilesChecked['lost'][number][] = []
  let checked = 0
  let cursor: string | undefined
  try {
    do {
      signal.throwIfAborted()
      const step = await api.ask(filesAsRead, 'POST', '/files/verify', {
        json: {
          quick,
          ...(versions.length > 0 ? { versions } : {}),
          ...(cursor === undefined ? {} : { cursor }),
        },
      })
      lost.push(...step.lost)
      checked += step.checked
      cursor = step.done ? undefined : step.cursor
      const [, slice = '1', slices = '1'] = FILES_CURSOR.exec(cursor ?? '') ?? []
      const [files, ofFiles] = [Number(slice), Number(slices)]
      bar?.report({ doing: 'verifying', files, ofFiles, bytes: 0, ofBytes: 0 })
    } while (cursor !== undefined)
  } finally {
    bar?.end()
  }
  return { checked, quick, lost }
}

export function toFileLines({ checked, quick, lost }: FilesChecked): string[] {
  const how = quick ? ', by size only' : ''
  if (lost.length === 0) return [`The store has all files: ${checked} looked at${how}`]
  const versions = [...new Set(lost.flatMap((file) => file.versions))].sort()
  return [
    `The store has lost or damaged ${toCount(lost.length, 'file')} of ${checked}${how}`,
    ...lost.map(({ kind, sha256, problem, versions, paths }) => {
      const name = kind === 'manifest' ? 'the manifest' : paths.join(', ')
      return `  ${versions.join(', ')}: ${name} ${problem} (${kind}s/${sha256})`
    }),
    `Publish the same folder again, under the same id, to heal it: ${versions.join(', ')}`,
  ]
}
