// Reads commit and author of what is published from git, or from the variables of a pipeline. Both are
// optional. The repository may be a stranger's, so nothing that its settings name is run.

import { execFile } from 'node:child_process'
import { devNull } from 'node:os'
import { promisify } from 'node:util'

const run = promisify(execFile)

const GIT_TIMEOUT_MS = 5000
const MAX_OUTPUT_BYTES = 256 * 1024

export type Authorship = {
  readonly commit?: string
  readonly author?: string
  /** There are uncommitted changes. */
  readonly isDirty: boolean
}

type Variables = Readonly<Record<string, string | undefined>>

export async function readAuthorship(cwd: string, env: Variables): Promise<Authorship> {
  const quiet = { ...env, ...(await silenceFilters(cwd, env)) }
  const git = (...args: readonly string[]) => runGit(args, cwd, quiet)
  const [last, changed] = await Promise.all([
    git('log', '-1', '--no-show-signature', '--format=%H%n%an <%ae>'),
    git('status', '--porcelain', '--untracked-files=no', '--ignore-submodules=all'),
  ])
  const [commit = env.GITHUB_SHA ?? env.CI_COMMIT_SHA, author = env.GITHUB_ACTOR] =
    last?.split('\n') ?? []
  return {
    ...(commit ? { commit } : {}),
    ...(author ? { author } : {}),
    isDirty: changed !== undefined,
  }
}

/**
 * Settings that switch off everything that a repository's own settings and hooks can make git run. Filters are
 * switched off by `silenceFilters`, because every filter has a setting of its own. Submodules have settings of
 * their own, so they are ignored.
 */
const SAFE_SETTINGS = [
  'core.fsmonitor=false',
  `core.hooksPath=${devNull}`,
  // A committed folder may itself be a repository with settings of its own.
  'safe.bareRepository=explicit',
  'log.showSignature=false',
  'protocol.allow=never',
]
const SAFE_ARGUMENTS = [
  ...SAFE_SETTINGS.flatMap((setting) => ['-c', setting]),
  '--no-pager',
  '--no-optional-locks',
]

/** Environment variables with which git fetches nothing from elsewhere and asks for no password. */
const QUIET = {
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_NO_LAZY_FETCH: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '',
  GIT_EXTERNAL_DIFF: '',
}

/** The trimmed output of git; `undefined` if there is none or git fails. */
async function runGit(
  args: readonly string[],
  cwd: string,
  env: Variables,
): Promise<string | undefined> {
  try {
    const { stdout } = await run('git', [...SAFE_ARGUMENTS, ...args], {
      cwd,
      env: { ...env, ...QUIET },
      encoding: 'utf8',
      timeout: GIT_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
    })
    return stdout.trim() || undefined
  } catch (cause) {
    // Of a very long output only matters that there is one, so the beginning is enough.
    const { code, stdout } = cause as { code?: unknown; stdout?: string }
    return code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER' ? stdout?.trim() || undefined : undefined
  }
}

/** Environment variables that switch off the filters of the repository, which `git status` would run. */
async function silenceFilters(cwd: string, env: Variables): Promise<Variables> {
  const args = ['config', '--name-only', '--get-regexp', '^filter\\..*\\.(clean|process|required)$']
  const names = (await runGit(args, cwd, env))?.split('\n') ?? []
  const first = Number(env.GIT_CONFIG_COUNT) || 0
  // Not as `-c name=value`, because the name of a filter may contain "=".
  const settings = names.flatMap((name, i) => [
    [`GIT_CONFIG_KEY_${first + i}`, name],
    [`GIT_CONFIG_VALUE_${first + i}`, name.endsWith('.required') ? 'false' : ''],
  ])
  const count = { GIT_CONFIG_COUNT: String(first + names.length) }
  return { ...Object.fromEntries(settings), ...(names.length > 0 ? count : {}) }
}
