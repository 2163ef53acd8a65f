// Commit and author of what is published, from git or from the variables of a pipeline. Neither is
// needed: a folder without git is published all the same.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

const GIT_TIMEOUT_MS = 5000

export type Authorship = {
  readonly commit?: string
  readonly author?: string
  /** There are changes that no commit has. */
  readonly isDirty: boolean
}

type Variables = Readonly<Record<string, string | undefined>>

export async function readAuthorship(cwd: string, env: Variables): Promise<Authorship> {
  const git = async (...args: string[]): Promise<string | undefined> => {
    try {
      const { stdout } = await run('git', args, { cwd, timeout: GIT_TIMEOUT_MS })
      return stdout.trim() || undefined
    } catch {
      return undefined
    }
  }
  const [last, changed] = await Promise.all([
    git('log', '-1', '--format=%H%n%an <%ae>'),
    git('status', '--porcelain', '--untracked-files=no'),
  ])
  const [commit = env.GITHUB_SHA ?? env.CI_COMMIT_SHA, author = env.GITHUB_ACTOR] =
    last?.split('\n') ?? []
  return {
    ...(commit ? { commit } : {}),
    ...(author ? { author } : {}),
    isDirty: changed !== undefined,
  }
}
