// Generated folders: many small sets of pages whose names get in each other's way, one at the top and
// others in folders of their own.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'

/** Names that mean something to a URL, to HTML handling, or to whoever decodes once too often. */
export const NAMES = [
  'a',
  'docs',
  'foo bar',
  'ü',
  '日本',
  '100%',
  '%2F',
  '%41',
  '%252E',
  'a.b',
  'index',
  'index.html',
  '404',
  '[id]',
  '@me',
  'a+b',
  "it's",
  'x&y=z',
  'semi;colon',
  'q?x',
  'h#y',
  '{x}|^`',
  '.well-known',
  '.hidden',
] as const

const ENDINGS = [
  '',
  '.html',
  '/index.html',
  '.txt',
  '/404.html',
  '/index',
  '.html.html',
  '.html/index.html',
  '/index.html.html',
  '/index/index.html',
] as const

const name = fc.constantFrom(...NAMES)

/** Two or three stems, each with some of the files that compete for its address. */
const fileSet = fc
  .array(
    fc.tuple(
      name,
      fc.subarray([...ENDINGS], { minLength: 1, maxLength: 4 }),
      fc.boolean().map((both) => (both ? ['.html', '/index.html'] : [])),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((stems) =>
    stems.flatMap(([stem, some, both]) => [...both, ...some].map((ending) => `/${stem}${ending}`)),
  )

/** The decoded paths of a folder's files. */
export const folder: fc.Arbitrary<string[]> = fc
  .tuple(
    fc.subarray(['/index.html', '/404.html', '/index']),
    fileSet,
    fc.array(fc.tuple(name, fileSet), { minLength: 3, maxLength: 8 }),
  )
  .map(([top, set, below]) =>
    keepPossible([
      // A folder of private names alone cannot be published.
      '/robots.txt',
      ...top,
      ...set,
      ...below.flatMap(([directory, files]) => files.map((file) => `/${directory}${file}`)),
    ]),
  )

/** Without those that a disk cannot hold beside an earlier one: what is a file is no folder. */
function keepPossible(paths: readonly string[]): string[] {
  const files = new Set<string>()
  const directories = new Set<string>()
  for (const path of paths) {
    const above = path
      .split('/')
      .slice(1, -1)
      .map((_, depth, all) => `/${all.slice(0, depth + 1).join('/')}`)
    if (directories.has(path) || above.some((directory) => files.has(directory))) continue
    files.add(path)
    for (const directory of above) directories.add(directory)
  }
  return [...files]
}

/** Every file says whose it is, so that no two are alike. */
export function writeFolder(root: string, paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), `this is ${path}`)
  }
}
