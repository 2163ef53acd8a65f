// docs/storage.md tells of everything that is stored: every table of the control, and every folder and
// key that the code names.

import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MAX_SERIES, MAX_TOTAL_SERIES } from '../../src/control/counting/limits.ts'
import { toVisitorsText } from '../../src/control/counting/visitors-now.ts'
import { newSketch } from '../../src/core/counting/distinct.ts'
import { METRICS, VITAL_ROWS } from '../../src/core/counting/metrics.ts'
import { noTotals } from '../../src/core/counting/totals.ts'

const ROOT = new URL('../../', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, ROOT), 'utf8')
const page = read('docs/storage.md')

const sources = globSync('src/{api,assets,document,loading,control,publish}/**/*.ts', {
  cwd: new URL(ROOT),
}).map((name) => read(name))

function findAll(pattern: RegExp): string[] {
  const found = sources.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name ?? ''))
  return [...new Set(found)].sort()
}

/** The first cells of the table in a section, without the backquotes. */
function firstCells(section: string): string[] {
  const text = page.split(`\n## ${section}`)[1]?.split('\n## ')[0] ?? ''
  return [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name ?? '').sort()
}

describe('docs/storage.md', () => {
  it('has every table of the control', () => {
    const tables = findAll(/CREATE TABLE IF NOT EXISTS (\w+)/g)
    expect(tables).toContain('uploads')
    expect(firstCells('SQLite')).toEqual(tables)
  })

  it('has every folder of the bucket', () => {
    const listed =
      /export type Folder = (.+)/.exec(read('src/api/content/content-store.ts'))?.[1] ?? ''
    const folders = [...listed.matchAll(/'(\w+)'/g)].map(([, name]) => name ?? '').sort()
    const named = findAll(/`(\w+)\/\$\{(?:hash|id|version|record\.id)\}/g)
    expect(folders).toEqual(expect.arrayContaining(named))
    expect(firstCells('R2').map((key) => key.split('/')[0])).toEqual(folders)
  })

  it('has the keys of the document', () => {
    const flags = findAll(/FLAGS_PREFIX = '([\w-]+)'/g).map((prefix) => `${prefix}<sha256>`)
    expect(firstCells('KV')).toEqual([...findAll(/ASSIGNMENTS_KEY = '(\w+)'/g), ...flags])
  })

  it('says of every bound who fills it and who needs room', () => {
    const files = globSync(
      ['src/**/limits.ts', 'src/{api,assets,control,loading,metrics,core/counting}/**/*.ts'],
      { cwd: new URL(ROOT) },
    )
    const bounds = [...new Set(files)].flatMap((name) =>
      [...read(name).matchAll(/export const (MAX_\w+)/g)].map(([, bound]) => bound ?? ''),
    )
    expect(bounds.length).toBeGreaterThan(70)
    const limits = page.split('\n## Limits')[1] ?? ''
    expect(bounds.filter((bound) => !limits.includes(`\`${bound}\``))).toEqual([])
  })

  it('names for each bound beside the way back a test that fills it', () => {
    const groups = page.split('\n### ').slice(-2)
    const rows = groups.flatMap((group) => group.split('\n').filter((line) => /^\| `/.test(line)))
    const untested = rows.flatMap((row) => {
      const cells = row.split('|').slice(1, -1)
      const toNames = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '')
      const tests = toNames(cells.at(-1)).map((name) => read(`test/${name}.test.ts`))
      const bounds = toNames(cells[0]).filter((name) => name.startsWith('MAX_'))
      return bounds.filter((bound) => !tests.some((text) => text.includes(bound)))
    })
    expect(rows.length).toBeGreaterThan(15)
    expect(untested).toEqual([])
  })

  it('names the settings of retention, which wrangler.toml has', () => {
    for (const name of ['RETAIN_VERSIONS', 'RETAIN_DAYS']) {
      expect(read('wrangler.toml')).toContain(`\n${name} = "`)
    }
    expect(page).toContain('`RETAIN_DAYS`')
  })

  it('says how large a row of counts becomes, with names as long as any may be', () => {
    const count = 1_000_000
    const filled = (length: number) => new Array<number>(length).fill(count)
    const sums = (names: readonly string[]) =>
      Object.fromEntries(names.map((name) => [name, count]))
    const none = noTotals()
    const codes = ['origin_timeout', 'origin_unreachable', 'origin_bad_response', 'origin_unknown']
    const series = {
      environment: 'e'.repeat(63),
      version: 'v'.repeat(64),
      ...none,
      requests: count,
      judged: count,
      assigned: count,
      failed: count,
      statuses: filled(none.statuses.length),
      latency: filled(none.latency.length),
      firstByte: filled(none.firstByte.length),
      latencyMs: count * 100,
      bytes: count * 10_000,
      failures: sums([...codes, 'storage_unavailable', 'status_5xx', 'internal', 'loop_detected']),
      outcomes: sums(METRICS.map(({ name }) => name)),
      sources: sums(['memory', 'cache', 'r2', 'service', 'fallback', 'none']),
      vitals: Object.fromEntries(
        VITAL_ROWS.map(({ name, edges }) => [name, filled((edges?.length ?? 0) + 1)]),
      ),
    }
    const rowOf = (table: string) => new RegExp(`^\\| \`${table}\`.*$`, 'm').exec(page)?.[0] ?? ''
    const boundOf = (table: string) => Number(/up to (\d+) KB/.exec(rowOf(table))?.[1])
    const bytes = JSON.stringify(series).length
    expect(bytes).toBeLessThanOrEqual(1.6 * 1024)
    const fullest = new Map([[series.environment, newSketch().fill(24)]])
    const sketch = new TextEncoder().encode(toVisitorsText(fullest)).length
    expect(sketch).toBeLessThanOrEqual(1.6 * 1024)
    const windows = MAX_SERIES * (bytes + sketch)
    expect(windows).toBeLessThanOrEqual(boundOf('metric_windows') * 1024)
    expect(windows).toBeGreaterThan((boundOf('metric_windows') * 1024) / 1.25)
    const minutes = (MAX_SERIES + MAX_TOTAL_SERIES) * bytes
    expect(minutes).toBeLessThanOrEqual(boundOf('metric_minutes') * 1024)
    // The bounds are no larger than they have to be.
    expect(minutes).toBeGreaterThan((boundOf('metric_minutes') * 1024) / 1.25)
    expect(rowOf('metric_minutes')).toContain(`at most ${MAX_TOTAL_SERIES}`)
    expect(rowOf('metric_windows')).toContain(`at most ${MAX_SERIES} of them`)
  })
})
