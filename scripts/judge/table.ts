// The simulation's figures as tables in Markdown, and their places in docs/judging.md.

import { readFileSync, writeFileSync } from 'node:fs'
import { findPlace, toMarkdownTable } from '../markdown.ts'
import { type CellFinding, PEERS, toGridRows } from './grid.ts'
import { type Effort, type Finding, type Row, toPercent } from './row.ts'

export type Result = Omit<Row, 'run'> & Finding

/** The places of the page, by the name of their marks. */
export type Tables = Readonly<Record<'judge-before' | 'judge' | 'judge-grid', string>>

export function toTables(
  old: readonly Result[],
  properties: readonly Result[],
  grid: readonly CellFinding[],
  { seed, share }: Effort,
): Tables {
  const few =
    share < 1 ? `, with ${toPercent(share)} of the full number of runs and a few at least` : ''
  const command = `npm run simulate:judge -- --seed ${seed} --share ${share}`
  const made = `Made by \`${command}\`${few}; the column "runs" has how many:\n\n`
  const head = ['property', 'bound', 'runs', "Holo's judge"]
  const gridHead = ['plan', 'a minute', 'base', 'canary', 'runs', 'after', 'Holo', ...PEERS]
  return {
    'judge-before':
      made +
      toMarkdownTable(
        ['world', 'before', 'bound', 'runs', 'now'],
        old.map((one) => [one.property, one.before ?? '', one.bound, toRuns(one), toJudge(one)]),
      ),
    judge:
      made +
      toMarkdownTable(
        head,
        properties.map((one) => [one.property, one.bound, toRuns(one), toJudge(one)]),
      ),
    'judge-grid': made + toMarkdownTable(gridHead, toGridRows(grid)),
  }
}

function toRuns({ runs }: Result): string {
  return runs.toLocaleString('en')
}

function toJudge({ judge, holds }: Result): string {
  return `${judge}${holds ? '' : ' **broken**'}`
}

/** Puts the tables where the page has their marks. @throws TypeError when there are none. */
export function writeTables(file: string, tables: Tables): void {
  let page = readFileSync(file, 'utf8')
  for (const [name, table] of Object.entries(tables)) {
    const place = findPlace(page, name)
    if (!place) throw new TypeError(`${file}: there are no marks "${name}"`)
    page = place.replace(table)
  }
  writeFileSync(file, page)
}
