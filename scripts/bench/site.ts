// An artificial site for measurements: files that hardly compress, with the same bytes in every run.

import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Each path begins with `/`. */
export type SiteFiles = Iterable<readonly [path: string, content: string | Uint8Array]>

/** `size` bytes that look random and depend only on `name`. */
export function makeBytes(name: string, size: number): Buffer {
  return createHash('shake256', { outputLength: size }).update(name).digest()
}

/** A script of about `size` bytes that compresses to three quarters. */
export function makeScript(name: string, size: number): string {
  return `export const data = '${makeBytes(name, (size * 3) / 4).toString('base64')}'\n`
}

/** A page of about 8 KiB, as a framework writes it: a head with links, and text in many elements. */
export function makePage(name: string): string {
  const links = Array.from({ length: 12 }, (_, i) => `<link rel="modulepreload" href="/${i}.js">`)
  const rows = Array.from(
    { length: 120 },
    (_, i) =>
      `<li class="row"><a href="/${i}">${makeBytes(`${name}${i}`, 9).toString('hex')}</a></li>`,
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${name}</title>${links.join('')}</head><body><ul>${rows.join('')}</ul></body></html>`
}

/** Calls `use` with a folder that contains the files, and removes the folder afterwards. */
export async function withSite<T>(
  files: SiteFiles,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'holo-bench-site-'))
  try {
    for (const [path, content] of files) {
      const file = join(folder, path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, content)
    }
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
