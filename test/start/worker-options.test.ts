// A start reads wrangler.toml by itself, because wrangler takes long to load. It must find what wrangler finds.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { unstable_getMiniflareWorkerOptions as getWorkerOptions } from 'wrangler'
import { readWorkerOptions } from '../../scripts/local/worker-options.ts'
import type { WorkerOptions } from '../../src/local/edge.ts'

const OURS = readFileSync('wrangler.toml', 'utf8')

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'holo-options-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

/** Without what is empty, and without the rules for modules: a start gives miniflare one finished module. */
function withoutEmpty({ modulesRules: _, ...options }: WorkerOptions): object {
  const isEmpty = (value: unknown) =>
    value === undefined || (typeof value === 'object' && JSON.stringify(value).length === 2)
  const { email: __, ...rest } = options
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => !isEmpty(value)))
}

it.each([
  ['as it is', { 'wrangler.toml': OURS }],
  [
    'with a bucket and a namespace that have names of their own',
    {
      'wrangler.toml': OURS.replace(/binding = "STORE"/, '$&\nbucket_name = "shop"').replace(
        /binding = "ASSIGNMENTS"/,
        '$&\nid = "0123456789abcdef0123456789abcdef"',
      ),
    },
  ],
  [
    'with another Worker as an origin',
    { 'wrangler.toml': `${OURS}\n[[services]]\nbinding = "CART"\nservice = "cart"\n` },
  ],
  [
    'with counts for longer than a month',
    { 'wrangler.toml': OURS.replaceAll(/^# (\[\[analytics.*|binding = "COUNTS")/gm, '$1') },
  ],
  ['with secrets in .dev.vars', { 'wrangler.toml': OURS, '.dev.vars': 'ACCESS_SCOPES="admin"' }],
  ['with variables in .env', { 'wrangler.toml': OURS, '.env': 'SECRET="of one"' }],
])('finds in wrangler.toml what wrangler does: %s', (_, files) => {
  const path = join(folderOf(files), 'wrangler.toml')
  const { assets, ...found } = getWorkerOptions(resolve(path)).workerOptions
  const expected = withoutEmpty(found)
  expect(assets).toMatchObject({ directory: expect.stringMatching(/dashboard$/) })
  expect(withoutEmpty(readWorkerOptions(path))).toEqual(expected)
  expect(expected).toMatchObject({ durableObjects: { CONTROL: { className: 'Control' } } })
})

it('does not load wrangler for wrangler.toml as it is', () => {
  const script = `
    import { createRequire } from 'node:module'
    import { readWorkerOptions } from './scripts/local/worker-options.ts'
    readWorkerOptions('wrangler.toml')
    const loaded = Object.keys(createRequire(import.meta.url).cache)
    console.log(JSON.stringify(loaded.filter((path) => path.includes('/wrangler/'))))`
  const args = ['--input-type=module', '--eval', script]
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(JSON.parse(stdout)).toEqual([])
})
