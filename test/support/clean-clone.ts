// A clean clone of this checkout, as it stands now, committed or not. Its packages are linked: that `npm ci` brings
// them is what every run of the tests begins with.

import { cp, readFile, symlink } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const FIXTURES = 'test/fixtures'

/** @param folder is made. */
export async function makeCleanClone(folder: string): Promise<void> {
  const lines = (await readFile(join(ROOT, '.gitignore'), 'utf8')).split('\n')
  const left = lines.filter((line) => line.endsWith('/')).map((line) => line.slice(0, -1))
  const isLeftOut = (path: string) =>
    [...left, '.git'].includes(basename(path)) && !relative(ROOT, path).startsWith(FIXTURES)
  await cp(ROOT, folder, { recursive: true, filter: (path) => !isLeftOut(path) })
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
}
