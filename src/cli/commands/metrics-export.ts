// `holo metrics export`: saves the counters of a period in a file, for `holo simulate --record`.

import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { z } from 'zod'
import { type metricRecord, metricsExportOutput, RECORD_FORMAT } from '../../wire/metrics.ts'
import { command, type SharedOptions } from '../command.ts'
import { refused } from '../failure.ts'
import { loadPoints, parsePeriod } from '../simulation/record.ts'
import { toCount } from '../words.ts'

const DAY_MS = 86_400_000

type ExportOptions = SharedOptions & { readonly last?: number; readonly force?: boolean }

export const METRICS_EXPORT = command({
  name: 'metrics export',
  about: 'Saves the counters of the site, minute by minute, for "holo simulate --record".',
  scope: 'read',
  arguments: [{ name: '[file]', about: 'standard output if left out' }],
  options: [
    { flags: '--last <time>', about: 'how far back: 30m, 12h, up to 30d (1d)', parse: parsePeriod },
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
