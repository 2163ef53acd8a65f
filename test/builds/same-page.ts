// A release whose page is the same as the one before, made from a real build: one file has another
// content, or none has. The build's list of files for the service worker says so, as the build tool
// would have written it.

import { createHash } from 'node:crypto'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The lists of files by hash: Workbox has it in the worker's script, Angular in a file of its own. */
const LISTS = [
  ['sw.js', 'md5'],
  ['ngsw.json', 'sha1'],
] as const

/** Copies the build into `target` and gives one file of it the content of the same file of another build. */
export async function copyWithFile(
  build: string,
  target: string,
  file: string,
  other: string,
): Promise<void> {
  await cp(build, target, { recursive: true })
  const before = await readFile(join(build, file))
  const after = await readFile(join(other, file))
  await writeFile(join(target, file), after)
  await changeLists(target, (list, algorithm) =>
    list.replaceAll(hash(algorithm, before), hash(algorithm, after)),
  )
}

/** Copies the build into `target` as a build of the same sources at another time would be. */
export async function copyAsLater(build: string, target: string): Promise<void> {
  await cp(build, target, { recursive: true })
  // Angular's list has the time of the build; Workbox's is the same, to the byte.
  await changeLists(target, (list) =>
    list.replace(/"timestamp": (\d+)/, (_, time) => `"timestamp": ${Number(time) + 1}`),
  )
}

async function changeLists(
  folder: string,
  change: (list: string, algorithm: string) => string,
): Promise<void> {
  for (const [name, algorithm] of LISTS) {
    const path = join(folder, name)
    const list = await readFile(path, 'utf8').catch(() => undefined)
    if (list !== undefined) await writeFile(path, change(list, algorithm))
  }
}

function hash(algorithm: string, content: Uint8Array): string {
  return createHash(algorithm).update(content).digest('hex')
}
