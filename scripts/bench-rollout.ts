// `npm run bench:rollout`: releases that are rolled out or rolled back automatically, on Holo as `npm start`
// runs it, with simulated visitors in real time. docs/bench.md explains the results.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Measured, measureRollout } from './bench/rollout/measure.ts'
import { RELEASES } from './bench/rollout/releases.ts'
import { startStand } from './bench/rollout/stand.ts'
import { startCrowd } from './bench/rollout/visitors.ts'
import { formatTable } from './bench/table.ts'
import { Mistake } from './local/mistake.ts'

const HELP = `npm run bench:rollout -- [options]

  --json              print JSON and nothing else (npm is quiet with: npm run --silent …)
  --visitors N        how many come in a second (100)
  --minutes M         after how many a rollout that decides nothing is given up (15)
  --only V[,V]        the releases with these versions alone: ${RELEASES.map(({ version }) => version).join(', ')}
  --help              this text`

type Options = {
  readonly json: boolean
  readonly perSecond: number
  readonly atMostMs: number
  readonly releases: typeof RELEASES
}

function readOptions(args: readonly string[]): Options | 'help' {
  let values: { json: boolean; visitors: string; minutes: string; only?: string; help: boolean }
  try {
    values = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        visitors: { type: 'string', default: '100' },
        minutes: { type: 'string', default: '15' },
        only: { type: 'string' },
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
  return { json: values.json, perSecond, atMostMs: minutes * 60_000, releases }
}

async function run({ perSecond, atMostMs, releases }: Options): Promise<readonly Measured[]> {
  const say = (line: string) => process.stderr.write(`${line}\n`)
  const dataDir = await mkdtemp(join(tmpdir(), 'holo-rollout-'))
  try {
    const stand = await startStand(dataDir)
    try {
      const crowd = startCrowd(stand.url, perSecond)
      try {
        const all: Measured[] = []
        for (const release of releases) {
          all.push(await measureRollout(stand, crowd, release, atMostMs, say))
        }
        for (const [what, times] of crowd.unanswered)
          say(`${times} requests had no answer: ${what}`)
        return all
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

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') console.log(HELP)
  else {
    const all = await run(options)
    console.log(options.json ? JSON.stringify(all, null, 2) : toText(all))
  }
} catch (cause) {
  if (!(cause instanceof Mistake)) throw cause
  console.error(cause.message)
  process.exitCode = cause.exitCode
}
