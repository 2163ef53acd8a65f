// The simulation's figures as a table in Markdown, and its place in docs/judging.md.

import { readFileSync, writeFileSync } from 'node:fs'
import type { Effort, Finding, Row } from './row.ts'

export type Result = Pick<Row, 'property' | 'bound'> & Finding

const HEAD = [
  'property',
  'bound',
  'runs',
  "Holo's judge",
  'z-test at every look',
  'fixed threshold',
]

/** The table, between lines that say how it was made. */
export function toMarkdown(results: readonly Result[], { seed, share }: Effort): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rows = results.map(({ property, bound, runs, judge, zTest = '', threshold = '', holds }) =>
    line([
      property,
      bound,
      runs.toLocaleString('en'),
      `${judge}${holds ? '' : ' **broken**'}`,
      zTest,
      threshold,
    ]),
  )
  const command = `npm run simulate:judge -- --seed ${seed} --share ${share}`
  return [`Made by \`${command}\`:`, '', line(HEAD), line(HEAD.map(() => '---')), ...rows].join(
    '\n',
  )
}

/** Puts the table where the page has its marks. @throws TypeError when there are none. */
export function writeTable(file: string, table: string): void {
  const page = readFileSync(file, 'utf8')
  const [begin, end] = ['<!-- judge -->\n', '\n<!-- /judge -->']
  const from = page.indexOf(begin) + begin.length
  const to = page.indexOf(end)
  if (from < begin.length || to < from) throw new TypeError(`${file}: there are no marks "judge"`)
  writeFileSync(file, page.slice(0, from) + table + page.slice(to))
}
