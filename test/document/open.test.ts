// Who may see a version, as a document says it: the one the control writes, one from before there were
// names in `open`, and one that a person wrote.

import { describe, expect, it } from 'vitest'
import { maySee, permitPin } from '../../src/core/pins.ts'
import { compileAssignments } from '../../src/document/compile.ts'
import { parseAssignments } from '../../src/document/parse.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { exampleDocument } from '../support/document.ts'

type Versions = AssignmentsDocument['versions']
const manifest = 'a'.repeat(64)
const PREVIEW = 'pr-12.example.com'

/** `main` has all visitors with `v1`; the other environments are as a test says. */
function compile(
  change: Partial<AssignmentsDocument>,
  open: Record<string, Versions[string]['open']>,
) {
  const versions = Object.fromEntries(
    ['v1', 'v2', 'v3', ...Object.keys(open)].map((id) => {
      const mark = open[id]
      return [id, mark === undefined ? { manifest } : { manifest, open: mark }]
    }),
  )
  const document = {
    ...exampleDocument(),
    rules: [],
    traffic: { main: [[0, 10_000]] },
    ...change,
    environments: { main: { version: 'v1' }, ...change.environments },
    versions,
  }
  const parsed = parseAssignments(JSON.stringify(document), { allowInsecure: false })
  if (!parsed.ok) throw new TypeError(JSON.stringify(parsed.error))
  return compileAssignments(parsed.value)
}

/** Where `v2` may be seen, in one word each. */
function seen(
  environments: AssignmentsDocument['environments'],
  open?: Versions[string]['open'],
  change: Partial<AssignmentsDocument> = {},
): string[] {
  const compiled = compile({ ...change, environments }, { v2: open })
  const v2 = compiled.versions.get('v2')
  if (!v2) throw new TypeError('v2 is in the document')
  const pinned = (host: string) =>
    permitPin({ version: 'v2', environment: undefined }, compiled, { host, grants: new Set() }).ok
  expect(pinned('shop.example.com')).toBe(maySee(v2, compiled, { host: 'shop.example.com' }))
  return [
    ...(pinned('shop.example.com') ? ['pin'] : []),
    ...(compiled.searched.includes(v2) ? ['look-up'] : []),
    ...(pinned(PREVIEW) ? ['pin at preview'] : []),
    ...(compiled.searchedIn.get('pr-12')?.includes(v2) ? ['look-up at preview'] : []),
  ]
}

const EVERYWHERE = ['pin', 'look-up', 'pin at preview']
const PREVIEWED = ['pin at preview', 'look-up at preview']
const preview = { version: 'v2', hosts: [PREVIEW] }

describe('a version is open', () => {
  it('in the environment that gives it to visitors by bucket', () => {
    const traffic = { main: 95, canary: 5 }
    expect(seen({ canary: { version: 'v2' } }, undefined, { traffic })).toEqual(EVERYWHERE)
  })

  it('when its environment had visitors and has none any more, and when that points elsewhere', () => {
    expect(seen({ canary: { version: 'v2' } }, { canary: 'bucket' })).toEqual(EVERYWHERE)
    expect(seen({ canary: { version: 'v3' } }, { canary: 'bucket' })).toEqual(EVERYWHERE)
  })

  it('to pins and not to look-up where only a rule sends visitors, also when the rule is gone', () => {
    const rules = [{ name: 'staff', environment: 'beta', when: true }]
    const byRule = ['pin', 'pin at preview']
    expect(seen({ beta: { version: 'v2' } }, undefined, { rules })).toEqual(byRule)
    expect(seen({ beta: { version: 'v3' } }, { beta: 'rule' })).toEqual(byRule)
  })

  it('by the mark of an older Holo, which does not say where', () => {
    expect(seen({}, true)).toEqual(EVERYWHERE)
    expect(seen({ canary: { version: 'v2' } }, true)).toEqual(EVERYWHERE)
    expect(seen({ qa: { version: 'v2', restricted: true } }, true)).toEqual(EVERYWHERE)
  })

  it('in a document in percentages, where an environment without host names is written at 0 %', () => {
    const traffic = { main: 100, blue: 0 }
    expect(seen({ blue: { version: 'v2' } }, undefined, { traffic })).toEqual(EVERYWHERE)
  })
})

