// The files that `holo init` writes: holo.json and wrangler.toml beside the project's own, and a workflow at the top.

import { stat } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { PACKAGE_NAME } from '../../local/package-parts.ts'
import { FileRefusal, readRegularFile } from '../../publish/regular-file.ts'
import type { Context } from '../command.ts'
import { CONFIG_FILE, type Config } from '../config.ts'
import { isOfHolo, makeWranglerToml } from '../wrangler-template.ts'
import type { Answers } from './find-answers.ts'
import { toConfigText } from './holo-json.ts'
import { toPackageFolder, toSlug, toWorkflow, toWorkflowPath } from './workflow.ts'
import type { FoundProject } from './workspace.ts'
import type { PlannedFile } from './write-files.ts'

export async function planFiles(
  context: Context,
  project: FoundProject,
  present: Config | undefined,
  answers: Answers,
): Promise<PlannedFile[]> {
  const { folder, inside } = project
  const own = (file: string) => (inside === '' ? file : `${inside}/${file}`)
  const isInside = await isThere(join(folder, 'node_modules', PACKAGE_NAME))
  const packageFolder = toPackageFolder(project, isInside)
  const planned: PlannedFile[] = [
    { path: own(CONFIG_FILE), content: toConfigText(present, answers) },
  ]
  if (answers.hasWrangler) {
    const up = relative(join(project.root, inside), join(project.root, packageFolder))
    const content = await makeWranglerToml(
      context.installation.root,
      toSlug(await readName(project)),
      up.replaceAll('\\', '/'),
    )
    planned.push({ path: own('wrangler.toml'), content, mayStay: isOfHolo })
  }
  if (answers.hasWorkflow) {
    const branch = await readBranch(project.root)
    const content = toWorkflow(project, { ...answers, branch, packageFolder })
    planned.push({ path: toWorkflowPath(inside), content })
  }
  return planned
}

/** The name of package.json, without its scope, or of the folder. */
async function readName({ folder, files }: FoundProject): Promise<string> {
  try {
    const { name } = Object(JSON.parse(files.texts['package.json'] ?? '{}'))
    if (typeof name === 'string' && name !== '') return name.replace(/^@[^/]*\//, '')
  } catch {
    // The folder has a name as well.
  }
  return basename(folder)
}

const DEFAULT_BRANCH = 'main'
const MAX_HEAD_BYTES = 1024

/** The present branch, if it has one of the names that main branches have. */
async function readBranch(root: string): Promise<string> {
  try {
    const head = await readRegularFile(join(root, '.git'), 'HEAD', MAX_HEAD_BYTES)
    return /^ref: refs\/heads\/(main|master|trunk)$/m.exec(`${head ?? ''}`)?.[1] ?? DEFAULT_BRANCH
  } catch (cause) {
    // A worktree of git has a file at this place, and a folder may not be readable.
    const isExpected = cause instanceof FileRefusal || (cause as NodeJS.ErrnoException).code
    if (!isExpected) throw cause
    return DEFAULT_BRANCH
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
