// The bundle of a Worker is kept while its files stay as they are.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { bundleWorker } from '../../scripts/local/bundle.ts'

it('is made anew when a file that the entry imports has changed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holo-bundle-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const entry = join(folder, 'entry.ts')
  const imported = join(folder, 'imported.ts')
  writeFileSync(entry, "export { text } from './imported.ts'\n")
  writeFileSync(imported, "export const text = 'first'\n")
  expect(await bundleWorker(entry)).toContain('first')
  expect(await bundleWorker(entry)).toContain('first')
  writeFileSync(imported, "export const text = 'second'\n")
  expect(await bundleWorker(entry)).toContain('second')
  writeFileSync(imported, "export const text = 'broken\n")
  await expect(bundleWorker(entry)).rejects.toThrow()
  writeFileSync(imported, "export const text = 'third'\n")
  expect(await bundleWorker(entry)).toContain('third')
})
