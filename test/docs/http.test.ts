// Every row that says what Holo does names the tests that hold it, and they are there.

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/http.md', root), 'utf8')

type Table = {
  /** The paragraph in front of it. */
  readonly before: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const toCells = (line: string) =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim())

const TABLES: readonly Table[] = page.split('\n\n').flatMap((block, at, blocks) => {
  const [head = '', line = '', ...rows] = block.trim().split('\n')
  if (!/^\| ---/.test(line)) return []
  return [{ before: blocks[at - 1] ?? '', head: toCells(head), rows: rows.map(toCells) }]
})
const COMPARING = TABLES.filter(({ head }) => head.includes('Holo'))
const names = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '')
const isFile = (path: string) => existsSync(new URL(path, root))

describe('the page about HTTP', () => {
  it('compares Holo with Cloudflare, Netlify, nginx and sirv', () => {
    const peers = COMPARING.flatMap(({ head }) => head).join()
    for (const peer of ['Cloudflare', 'Netlify', 'nginx', 'sirv']) expect(peers).toContain(peer)
  })

  it.each(COMPARING)('names the tests of every row: $head, $rows.0.0', ({ before, head, rows }) => {
    expect(rows.length).toBeGreaterThan(5)
    for (const row of rows) expect(row).toHaveLength(head.length)
    const column = head.indexOf('held by')
    if (column < 0) {
      // All rows are held by the tests that the paragraph in front of the table names.
      expect(names(before).filter((name) => name.startsWith('test/'))).not.toEqual([])
      return
    }
    for (const row of rows) {
      const tests = names(row[column] ?? '')
      expect(tests, row[0]).not.toEqual([])
      for (const name of tests) {
        expect(isFile(`test/${name}.test.ts`) || isFile(`test/${name}.ts`), name).toBe(true)
      }
    }
  })

  it('tells which Host a backend sees, and what each framework must be told', () => {
    const table = TABLES.find(({ head }) => head[0] === 'framework')
    const told = table?.rows.map(([framework = '']) => framework).join() ?? ''
    for (const framework of ['SvelteKit', 'React Router', 'Rails', 'Django', 'Laravel']) {
      expect(told).toContain(framework)
    }
    expect(page).toContain('`Host` names the origin')
  })

  it('names no file or folder of tests that is not there', () => {
    const paths = names(page).filter((name) => name.startsWith('test/'))
    expect(paths.length).toBeGreaterThan(5)
    for (const path of paths) expect(isFile(path.replace(/[^/]*\*.*$/, '')), path).toBe(true)
  })
})
