// Each stored form in every schema that a release has written, and one that only a newer Holo can read. The
// storage of the control is in test/worker/schema-numbers.test.ts.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isNewerManifest, openManifest } from '../../src/core/site/manifest.ts'
import { formatProblems, parseAssignments } from '../../src/document/parse.ts'
import { formatRecord, parseRecord } from '../../src/document/stored-record.ts'
import { isSameSubstance, type VersionRecord } from '../../src/document/version-record.ts'

const read = (name: string) => readFileSync(new URL(`../fixtures/schemas/${name}`, import.meta.url))

describe('a document', () => {
  const text = read('document-1.json').toString()
  const parse = (schema: unknown) => {
    const changed = JSON.stringify({ ...JSON.parse(text), schema })
    const parsed = parseAssignments(changed, { allowInsecure: true })
    return parsed.ok ? parsed.value.schema : formatProblems(parsed.error)
  }

  it('of schema 1 is read', () => {
    expect(parseAssignments(text, { allowInsecure: true })).toMatchObject({
      ok: true,
      value: { schema: 1, environments: { main: { version: '0.0.3' } } },
    })
  })

  it('of a newer schema is refused, and says what to do', () => {
    expect(parse(2)).toBe(
      'schema (2): a newer Holo has written this document: upgrade this one, which reads "schema": 1',
    )
  })

  it.each([0, '2', null])('with the schema %j is refused as one of no Holo', (schema) => {
    expect(parse(schema)).toContain('this Holo reads documents with "schema": 1')
  })
})

describe('a manifest', () => {
  it.each([
    ['manifest-1.bin', '/index.html', 10],
    ['manifest-2.bin', '/index.html', 2],
  ])('%s is read', (name, path, count) => {
    const bytes = new Uint8Array(read(name))
    const opened = openManifest(bytes)
    if (!opened.ok) throw new Error(opened.error)
    expect(opened.value.find(path)?.type).toBe('text/html; charset=utf-8')
    expect(opened.value.count).toBe(count)
    expect(isNewerManifest(bytes)).toBe(false)
  })

  it('of a newer format is refused, and says what to do', () => {
    const bytes = new Uint8Array(read('manifest-1.bin'))
    new DataView(bytes.buffer).setUint32(4, 3, true)
    expect(isNewerManifest(bytes)).toBe(true)
    expect(openManifest(bytes)).toEqual({
      ok: false,
      error:
        'manifest format 3; this Holo reads formats 1 and 2: a newer Holo has written it, upgrade this one',
    })
  })

  it('of no format at all is not called newer', () => {
    const bytes = new Uint8Array(read('manifest-1.bin'))
    new DataView(bytes.buffer).setUint32(4, 0, true)
    expect(isNewerManifest(bytes)).toBe(false)
    expect(openManifest(bytes)).toMatchObject({
      ok: false,
      error: expect.not.stringContaining('newer'),
    })
    expect(isNewerManifest(new Uint8Array(3))).toBe(false)
  })
})

describe('the record of a version', () => {
  const old = read('record-without-number.json').toString()
  const record = parseRecord(old) as VersionRecord

  it('without a number is read as schema 1', () => {
    expect(record).toEqual(JSON.parse(old))
  })

  it('is written with the number, and is the same version as the one without', () => {
    const text = formatRecord(record)
    expect(JSON.parse(text)).toEqual({ schema: 1, ...record })
    const again = parseRecord(text)
    expect(again).toEqual(record)
    expect(isSameSubstance(again as VersionRecord, record)).toBe(true)
  })

  it('of a newer schema is told apart, and nothing of it is used', () => {
    expect(parseRecord(JSON.stringify({ schema: 2, id: { later: true } }))).toBe('newer')
  })

  it.each(['null', '{"schema":"2"}', '{"schema":0}', '{"schema":1.5}', '{'])(
    'that is damaged is none: %s',
    (text) => {
      expect(() => parseRecord(text)).toThrow()
    },
  )
})
