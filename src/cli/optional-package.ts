// Finds packages that Holo needs for some commands only, and that an installation may have left out.

import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { refused } from './failure.ts'

export type OptionalPackage = 'miniflare' | 'wrangler'

/**
 * The folder of the package, found as Node would find it from `root`, the folder of Holo's own package.
 *
 * @throws CliFailure that says how to install it.
 */
export async function requireOptional(root: string, name: OptionalPackage): Promise<string> {
  for (let folder = root; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name)
    if ((await stat(join(found, 'package.json')).catch(() => undefined))?.isFile()) return found
    if (dirname(folder) === folder) break
  }
  throw refused('not_installed', `this command needs the package ${name}, which is not installed`, {
    hint: `install it: npm install --save-dev wrangler@${await readWanted(root)}`,
  })
}

/** The release of wrangler that this Holo is tested with; it brings its own miniflare along. */
async function readWanted(root: string): Promise<string> {
  const text = await readFile(join(root, 'package.json'), 'utf8')
  const { optionalDependencies } = JSON.parse(text) as {
    readonly optionalDependencies?: Readonly<Record<string, string>>
  }
  return optionalDependencies?.wrangler ?? 'latest'
}
