import { describe, expect, it } from 'vitest'
import { formatProblems, parseAssignments } from '../../src/document/parse.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { addVersion, pointEnvironment } from '../../src/publish/pointer.ts'
import { exampleDocument } from '../support/document.ts'

const NEW = {
  id: '0.0.7',
  manifest: '7'.repeat(64),
  services: [{ prefix: '/api/', origins: ['https://api-7.example.com'], timeoutMs: 500 }],
  published: '2026-11-23T12:00:00.000Z',
}

/** The edge's own opinion of a document. */
function expectValid(doc: AssignmentsDocument) {
  const parsed = parseAssignments(JSON.stringify(doc), { allowInsecure: false })
  if (!parsed.ok) throw new Error(formatProblems(parsed.error))
}

describe('addVersion', () => {
  it('adds a version that nothing points at, under the next revision, and changes nothing else', () => {
    const before = exampleDocument()
    const after = addVersion(before, NEW)
    const { id, ...entry } = NEW
    expect(after).toEqual({
      ...exampleDocument(),
      revision: 43,
      versions: { ...exampleDocument().versions, [id]: entry },
    })
    expect(before).toEqual(exampleDocument())
    expectValid(after)
  })

  it('leaves a document as it is that has the version already', () => {
    const doc = pointEnvironment(addVersion(exampleDocument(), NEW), 'main', NEW.id)
    expect(addVersion(doc, { ...NEW, published: '2027-01-01T00:00:00Z' })).toBe(doc)
  })

  it('refuses an id that belongs to other content', () => {
    const doc = addVersion(exampleDocument(), NEW)
    expect(() => addVersion(doc, { ...NEW, manifest: '8'.repeat(64) })).toThrow('0.0.7')
    expect(() => addVersion(doc, { ...NEW, services: [] })).toThrow('other content')
  })
})

describe('pointEnvironment', () => {
  it('opens the version that a public environment points at', () => {
    const before = addVersion(exampleDocument(), NEW)
    const after = pointEnvironment(before, 'canary', NEW.id)
    expect(after.revision).toBe(44)
    expect(after.environments.canary).toEqual({ version: NEW.id })
    expect(after.versions[NEW.id]?.open).toBe(true)
    expect(after.environments.main).toEqual(before.environments.main)
    expect(before.versions[NEW.id]?.open).toBeUndefined()
    expectValid(after)
  })

  it('keeps a version closed that only a restricted environment points at', () => {
    const after = pointEnvironment(addVersion(exampleDocument(), NEW), 'qa', NEW.id)
    expect(after.environments.qa).toEqual({ ...exampleDocument().environments.qa, version: NEW.id })
    expect(after.versions[NEW.id]).not.toHaveProperty('open')
    expectValid(after)
  })

  it('keeps a version open that no environment points at any more', () => {
    const on = pointEnvironment(addVersion(exampleDocument(), NEW), 'canary', NEW.id)
    expect(pointEnvironment(on, 'canary', '0.0.3').versions[NEW.id]?.open).toBe(true)
  })

  it('leaves a document as it is that points there already', () => {
    const doc = pointEnvironment(addVersion(exampleDocument(), NEW), 'canary', NEW.id)
    expect(pointEnvironment(doc, 'canary', NEW.id)).toBe(doc)
  })

  it('refuses what is not in the document, and says what is', () => {
    const doc = exampleDocument()
    expect(() => pointEnvironment(doc, 'staging', '0.0.3')).toThrow(
      'no environment "staging" in the document; it has main, canary, qa, dev',
    )
    expect(() => pointEnvironment(doc, 'main', '9.9.9')).toThrow('no version "9.9.9"')
    expect(() => pointEnvironment(doc, 'constructor', '0.0.3')).toThrow('no environment')
  })

  it('refuses a version that is withdrawn', () => {
    const doc = addVersion(exampleDocument(), NEW)
    doc.versions[NEW.id] = { manifest: NEW.manifest, withdrawn: true }
    expect(() => pointEnvironment(doc, 'main', NEW.id)).toThrow('withdrawn')
  })
})
