// What the documentation shows must be what the edge reads.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkCondition, compileCondition } from '../../src/core/conditions.ts'
import { OPERATORS } from '../../src/core/operators.ts'
import { compileAssignments } from '../../src/document/compile.ts'
import { PROBE_DEFAULTS, SERVICE_DEFAULTS } from '../../src/document/complete-service.ts'
import { parseAssignments } from '../../src/document/parse.ts'
import { PARTS } from '../../src/document/schema.ts'
import { probe, service } from '../../src/document/service.ts'
import { SUBJECT } from '../core/subject.ts'

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
const blocks = (text: string) =>
  [...text.matchAll(/```json\n(.*?)```/gs)].map(([, json]) => json ?? '')
const page = read('docs/assignments.md')

describe('the documentation of the document', () => {
  it('shows a document that is taken as it stands', () => {
    const [text = ''] = blocks(page)
    const parsed = parseAssignments(text, { allowInsecure: false })
    expect(parsed).toMatchObject({ ok: true })
    if (parsed.ok) expect(compileAssignments(parsed.value).first.name).toBe('main')
  })

  it('shows a document in the README that is taken once the manifests are named', () => {
    const [text = ''] = blocks(read('README.md'))
    const named = text.replaceAll('…', '0'.repeat(64))
    expect(parseAssignments(named, { allowInsecure: false })).toMatchObject({ ok: true })
  })

  it('names every field and every operator', () => {
    for (const name of Object.keys(PARTS)) expect(page).toContain(`\`${name}\``)
    for (const name of Object.keys(OPERATORS)) {
      expect(page.includes(`\`${name}\``) || page.includes(`"${name}"`), name).toBe(true)
    }
  })

  it('has a row for every field of a service, and its default', () => {
    const table = page.slice(page.indexOf('## Services'))
    for (const name of Object.keys(service.shape)) expect(table).toContain(`\n| \`${name}\` |`)
    for (const name of Object.keys(probe.shape)) expect(table).toContain(`\`${name}\``)
    for (const value of Object.values({ ...SERVICE_DEFAULTS, ...PROBE_DEFAULTS })) {
      expect(table).toContain(value.toLocaleString('en-US'))
    }
  })

  it('shows conditions that are taken, and that do what it says', () => {
    const conditions = [...page.matchAll(/`(\{ "[^`]*?\] \})`/g)]
      .map(([, json]): Record<string, unknown> => JSON.parse(json ?? ''))
      .filter((condition) => Object.keys(condition).every((name) => name in OPERATORS))
    expect(conditions.length).toBeGreaterThan(5)
    for (const condition of conditions) expect(checkCondition(condition)).toEqual([])
    const some = compileCondition(conditions.find((condition) => 'some' in condition))
    expect(some({ ...SUBJECT, path: '/next/page' })).toBe(true)
    expect(some({ ...SUBJECT, path: '/other' })).toBe(false)
  })
})
