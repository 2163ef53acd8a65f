import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { buildTabScript, MAX_GZIP_BYTES, TAB_SCRIPT_FILE } from '../../scripts/client/build.ts'

describe('the script that pins tabs', () => {
  it('is small, and the one of the sources', async () => {
    const { text, gzipBytes } = await buildTabScript()
    expect(gzipBytes).toBeLessThan(MAX_GZIP_BYTES)
    expect(text, 'npm run build:client').toBe(readFileSync(TAB_SCRIPT_FILE, 'utf8'))
    // A strict policy allows neither, and a page must not lose its own scripts to it.
    expect(text).not.toMatch(/\beval\(|new Function|innerHTML|document\.write|<\/script/)
  })
})