describe('a version is not open', () => {
  it('because an environment points at it that nobody was sent to', () => {
    expect(seen({ green: { version: 'v2' } })).toEqual([])
    expect(seen({ qa: { version: 'v2', restricted: true, hosts: ['qa.example.com'] } })).toEqual([])
  })

  it('because the environment that gave it to visitors is gone or restricted', () => {
    expect(seen({}, { canary: 'bucket' })).toEqual([])
    expect(seen({ canary: { version: 'v2', restricted: true } }, { canary: 'bucket' })).toEqual([])
    expect(seen({}, { beta: 'rule' })).toEqual([])
  })

  it('because it says so without a reason', () => {
    expect(seen({}, false)).toEqual([])
    expect(seen({}, {})).toEqual([])
    expect(seen({}, JSON.parse('{ "constructor": "bucket" }'))).toEqual([])
  })
})

describe('a preview', () => {
  it('is seen under its own host name, with the versions that it had before', () => {
    expect(seen({ 'pr-12': preview })).toEqual(PREVIEWED)
    expect(seen({ 'pr-12': { ...preview, version: 'v3' } }, { 'pr-12': 'host' })).toEqual(PREVIEWED)
  })

  it('is one whether its percentage is written down or not, and whatever an older Holo wrote', () => {
    const traffic = { main: 100, 'pr-12': 0 }
    expect(seen({ 'pr-12': preview }, undefined, { traffic })).toEqual(PREVIEWED)
    expect(seen({ 'pr-12': preview }, true)).toEqual(PREVIEWED)
    const qa = { version: 'v2', restricted: true }
    expect(seen({ 'pr-12': preview, qa }, true)).toEqual(PREVIEWED)
  })

  it('is none any more once it is gone, restricted, or without its host name', () => {
    expect(seen({}, { 'pr-12': 'host' })).toEqual([])
    expect(seen({ 'pr-12': { ...preview, restricted: true } }, { 'pr-12': 'host' })).toEqual([])
    expect(seen({ 'pr-12': { version: 'v2' } }, { 'pr-12': 'host' })).toEqual([])
  })

  it('of a version that visitors have hides nothing of it', () => {
    const traffic = { main: 95, canary: 5 }
    const both = { canary: { version: 'v2' }, 'pr-12': preview }
    expect(seen(both, undefined, { traffic })).toEqual([...EVERYWHERE, 'look-up at preview'])
  })

  it('is never where those stay who cannot tell', () => {
    const environments = { 'aa-preview': preview, main: { version: 'v1' } }
    const { first } = compileAssignments({
      ...exampleDocument(),
      environments,
      traffic: { main: 100 },
      rules: [],
      versions: { v1: { manifest }, v2: { manifest } },
    })
    expect(first.name).toBe('main')
  })
})

describe('where files of other pages are looked for', () => {
  const published = (day: number) => `2026-11-${String(day).padStart(2, '0')}T00:00:00Z`

  it('is what visitors had, what they have first, however many previews are newer', () => {
    const environments: AssignmentsDocument['environments'] = { main: { version: 'v3' } }
    const versions: Versions = {
      v1: { manifest, published: published(1), open: { main: 'bucket' } },
      v2: { manifest, published: published(2), open: { main: 'bucket' } },
      v3: { manifest, published: published(1) },
    }
    for (let n = 1; n <= 12; n++) {
      environments[`pr-${n}`] = { version: `p${n}`, hosts: [`pr-${n}.example.com`] }
      versions[`p${n}`] = { manifest, published: published(10 + n), open: true }
    }
    const document = { ...exampleDocument(), environments, versions, rules: [] }
    const { searched, searchedIn } = compileAssignments({ ...document, traffic: { main: 100 } })
    expect(searched.map(({ id }) => id)).toEqual(['v3', 'v2', 'v1'])
    const atPreview = searchedIn.get('pr-7')?.map(({ id }) => id)
    expect(atPreview).toEqual(['p7', 'v3', 'v2', 'v1'])
  })
})
