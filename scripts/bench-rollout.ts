// `npm run bench:rollout`: releases that are rolled out or rolled back automatically, on Holo as `npm start`
// runs it, with simulated visitors in real time. docs/bench.md explains the results.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Mistake } from '../src/local/mistake.ts'
import { toSpread } from './bench/results.ts'
import { type FailingRun, measureFailing } from './bench/rollout/everything-fails.ts'
import { type Measured, measureRollout } from './bench/rollout/measure.ts'
import { RELEASES } from './bench/rollout/releases.ts'
import { type Stand, startStand } from './bench/rollout/stand.ts'
import { type Crowd, startCrowd } from './bench/rollout/visitors.ts'
import { formatTable } from './bench/table.ts'

const HELP = `npm run bench:rollout -- [options]

  --json              print JSON and nothing else (npm is quiet with: npm run --silent …)
  --visitors N        how many come in a second (100)
  --minutes M         after how many a rollout that decides nothing is given up (15)
  --only V[,V]        the releases with these versions alone: ${RELEASES.map(({ version }) => version).join(', ')}
  --failing R[,R]     only how fast a release goes that fails for everybody, with so many visitors a minute
  --runs N            how often each of these rates is measured (5)
  --help              this text`

type Options = {
  readonly json: boolean
  readonly perSecond: number
  readonly atMostMs: number
  readonly releases: typeof RELEASES
  /** Visitors in a minute; empty for the releases. */
  readonly failing: readonly number[]
  readonly runs: number
}

function readOptions(args: readonly string[]): Options | 'help' {
  let values: {
    json: boolean
    visitors: string
    minutes: string
    only?: string
    failing?: string
    runs: string
    help: boolean
  }
  try {
    values = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        visitors: { type: 'string', default: '100' },
        minutes: { type: 'string', default: '15' },
        only: { type: 'string' },
        failing: { type: 'string' },
        runs: { type: 'string', default: '5' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values as typeof values
  } catch (cause) {
    throw new Mistake(`${cause instanceof Error ? cause.message : cause}\n\n${HELP}`, 2)
  }
  if (values.help) return 'help'
  const perSecond = Number(values.visitors)
  if (!(perSecond > 0 && perSecond <= 1000)) {
    throw new Mistake(`--visitors takes a number up to 1000, not "${values.visitors}"`, 2)
  }
  const minutes = Number(values.minutes)
  if (!(minutes > 0 && minutes <= 600)) {
    throw new Mistake(`--minutes takes a number up to 600, not "${values.minutes}"`, 2)
  }
  const wanted = values.only?.split(',') ?? RELEASES.map(({ version }) => version)
  const unknown = wanted.find((one) => RELEASES.every(({ version }) => version !== one))
  if (unknown !== undefined) {
    const all = RELEASES.map(({ version }) => version).join(', ')
    throw new Mistake(`--only takes versions of ${all}, not "${unknown}"`, 2)
  }
  const releases = RELEASES.filter(({ version }) => wanted.includes(version))
  const failing = values.failing?.split(',').map(Number) ?? []
  if (!failing.every((rate) => rate > 0 && rate <= 60_000)) {
    throw new Mistake(`--failing takes numbers up to 60000, not "${values.failing}"`, 2)
  }
  const runs = Number(values.runs)
  if (!(Number.isInteger(runs) && runs > 0 && runs <= 15)) {
    throw new Mistake(`--runs takes a whole number up to 15, not "${values.runs}"`, 2)
  }
  return { json: values.json, perSecond, atMostMs: minutes * 60_000, releases, failing, runs }
}

const say = (line: string) => process.stderr.write(`${line}\n`)

async function measureReleases(options: Options): Promise<readonly Measured[]> {
  const { perSecond, atMostMs, releases } = options
  return withCrowd(perSecond, async (stand, crowd) => {
    const all: Measured[] = []
    for (const release of releases) {
      all.push(await measureRollout(stand, crowd, release, atMostMs, say))
    }
    return all
  })
}

async function measureAllFailing({ failing, runs, atMostMs }: Options) {
  const all: FailingRun[] = []
  for (const perMinute of failing) {
    await withCrowd(perMinute / 60, async (stand, crowd) => {
      for (let run = 1; run <= runs; run++) {
        const one = await measureFailing(stand, crowd, perMinute, atMostMs)
        say(`${perMinute} a minute, run ${run} of ${runs}: ${one.toDecision.toFixed(1)} s`)
        all.push(one)
      }
    })
  }
  return all
}

async function withCrowd<T>(
  perSecond: number,
  measure: (stand: Stand, crowd: Crowd) => Promise<T>,
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'holo-rollout-'))
  try {
    const stand = await startStand(dataDir)
    try {
      const crowd = startCrowd(stand.url, perSecond)
      try {
        const measured = await measure(stand, crowd)
        for (const [what, times] of crowd.unanswered)
          say(`${times} requests had no answer: ${what}`)
        return measured
      } finally {
        await crowd.stop()
      }
    } finally {
      await stand.dispose()
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

function toText(all: readonly Measured[]): string {
  const show = (seconds: number | undefined) => (seconds === undefined ? '' : seconds.toFixed(1))
  const head = [
    'release',
    'came to',
    'after',
    'visitors',
    'exposed',
    'first bad to decision',
    'to last page',
    'to last reply',
    'replay',
  ]
  const rows = all.map((one) => [
    `${one.version} ${one.name}`,
    one.phase,
    show(one.took),
    one.visitors.toLocaleString('en'),
    one.exposed.toLocaleString('en'),
    show(one.toDecision),
    show(one.toLastDocument),
    show(one.toLastRequest),
    `${one.replay.same ? 'same' : 'DIFFERENT'}, ${one.replay.windows} windows`,
  ])
  const details = all.flatMap(({ version, steps, reason, failed }) => [
    '',
    `${version}: ${steps.map(({ weight, after }) => `${weight} % at ${after.toFixed(0)} s`).join(', ')}; ${failed} calls failed`,
    `  ${reason}`,
  ])
  return ['Seconds', '', formatTable([head, ...rows]), ...details].join('\n')
}

/** The median, with the smallest and the largest. */
function toSpreadText(seconds: readonly number[]): string {
  const { median, min, max } = toSpread(seconds)
  return `${median.toFixed(1)} (${min.toFixed(1)} to ${max.toFixed(1)})`
}

function toFailingText(all: readonly FailingRun[]): string {
  const head = ['visitors a minute', 'runs', 'third client to decision', 'to last page']
  const rows = [...Map.groupBy(all, ({ perMinute }) => perMinute)].map(([perMinute, runs]) => [
    String(perMinute),
    String(runs.length),
    toSpreadText(runs.map(({ toDecision }) => toDecision)),
    toSpreadText(runs.map(({ toLastDocument }) => toLastDocument)),
  ])
  return ['Seconds: median (smallest to largest)', '', formatTable([head, ...rows])].join('\n')
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') console.log(HELP)
  else if (options.failing.length > 0) {
    const all = await measureAllFailing(options)
    console.log(options.json ? JSON.stringify(all, null, 2) : toFailingText(all))
  } else {
    const all = await measureReleases(options)
    console.log(options.json ? JSON.stringify(all, null, 2) : toText(all))
  }
} catch (cause) {
  if (!(cause instanceof Mistake)) throw cause
  console.error(cause.message)
  process.exitCode = cause.exitCode
}
