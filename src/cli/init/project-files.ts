// Reads the few files of a project that tell how it is built. What they mean is decided in detect.ts.

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FileRefusal, readRegularFile } from '../../publish/regular-file.ts'
import { BUILD_FOLDERS } from '../build-folder.ts'

export type ProjectFiles = {
  /** Names at the top of the folder. */
  readonly names: readonly string[]
  /** Texts by name: package.json, and configurations of frameworks and servers. */
  readonly texts: Readonly<Record<string, string>>
  /** Folders that have a home page; `.` for the top. */
  readonly homes: readonly string[]
}

const TOLD =
  /^(?:package\.json|angular\.json|pnpm-workspace\.yaml|Dockerfile|Procfile|(?:next|nuxt|astro|svelte|vite|docusaurus|react-router|vue)\.config\.[cm]?[jt]s)$/
/** Many times what real ones have. */
const MAX_CONFIG_TEXT_BYTES = 512 * 1024
/** Where people keep a site that nothing builds, beside the folders that builds write. */
const PLAIN_FOLDERS = ['.', 'site', 'html', 'docs', 'src']

export async function loadProjectFiles(folder: string): Promise<ProjectFiles> {
  const names = await readdir(folder).catch(() => [])
  const told = names.filter((name) => TOLD.test(name))
  const read = await Promise.all(told.map(async (name) => [name, await readText(folder, name)]))
  const homes: string[] = []
  for (const one of [...BUILD_FOLDERS, ...PLAIN_FOLDERS]) {
    const page = await stat(join(folder, one, 'index.html')).catch(() => undefined)
    if (page?.isFile()) homes.push(one)
  }
  return { names, texts: Object.fromEntries(read), homes }
}

/** A link or anything else that is not read counts as empty: the user is then asked. */
async function readText(folder: string, name: string): Promise<string> {
  try {
    const bytes = await readRegularFile(folder, name, MAX_CONFIG_TEXT_BYTES)
    // npm and others take a byte order mark, which JSON.parse does not.
    return bytes?.toString('utf8').replace(/^\uFEFF/, '') ?? ''
  } catch (cause) {
    if (cause instanceof FileRefusal) return ''
    throw cause
  }
}
