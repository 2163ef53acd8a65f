// `npm run bench`: the speed of Holo compared with others, and the cost of its parts. Progress goes to stderr,
// the result to stdout: a table, or JSON with `--json`. docs/bench.md explains the results.

import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { Mistake } from '../src/local/mistake.ts'
import { measureColdPage } from './bench/cold-page.ts'
import { measureColdStart } from './bench/cold-start.ts'
import { measureCounting } from './bench/counting.ts'
import { measureFlags } from './bench/flags.ts'
import { measureInProcess } from './bench/in-process.ts'
import { countOperations } from './bench/operations.ts'
import { MAX_FONTS, MIN_FONTS, measurePeers } from './bench/peers.ts'
import { measureProxied } from './bench/proxied.ts'
import type { Effort, Results } from './bench/results.ts'
import { measureShadow } from './bench/shadow.ts'
import { formatResults } from './bench/table.ts'
import { measureTabs } from './bench/tabs.ts'
import { measureWarmAssets } from './bench/warm-assets.ts'

const HELP = `npm run bench -- [options]

  --json        print JSON and nothing else (npm is quiet with: npm run --silent bench -- --json)
  --rounds N    how often everything is measured (9)
  --seconds S   how long each contestant is under load in each round (0.5)
  --fonts N     how many fonts are requested in turn (560). Fewer ones are larger, and sooner published
  --help        this text`

type Options = Effort & { readonly json: boolean }

function readOptions(args: readonly string[]): Options | 'help' {
  let values: { json: boolean; rounds: string; seconds: string; fonts: string; help: boolean }
  try {
    values = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        rounds: { type: 'string', default: '9' },
        seconds: { type: 'string', default: '0.5' },
        fonts: { type: 'string', default: String(MAX_FONTS) },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (cause) {
    throw new Mistake(`${cause instanceof Error ? cause.message : cause}\n\n${HELP}`, 2)
  }
  if (values.help) return 'help'
  const rounds = Number(values.rounds)
  const secondsPerTurn = Number(values.seconds)
  const fonts = Number(values.fonts)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new Mistake(`--rounds takes a whole number from 1 to 100, not "${values.rounds}"`, 2)
  }
  if (!(secondsPerTurn > 0 && secondsPerTurn <= 60)) {
    throw new Mistake(`--seconds takes a number up to 60, not "${values.seconds}"`, 2)
  }
  if (!Number.isInteger(fonts) || fonts < MIN_FONTS || fonts > MAX_FONTS) {
    throw new Mistake(
      `--fonts takes a whole number from ${MIN_FONTS} to ${MAX_FONTS}, not "${values.fonts}"`,
      2,
    )
  }
  return { json: values.json, rounds, secondsPerTurn, fonts }
}

const readLoad = () => loadavg()[0] ?? 0

async function bench(effort: Effort): Promise<Results> {
  const before = readLoad()
  const say = (line: string) => process.stderr.write(`${line}\n`)
  const timings = await measureInProcess(effort, say)
  const starts = await measureColdStart(effort, say)
  const assets = await measureWarmAssets(effort, say)
  const counting = await measureCounting(effort, say)
  const tabs = await measureTabs(effort, say)
  const flags = await measureFlags(effort, say)
  const proxied = await measureProxied(effort, say)
  const latencies = await measureShadow(effort, say)
  const peers = await measurePeers(effort, say)
  const pages = await measureColdPage(effort, say)
  const operations = await countOperations(say)
  const [cpu] = cpus()
  return {
    machine: {
      cpu: cpu?.model ?? 'unknown',
      cores: cpus().length,
      node: process.version,
      load: { before, after: readLoad() },
    },
    effort,
    comparisons: [
      ...starts,
      ...assets,
      ...counting,
      ...tabs,
      ...flags.comparisons,
      ...proxied,
      ...peers,
    ],
    timings: [...timings, ...flags.timings],
    operations: [...operations, ...pages.operations],
    latencies: [...latencies, ...pages.latencies],
  }
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') {
    console.log(HELP)
  } else {
    const { json, ...effort } = options
    const results = await bench(effort)
    console.log(json ? JSON.stringify(results, null, 2) : formatResults(results))
  }
} catch (cause) {
  if (!(cause instanceof Mistake)) throw cause
  console.error(cause.message)
  process.exitCode = cause.exitCode
}
