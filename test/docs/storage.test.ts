// docs/storage.md tells of everything that is stored: every table of the control, and every folder and
// key that the code names.

import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, ROOT), 'utf8')
const page = read('docs/storage.md')

const sources = globSync('src/{api,assets,control,document,loading,publish}/**/*.ts', {
  cwd: new URL(ROOT),
}).map((name) => read(name))

function findAll(pattern: RegExp): string[] {
  const found = sources.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name ?? ''))
  return [...new Set(found)].sort()
}

/** The first cells of the table in a section, without the backquotes. */
function firstCells(section: string): string[] {
  const text = page.split(`\n## ${section}`)[1]?.split('\n## ')[0] ?? ''
  return [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name ?? '').sort()
}

describe('docs/storage.md', () => {
  it('has every table of the control', () => {
    const tables = findAll(/CREATE TABLE IF NOT EXISTS (\w+)/g)
    expect(tables).toContain('uploads')
    expect(firstCells('SQLite')).toEqual(tables)
  })

  it('has every folder of the bucket', () => {
    const listed =
      /export type Folder = (.+)/.exec(read('src/api/content/content-store.ts'))?.[1] ?? ''
    const folders = [...listed.matchAll(/'(\w+)'/g)].map(([, name]) => name ?? '').sort()
    const named = findAll(/`(\w+)\/\$\{(?:hash|id|version|record\.id)\}/g)
    expect(folders).toEqual(expect.arrayContaining(named))
    expect(firstCells('R2').map((key) => key.split('/')[0])).toEqual(folders)
  })

  it('has the key of the document', () => {
    expect(firstCells('KV')).toEqual(findAll(/ASSIGNMENTS_KEY = '(\w+)'/g))
  })

  it('says of every bound who fills it and who needs room', () => {
    const bounds = globSync('src/**/*limits.ts', { cwd: new URL(ROOT) }).flatMap((name) =>
      [...read(name).matchAll(/export const (MAX_\w+)/g)].map(([, bound]) => bound ?? ''),
    )
    expect(bounds.length).toBeGreaterThan(70)
    const limits = page.split('\n## Limits')[1] ?? ''
    expect(bounds.filter((bound) => !limits.includes(`\`${bound}\``))).toEqual([])
  })

  it('names the settings of retention, which wrangler.toml has', () => {
    for (const name of ['RETAIN_VERSIONS', 'RETAIN_DAYS']) {
      expect(read('wrangler.toml')).toContain(`\n${name} = "`)
    }
    expect(page).toContain('`RETAIN_DAYS`')
  })
})
