// docs/security.md is worth what its tests are: every threat names one, and every one exists.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/security.md', ROOT), 'utf8')
const section = page.split('## Threats')[1]?.split('\n## ')[0] ?? ''
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (threat|---)/.test(line))

describe('the threat model', () => {
  it('has threats', () => expect(rows.length).toBeGreaterThan(20))

  it('is one table: a blank line would end it', () => {
    const lines = section.trim().split('\n')
    expect(lines.filter((line) => !line.startsWith('|'))).toEqual([])
  })

  it('has each threat once', () => {
    const threats = rows.map((row) => row.split('|')[1]?.trim())
    expect(threats.filter((threat, i) => threats.indexOf(threat) !== i)).toEqual([])
  })

  it('has every file of attacks in a row', () => {
    const files = readdirSync(new URL('test/attacks/', ROOT)).filter((name) =>
      name.endsWith('.test.ts'),
    )
    expect(files.filter((name) => !section.includes(`\`test/attacks/${name}\``))).toEqual([])
  })

  it.each(rows)('names a test that exists: %s', (row) => {
    const [, , , heldBy = ''] = row.split('|')
    const files = [...heldBy.matchAll(/`(test\/[\w/.-]+\.test\.ts)`/g)].map(
      ([, file]) => file ?? '',
    )
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) expect(existsSync(new URL(file, ROOT)), file).toBe(true)
  })
})
