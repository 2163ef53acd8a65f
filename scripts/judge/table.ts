// The simulation's figures as a table in Markdown, and its place in docs/judging.md.

import { readFileSync, writeFileSync } from 'node:fs'
import { findPlace, toMarkdownTable } from '../markdown.ts'
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

/** The table, below a line that says how it was made. */
export function toMarkdown(results: readonly Result[], { seed, share }: Effort): string {
  const rows = results.map(
    ({ property, bound, runs, judge, zTest = '', threshold = '', holds }) => [
      property,
      bound,
      runs.toLocaleString('en'),
      `${judge}${holds ? '' : ' **broken**'}`,
      zTest,
      threshold,
    ],
  )
  const command = `npm run simulate:judge -- --seed ${seed} --share ${share}`
  return [`Made by \`${command}\`:`, '', toMarkdownTable(HEAD, rows)].join('\n')
}

/** Puts the table where the page has its marks. @throws TypeError when there are none. */
export function writeTable(file: string, table: string): void {
  const place = findPlace(readFileSync(file, 'utf8'), 'judge')
  if (!place) throw new TypeError(`${file}: there are no marks "judge"`)
  writeFileSync(file, place.replace(table))
}
