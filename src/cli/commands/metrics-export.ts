// `holo metrics export`: saves the counters of a period in a file, for `holo simulate --record`.

import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import {
  type metricRecord,
  metricsExportOutput,
  metricsReply,
  RECORD_FORMAT,
  recordedPoint,
} from '../../wire/metrics.ts'
import { toTolerant } from '../../wire/tolerant.ts'
import type { Api } from '../api.ts'
import { command, type SharedOptions } from '../command.ts'
import { refused } from '../failure.ts'
import { toCount } from '../words.ts'

const DAY_MS = 86_400_000
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: DAY_MS }
/** The control keeps windows of ten seconds for a day, and minutes for thirty. */
const LONGEST_MS = 30 * DAY_MS

const pageAsRead = toTolerant(
  metricsReply.pick({ next: true }).extend({ points: recordedPoint.array() }),
)
type Page = z.infer<typeof pageAsRead>

type ExportOptions = SharedOptions & { readonly last?: number; readonly force?: boolean }

export const METRICS_EXPORT = command({
  name: 'metrics export',
  about: 'Saves the counters of the site, minute by minute, for "holo simulate --record".',
  scope: 'read',
  arguments: [{ name: '[file]', about: 'standard output if left out' }],
  options: [
    { flags: '--last <time>', about: 'how far back: 30m, 12h, up to 30d (1d)', parse: parseTime },
    { flags: '--force', about: 'overwrites an existing file' },
  ],
  examples: [{ command: 'holo metrics export yesterday.json --last 24h', about: 'one day' }],
  shape: metricsExportOutput,
  run: async (context, [file]: [string | undefined], { last = DAY_MS, force }: ExportOptions) => {
    const api = await context.api()
    const { url } = await context.target()
    const to = Date.now()
    const points = await loadPoints(api, to - last, to)
    const record: z.infer<typeof metricRecord> = {
      format: RECORD_FORMAT,
      formatVersion: 1,
      from: url.origin,
      resolution: 'minute',
      points,
    }
    const text = JSON.stringify(record)
    if (file === undefined) return { json: { points: points.length, record }, lines: [text] }
    await writeFile(resolve(context.cwd, file), `${text}\n`, { flag: force ? 'w' : 'wx' }).catch(
      (cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'EEXIST') {
          throw refused('not_written', `${file} was not written: ${cause.message}`)
        }
        throw refused('exists', `${file} already exists`, {
          hint: 'name another file, or add --force',
        })
      },
    )
    const lines = [
      `${file}: ${toCount(points.length, 'minute')} with requests`,
      `Next: holo simulate standard --record ${file}`,
    ]
    return { json: { file, points: points.length }, lines }
  },
})

async function loadPoints(api: Api, begin: number, to: number): Promise<Page['points']> {
  const points: Page['points'] = []
  for (let from: number | undefined = Math.max(1, begin); from !== undefined; ) {
    const query = { resolution: 'minute', from: String(from), to: String(to) }
    const page: Page = await api.ask(pageAsRead, 'GET', '/metrics', { query })
    points.push(...page.points)
    from = page.next
  }
  return points
}

function parseTime(text: string): number {
  const [, number, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const ms = Number(number) * (UNITS[unit] ?? 0)
  if (ms > 0 && ms <= LONGEST_MS) return ms
  throw new InvalidArgumentError('a time such as 30m, 12h or 7d, up to 30d')
}
