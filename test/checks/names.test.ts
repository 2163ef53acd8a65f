// A name that src exports has one meaning. Every kind of export is planted twice in a small tree, and the
// check has to name each of them and nothing else.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const CHECK = resolve('scripts/check-names.ts')
const trees: string[] = []

/** A tree with these files below `src`, and a list of names that may still be double. */
function check(files: Readonly<Record<string, string>>, listed?: readonly string[]) {
  const tree = mkdtempSync(join(tmpdir(), 'holo-names-'))
  trees.push(tree)
  const all = { ...files, ...(listed && { 'scripts/double-names.json': JSON.stringify(listed) }) }
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(tree, name)), { recursive: true })
    writeFileSync(join(tree, name), text)
  }
  symlinkSync(resolve('node_modules'), join(tree, 'node_modules'))
  return run(tree)
}

function run(cwd: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHECK], {
    cwd,
    encoding: 'utf8',
  })
  return { status, stdout, names: [...stderr.matchAll(/^ {2}(\S+):/gm)].map(([, name]) => name) }
}

afterAll(() => {
  for (const tree of trees) rmSync(tree, { recursive: true, force: true })
})

describe('the check of names', () => {
  it('is kept by this repository', () => {
    expect(run('.')).toMatchObject({ status: 0, names: [] })
  })

  it('names every kind of export that two files have', () => {
    const text = `
      export const LIMIT_MS = 1, [FIRST, { SECOND }] = [2, { SECOND: 3 }] as const
      export type Outcome = 'done'
      export interface Shape { readonly side: number }
      export class Store {}
      export enum Kind { One }
      export function read() {}
      export async function* walk() {}
      const later = 1
      export { later }
    `
    const { status, names } = check({ 'src/core/a.ts': text, 'src/cli/deep/b.ts': text })
    expect(status).toBe(1)
    expect(names).toEqual([
      ...['FIRST', 'Kind', 'LIMIT_MS', 'Outcome', 'SECOND', 'Shape', 'Store', 'later', 'read'],
      'walk',
    ])
  })

  it('lets a name be passed on, kept to a file, or be both a value and its type', () => {
    const { status, stdout } = check({
      'src/core/a.ts':
        'export const shape = 1\nexport const Shape = 2\nexport type Shape = number\nconst own = 1\nown\n',
      'src/cli/b.ts': "export { shape } from '../core/a.ts'\nconst own = 2\nown\n",
      'src/cli/c.ts': "import { shape } from '../core/a.ts'\nexport { shape }\n",
    })
    expect([status, stdout]).toEqual([0, 'Names: 2 are exported by src, 0 of them twice.\n'])
  })

  it('names a constant that another file has for itself, and no other local name', () => {
    const { names } = check({
      'src/core/a.ts': 'export const LIMIT_MS = 1\nexport const read = 1\n',
      'src/cli/b.ts': 'const LIMIT_MS = 2\nconst read = LIMIT_MS\nexport const other = read\n',
      'src/cli/c.ts': 'const FORMAT = 1\nexport const c = FORMAT\n',
      'src/cli/d.ts': 'const FORMAT = 2\nexport const d = FORMAT\n',
    })
    expect(names).toEqual(['LIMIT_MS'])
  })

  it('lets those pass that are listed, and lets the list only become shorter', () => {
    const text = 'export type Outcome = 1\n'
    const tree = { 'src/a.ts': text, 'src/b.ts': text }
    expect(check(tree, ['Outcome'])).toMatchObject({ status: 0 })
    expect(check(tree, [])).toMatchObject({ status: 1, names: ['Outcome'] })
    expect(check(tree, ['Outcome', 'Verdict'])).toMatchObject({ status: 1, names: ['Verdict'] })
  })

  it('fails where there is nothing to check', () => {
    expect(check({ 'src/notes.md': '' })).toMatchObject({ status: 1, names: ['src'] })
  })
})
