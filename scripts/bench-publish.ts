// `npm run bench:publish`: how long it takes to publish many small files to an edge on this machine, the same
// again, and with one file changed; beside a server that only takes the same bytes, one PUT for each file.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findFreePort } from '../src/local/ports.ts'
import { runMeasured, type Used } from './bench/publish/usage.ts'
import { type Spread, toRatios, toSpread } from './bench/results.ts'
import { interleave } from './bench/rounds.ts'
import { formatSpread, formatTable } from './bench/table.ts'
import { startBackend } from './local/backend-process.ts'
import { startEdge } from './local/edge.ts'

const HOST = '127.0.0.1'
const TOKEN = 'holo-bench-0123456789abcdef0123456789abcdef'
const FILES_PER_FOLDER = 200
const MAX_FILES = 100_000
const TEXT = 'release bucket visitor canary traffic control version shadow rollout judge header '

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    files: { type: 'string', default: '20000' },
    // Of each file, about.
    bytes: { type: 'string', default: '680' },
    rounds: { type: 'string', default: '3' },
  },
})

const files = readWhole('--files', values.files, MAX_FILES)
const bytes = readWhole('--bytes', values.bytes, 100_000)
const rounds = readWhole('--rounds', values.rounds, 100)

function readWhole(name: string, value: string, max: number): number {
  const number = Number(value)
  if (Number.isInteger(number) && number >= 1 && number <= max) return number
  console.error(`${name} takes a whole number from 1 to ${max}, not "${value}"`)
  process.exit(2)
}

function makePages(folder: string, round: number): void {
  for (let i = 0; i < files; i++) {
    const place = join(folder, String(Math.floor(i / FILES_PER_FOLDER)))
    if (i % FILES_PER_FOLDER === 0) mkdirSync(place, { recursive: true })
    writePage(join(place, `${i}.html`), `page ${i} of round ${round}`)
  }
}

function writePage(file: string, title: string): void {
  const text = TEXT.repeat(Math.ceil(bytes / TEXT.length)).slice(0, Math.max(0, bytes - 120))
  writeFileSync(
    file,
    `<!doctype html><html lang="en"><head><title>${title}</title></head><body><p>${text}</p></body></html>`,
  )
}

type Published = Used & { readonly requests: number }

const work = mkdtempSync(join(tmpdir(), 'holo-bench-publish-'))
const pages = join(work, 'site')
const edge = await startEdge({
  host: HOST,
  port: 0,
  dataDir: join(work, 'data'),
  variables: { HOLO_ADMIN_TOKEN: TOKEN },
  direct: true,
})
const puts = await startBackend(
  new URL('bench/publish/take-puts.ts', import.meta.url).pathname,
  await findFreePort(HOST),
)

async function publish(version: string): Promise<Published> {
  const args = ['publish', pages, '--version', version, '--any-folder', '--first', 'main', '--yes']
  const used = await runMeasured('run-holo.ts', [...args, '--json'], {
    HOLO_URL: edge.url.origin,
    HOLO_TOKEN: TOKEN,
  })
  return { ...used, requests: JSON.parse(used.stdout).requests }
}

async function measure() {
  return interleave<string, Published>(
    {
      first: async (round) => {
        rmSync(pages, { recursive: true, force: true })
        makePages(pages, round)
        return publish(`${round}-first`)
      },
      puts: async () => ({
        ...(await runMeasured('put-files.ts', [pages, puts.origin])),
        requests: files,
      }),
      again: (round) => publish(`${round}-again`),
      changed: (round) => {
        writePage(join(pages, '0', '0.html'), `changed in round ${round}`)
        return publish(`${round}-changed`)
      },
    },
    rounds,
    (round) => process.stderr.write(`round ${round} of ${rounds}\n`),
  )
}

type Row = {
  readonly name: string
  readonly seconds: Spread
  readonly cpuSeconds: Spread
  readonly maxMB: Spread
  readonly requests: Spread
  /** Seconds of the PUTs divided by these, in each round. */
  readonly ratio: Spread
}

const NAMES: Readonly<Record<string, string>> = {
  first: 'first publication',
  puts: 'one PUT for each file, to a server that keeps nothing',
  again: 'again, under another id',
  changed: 'one file changed',
}

try {
  execFileSync(process.execPath, [new URL('build-cli.ts', import.meta.url).pathname])
  const measured = await measure()
  const limit = (measured.puts ?? []).map(({ seconds }) => seconds)
  const rows = Object.entries(measured).map(([key, taken]): Row => {
    const spread = (field: keyof Omit<Published, 'stdout'>) =>
      toSpread(taken.map((one) => one[field]))
    return {
      name: NAMES[key] ?? key,
      seconds: spread('seconds'),
      cpuSeconds: spread('cpuSeconds'),
      maxMB: spread('maxMB'),
      requests: spread('requests'),
      ratio: toRatios(
        limit,
        taken.map(({ seconds }) => seconds),
      ),
    }
  })
  if (values.json) console.log(JSON.stringify({ files, bytes, rounds, rows }, null, 2))
  else {
    const head = ['publication', 's', 'CPU s', 'MB', 'requests', 'PUTs / it']
    const lines = rows.map((row) => [
      row.name,
      formatSpread(row.seconds, 1),
      formatSpread(row.cpuSeconds, 1),
      formatSpread(row.maxMB, 0),
      formatSpread(row.requests, 0),
      formatSpread(row.ratio, 2),
    ])
    console.log(`${files} files of ${bytes} bytes, ${rounds} rounds\n`)
    console.log(formatTable([head, ...lines]))
  }
} finally {
  await Promise.all([edge.dispose(), puts.stop()])
  rmSync(work, { recursive: true, force: true })
}
