// `npm run simulate:judge`: what the judge promises, tried many times with made-up visitors through
// the counter, the judge and the state machine of production. Progress goes to stderr, the tables or
// JSON to stdout.

import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Mistake } from '../src/local/mistake.ts'
import { CELLS, type CellFinding, runCell } from './judge/grid.ts'
import type { Effort, Row } from './judge/row.ts'
import { OLD_ROWS, ROWS } from './judge/rows.ts'
import { type Result, toTables, writeTables } from './judge/table.ts'

const PAGE = 'docs/judging.md'

const HELP = `npm run simulate:judge -- [options]

  --json      print JSON and nothing else
  --write     put the tables into ${PAGE}
  --seed N    whole number (1)
  --share S   share of the full number of runs, above 0, at most 1 (1)
  --keep F    keep each result in this file, and take what stands in it from an earlier call with the
              same judge, seed and share that was stopped
  --help      this text`

type Options = Effort & {
  readonly json: boolean
  readonly write: boolean
  readonly keep: string | undefined
}

function readOptions(args: readonly string[]): Options | 'help' {
  let values: {
    json: boolean
    write: boolean
    seed: string
    share: string
    keep?: string
    help: boolean
  }
  try {
    values = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        share: { type: 'string', default: '1' },
        keep: { type: 'string' },
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
  return { json: values.json, write: values.write, seed, share, keep: values.keep }
}

/** Results by name, in a file of one JSON text a line, so that a call that was stopped can go on. */
class Kept {
  readonly #file: string | undefined
  readonly #known = new Map<string, unknown>()

  constructor(file: string | undefined) {
    this.#file = file
    if (!file || !existsSync(file)) return
    for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
      const { name, result } = JSON.parse(line) as { name: string; result: unknown }
      this.#known.set(name, result)
    }
  }

  /** What is known under the name, or what `make` gives. */
  take<T>(name: string, make: () => T): T {
    if (this.#known.has(name)) return this.#known.get(name) as T
    const result = make()
    if (this.#file) appendFileSync(this.#file, `${JSON.stringify({ name, result })}\n`)
    return result
  }
}

function simulateAll(rows: readonly Row[], effort: Effort, kept: Kept): readonly Result[] {
  return rows.map(({ run, ...row }, i) => {
    const startedAt = performance.now()
    const finding = kept.take(toName(row.property, effort), () => run(effort))
    const end = finding.holds ? '' : ' BROKEN'
    report(`${i + 1}/${rows.length} ${row.property}: ${finding.judge}${end}`, startedAt)
    return { ...row, ...finding }
  })
}

function simulateGrid(effort: Effort, kept: Kept): readonly CellFinding[] {
  return CELLS.flatMap((cell, i) => {
    const startedAt = performance.now()
    const name = toName(JSON.stringify(cell), effort)
    const finding = kept.take(name, () => runCell(cell, effort) ?? null)
    report(`${i + 1}/${CELLS.length} of the grid`, startedAt)
    return finding ? [finding] : []
  })
}

function toName(what: string, { seed, share }: Effort): string {
  return `${what}, seed ${seed}, share ${share}`
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
    const { json, write, keep, ...effort } = options
    const kept = new Kept(keep)
    const old = simulateAll(OLD_ROWS, effort, kept)
    const properties = simulateAll(ROWS, effort, kept)
    const grid = simulateGrid(effort, kept)
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
