// What `npm run deploy` would send, short of sending it: the Worker is built from wrangler.toml as
// it stands in the repository, and a copy of the check is shown a bundle that is too large.

import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { bundleWorker } from '../../scripts/local/bundle.ts'

function checkBundle(cwd: string) {
  const script = resolve('scripts/check-bundle.ts')
  return spawnSync(process.execPath, [script], { cwd, encoding: 'utf8' })
}

/** A repository whose Worker carries this many bytes that no compression can shrink. */
function treeWithBallast(bytes: number): string {
  const tree = mkdtempSync(join(tmpdir(), 'holo-deploy-'))
  onTestFinished(() => rmSync(tree, { recursive: true, force: true }))
  symlinkSync(resolve('node_modules'), join(tree, 'node_modules'))
  cpSync('wrangler.toml', join(tree, 'wrangler.toml'))
  cpSync('src/env.ts', join(tree, 'src/env.ts'))
  // wrangler.toml has the dashboard built, and names its folder.
  writeFileSync(
    join(tree, 'package.json'),
    '{ "scripts": { "build:dashboard": "node --version" } }',
  )
  mkdirSync(join(tree, 'dist/dashboard'), { recursive: true })
  writeFileSync(join(tree, 'dist/dashboard/index.html'), '<!doctype html>')
  const ballast = randomBytes(bytes).toString('base64')
  const worker = [
    "import { DurableObject } from 'cloudflare:workers'",
    'export class Control extends DurableObject {}',
    `const ballast = '${ballast}'`,
    'export default { fetch: () => new Response(ballast) }',
  ]
  writeFileSync(join(tree, 'src/worker.ts'), `${worker.join('\n')}\n`)
  return tree
}

it('deploys without an id in wrangler.toml', () => {
  expect(readFileSync('wrangler.toml', 'utf8')).not.toMatch(/^\s*(id|account_id|preview_id)\s*=/m)
})

it('builds for deployment, within the size that is allowed; local runs and tests run the same', async () => {
  const { status, stdout, stderr } = checkBundle('.')
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^Bundle: [\d.]+ KB gzipped of 500\.0 KB allowed/)
  expect(stdout).toMatch(/^Evaluated at the start: [\d.]+ KB gzipped of 110\.0 KB allowed/m)
  expect(status).toBe(0)
  // wrangler adds a few lines of its own.
  const deployed = Number(/\(([\d.]+) KB plain\)/.exec(stdout)?.[1]) * 1000
  const local = (await bundleWorker('src/worker.ts')).length
  expect(deployed / local).toBeGreaterThan(0.99)
  expect(deployed / local).toBeLessThan(1.02)
})

it('uploads the source map, so that stack traces name files and lines of the source', () => {
  expect(readFileSync('wrangler.toml', 'utf8')).toMatch(/^upload_source_maps = true$/m)
})

it('refuses a bundle that has grown too large, with the figures', () => {
  const { status, stdout, stderr } = checkBundle(treeWithBallast(520_000))
  expect(stdout).toMatch(/^Bundle: 5\d\d\.\d KB gzipped of 500\.0 KB allowed/)
  expect(stderr).toMatch(/^Bundle: \d+\.\d KB too large\.$/m)
  expect(stderr).toMatch(/^Evaluated at the start: \d+\.\d KB too large\.$/m)
  expect(status).toBe(1)
})

it('refuses a module in the start that belongs to what is loaded later, by name', () => {
  const tree = treeWithBallast(1)
  const file = join(tree, 'src/worker.ts')
  writeFileSync(file, `${readFileSync(file, 'utf8')}import * as z from 'zod'\nexport const x = z\n`)
  const { status, stderr } = checkBundle(tree)
  expect(stderr).toContain('to be loaded when they are used')
  expect(stderr).toContain('node_modules/zod/')
  expect(status).toBe(1)
})

it('says why when the Worker cannot be built', () => {
  const tree = treeWithBallast(1)
  writeFileSync(join(tree, 'src/worker.ts'), "export { Control as default } from './gone.ts'\n")
  const { status, stderr } = checkBundle(tree)
  expect(stderr).toContain('./gone.ts')
  expect(status).toBe(1)
})
