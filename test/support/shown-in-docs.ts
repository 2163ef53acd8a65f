// Figures that the documentation shows and a test makes: they must be the same. With HOLO_WRITE_DOCS
// set, the documentation is written anew instead.

import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'

/** A table in Markdown. */
export function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Holds `text` against what stands between `<!-- name -->` and `<!-- /name -->` in the file. */
export function expectShownInDocs(file: string, name: string, text: string): void {
  const page = readFileSync(file, 'utf8')
  const [begin, end] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`]
  const from = page.indexOf(begin) + begin.length
  const to = page.indexOf(end)
  expect(from >= begin.length && to >= from, `${file} has the marks of "${name}"`).toBe(true)
  if (process.env.HOLO_WRITE_DOCS) {
    writeFileSync(file, page.slice(0, from) + text + page.slice(to))
    return
  }
  expect(page.slice(from, to), `${file}: run this test with HOLO_WRITE_DOCS=1`).toBe(text)
}
