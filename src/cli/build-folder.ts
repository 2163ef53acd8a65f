// Where builds put their output: looked for when no folder is named.

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { misuse } from './failure.ts'

/** The more particular first: `.output/public` lies beside what is not to be published. */
export const BUILD_FOLDERS = [
  '.output/public',
  'dist/client',
  'dist/browser',
  'dist',
  'build/client',
  'build',
  'out',
  '_site',
  'storybook-static',
  'www',
  'public',
] as const

export type BuildFolder = {
  readonly path: string
  /** Others that might have been meant. */
  readonly others: readonly string[]
}

/** The first that holds files; `undefined` where none does. */
export async function findBuildFolder(cwd: string): Promise<BuildFolder | undefined> {
  const found: string[] = []
  for (const path of BUILD_FOLDERS) {
    const isPart = found.some((known) => known.startsWith(`${path}/`))
    if (!isPart && (await holdsFiles(join(cwd, path)))) found.push(path)
  }
  const [path, ...others] = found
  return path === undefined ? undefined : { path, others }
}

/** `public` is what most bundlers copy from, so beside another one it is not meant. */
export async function chooseBuildFolder(cwd: string): Promise<string> {
  const found = await findBuildFolder(cwd)
  if (!found) {
    throw misuse(
      `there is nothing to publish: none of ${BUILD_FOLDERS.join(', ')} is here`,
      'build first, or name the folder: holo publish ./folder --version 1.4.0',
    )
  }
  const others = found.others.filter((path) => path !== 'public')
  if (others.length > 0) {
    throw misuse(
      `which folder? There is ${[found.path, ...others].join(', ')}`,
      'name it: holo publish ./folder --version 1.4.0',
    )
  }
  return found.path
}

async function holdsFiles(folder: string): Promise<boolean> {
  const status = await stat(folder).catch(() => undefined)
  return status?.isDirectory() === true && (await readdir(folder)).length > 0
}
