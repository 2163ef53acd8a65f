// `npm run simulate:judge`: what the judge promises, tried many times with made-up visitors through
// the counter, the judge and the state machine of production. Progress goes to stderr, the tables or
// JSON to stdout.

import { parseArgs } from 'node:util'
import { CELLS, type CellFinding, runCell } from './judge/grid.ts'
import type { Effort, Row } from './judge/row.ts'
import { OLD_ROWS, ROWS } from './judge/rows.ts'
import { type Result, toTables, writeTables } from './judge/table.ts'
import { Mistake } from './local/mistake.ts'

const PAGE = 'docs/judging.md'

const HELP = `npm run simulate:judge -- [options]

  --json      print JSON and nothing else
  --write     put the tables into ${PAGE}
  --seed N    whole number (1)
  --share S   share of the full number of runs, above 0, at most 1 (1)
  --help      this text`

type Options = Effort & { readonly json: boolean; readonly write: boolean }

function readOptions(args: readonly string[]): Options | 'help' {
  let values: { json: boolean; write: boolean; seed: string; share: string; help: boolean }
  try {
    values = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        share: { type: 'string', default: '1' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (cause) {
    throw new Mistake(`${cause instanceof Error ? cause.message : cause}\n\n${HELP}`, 2)
  }
  if (values.help) return 'help'
  const seed = Number(values.seed)
  const share = Number(values.share)
  if (!Number.isSafeInteger(seed)) {
    throw new Mistake(`--seed takes a whole number, not "${values.seed}"`, 2)
  }
  if (!(share > 0 && share <= 1)) {
    throw new Mistake(`--share takes a number above 0 and up to 1, not "${values.share}"`, 2)
  }
  return { json: values.json, write: values.write, seed, share }
}

function simulateAll(rows: readonly Row[], effort: Effort): readonly Result[] {
  return rows.map(({ run, ...row }, i) => {
    const startedAt = performance.now()
    const finding = run(effort)
    const end = finding.holds ? '' : ' BROKEN'
    report(`${i + 1}/${rows.length} ${row.property}: ${finding.judge}${end}`, startedAt)
    return { ...row, ...finding }
  })
}

function simulateGrid(effort: Effort): readonly CellFinding[] {
  return CELLS.flatMap((cell, i) => {
    const startedAt = performance.now()
    const finding = runCell(cell, effort)
    report(`${i + 1}/${CELLS.length} of the grid`, startedAt)
    return finding ? [finding] : []
  })
}

function report(text: string, startedAt: number): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  process.stderr.write(`${text} (${seconds} s)\n`)
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') {
    console.log(HELP)
  } else {
    const { json, write, ...effort } = options
    const old = simulateAll(OLD_ROWS, effort)
    const properties = simulateAll(ROWS, effort)
    const grid = simulateGrid(effort)
    const tables = toTables(old, properties, grid, effort)
    const all = { ...effort, before: old, properties, grid }
    console.log(json ? JSON.stringify(all, null, 2) : Object.values(tables).join('\n\n'))
    if (write) writeTables(PAGE, tables)
    if ([...old, ...properties].some(({ holds }) => !holds)) process.exitCode = 1
  }
} catch (cause) {
  if (!(cause instanceof Mistake)) throw cause
  console.error(cause.message)
  process.exitCode = cause.exitCode
}
