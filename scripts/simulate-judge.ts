// `npm run simulate:judge`: what the judge promises, tried many times with made-up visitors through
// the production judge and state machine. Progress goes to stderr, the table or JSON to stdout.

import { parseArgs } from 'node:util'
import type { Effort } from './judge/row.ts'
import { ROWS } from './judge/rows.ts'
import { type Result, toMarkdown, writeTable } from './judge/table.ts'
import { Mistake } from './local/mistake.ts'

const PAGE = 'docs/judging.md'

const HELP = `npm run simulate:judge -- [options]

  --json      print JSON and nothing else
  --write     put the table into ${PAGE}
  --seed N    whole number (1)
  --share S   share of the full number of runs, above 0, at most 1 (1; about half an hour)
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

function simulateAll(effort: Effort): readonly Result[] {
  return ROWS.map(({ property, bound, run }, i) => {
    const startedAt = performance.now()
    const finding = run(effort)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    const end = finding.holds ? '' : ' BROKEN'
    process.stderr.write(
      `${i + 1}/${ROWS.length} ${property}: ${finding.judge} (${seconds} s)${end}\n`,
    )
    return { property, bound, ...finding }
  })
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') {
    console.log(HELP)
  } else {
    const { json, write, ...effort } = options
    const results = simulateAll(effort)
    const table = toMarkdown(results, effort)
    console.log(json ? JSON.stringify({ ...effort, results }, null, 2) : table)
    if (write) writeTable(PAGE, table)
    if (results.some(({ holds }) => !holds)) process.exitCode = 1
  }
} catch (cause) {
  if (!(cause instanceof Mistake)) throw cause
  console.error(cause.message)
  process.exitCode = cause.exitCode
}
