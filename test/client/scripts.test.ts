import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { buildModules } from '../../scripts/client/build.ts'

describe.each(await buildModules())('$name', ({ file, text, gzipBytes, maxGzipBytes }) => {
  it('is small, and the one of the sources', () => {
    expect(gzipBytes).toBeLessThan(maxGzipBytes)
    expect(text, 'npm run build:client').toBe(readFileSync(file, 'utf8'))
    // A strict policy allows neither, and a page must not lose its own scripts to it.
    expect(text).not.toMatch(/\beval\(|new Function|innerHTML|document\.write|<\/script/)
  })

  it('writes nothing to the console', () => {
    expect(text).not.toMatch(/console\./)
  })
})
