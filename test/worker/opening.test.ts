// What opens and closes a version in the document that the control writes.

import { describe, expect, it } from 'vitest'
import { applyCommand } from '../../src/control/document/apply.ts'
import { type Content, toContent } from '../../src/control/document/content.ts'
import { findClosed, markOpen, withKnownMarks } from '../../src/control/document/opening.ts'
import { begin } from '../../src/control/rollouts/begin.ts'
import { parseAssignments } from '../../src/document/parse.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import type { Command } from '../../src/wire/commands.ts'
import { exampleDocument } from '../support/document.ts'

const manifest = (digit: number) => String(digit).repeat(64)
const VERSIONS = Object.fromEntries([1, 2, 3, 4].map((n) => [`v${n}`, { manifest: manifest(n) }]))
const PREVIEW = { version: 'v3', hosts: ['pr-12.example.com'] }

function contentOf(change: Partial<AssignmentsDocument> = {}): Content {
  const text = JSON.stringify({
    ...exampleDocument(),
    rules: [],
    traffic: { main: [[0, 10_000]] },
    versions: VERSIONS,
    environments: { main: { version: 'v1' }, canary: { version: 'v2' }, 'pr-12': PREVIEW },
    ...change,
  })
  const parsed = parseAssignments(text, { allowInsecure: false })
  if (!parsed.ok) throw new TypeError(JSON.stringify(parsed.error))
  return toContent(parsed.value)
}

/** The content after each command in turn. */
function applied(current: Content, commands: readonly Command[], earlier?: Content): Content {
  return commands.reduce((content, command) => {
    const made = applyCommand(command, content, {
      earlier: () => earlier,
      allowInsecure: false,
    })
    if (!made.ok) throw new TypeError(JSON.stringify(made.error))
    return made.value
  }, current)
}

const open = (content: Content) =>
  Object.fromEntries(Object.entries(content.versions).map(([id, version]) => [id, version.open]))
const START = markOpen(contentOf())
const shift = (canary: number): Command => ({ kind: 'shift', weights: { canary } })
const remove = (name: string): Command => ({ kind: 'remove-environment', name })
const point = (name: string, version: string): Command => ({
  kind: 'set-environment',
  name,
  version,
})

describe('what the control writes down', () => {
  it('is where visitors have a version, where a preview shows it, and of the rest nothing', () => {
    expect(open(START)).toEqual({ v1: { main: 'bucket' }, v3: { 'pr-12': 'host' } })
  })

  it('stays when traffic moves away and when the environment points elsewhere', () => {
    const moved = applied(START, [shift(5), shift(0), point('canary', 'v4'), point('main', 'v2')])
    expect(open(moved)).toEqual({
      v1: { main: 'bucket' },
      v2: { main: 'bucket', canary: 'bucket' },
      v3: { 'pr-12': 'host' },
      v4: undefined,
    })
  })

  it('keeps the earlier versions of a preview within its reach', () => {
    expect(open(applied(START, [point('pr-12', 'v4')]))).toMatchObject({
      v3: { 'pr-12': 'host' },
      v4: { 'pr-12': 'host' },
    })
  })

  it('knows of visitors whom a rule sends', () => {
    const rules = [{ name: 'staff', environment: 'canary', when: true }]
    const ruled = applied(START, [{ kind: 'set-rules', rules }, point('canary', 'v4')])
    expect(open(ruled)).toMatchObject({ v2: { canary: 'rule' }, v4: { canary: 'rule' } })
    expect(open(applied(ruled, [shift(1)])).v4).toEqual({ canary: 'bucket' })
  })

  it('takes the place of an older mark where visitors have the version, and of no other', () => {
    const old = contentOf({
      versions: {
        v1: { manifest: manifest(1), open: true },
        v2: { manifest: manifest(2), open: true },
        v3: { manifest: manifest(3), open: true },
        v4: { manifest: manifest(4), open: true },
      },
    })
    // An older Holo opened previews, too.
    const known = { v1: { main: 'bucket' }, v2: true, v3: { 'pr-12': 'host' }, v4: true }
    expect(open(markOpen(old))).toEqual(known)
    expect(markOpen(markOpen(old))).toEqual(markOpen(old))
    expect(open(old)).toEqual({ v1: true, v2: true, v3: true, v4: true })
  })

  it('makes no revision by itself', () => {
    const old = contentOf()
    expect(applied(old, [shift(0)])).toBe(old)
  })
})

describe('open closes', () => {
  const restrict = (name: string): Command => ({ kind: 'set-environment', name, restricted: true })
  const canaried = applied(START, [shift(5), shift(0)])

  it.each([
    ['the end of a preview', START, remove('pr-12'), 'v3', []],
    [
      'a preview that is restricted',
      START,
      restrict('pr-12'),
      'v3',
      [{ environment: 'pr-12', by: 'grant' }],
    ],
    ['an environment that is removed', canaried, remove('canary'), 'v2', []],
    [
      'an environment that is restricted',
      canaried,
      restrict('canary'),
      'v2',
      [{ environment: 'canary', by: 'grant' }],
    ],
  ] as const)('with %s', (_, current, command, version, seenIn) => {
    const closed = applied(current, [command])
    expect(open(closed)[version]).toBeUndefined()
    expect(findClosed(current, closed)).toEqual([{ version, seenIn }])
  })

  it('unless another environment opened it, and says which', () => {
    const both = applied(canaried, [point('main', 'v2'), point('main', 'v1')])
    const closed = applied(both, [remove('canary')])
    expect(open(closed).v2).toEqual({ main: 'bucket' })
    expect(findClosed(both, closed)).toEqual([
      { version: 'v2', seenIn: [{ environment: 'main', by: 'bucket' }] },
    ])
    // A preview of what visitors had takes nothing from them.
    const previewed = applied(START, [point('pr-12', 'v1')])
    expect(open(applied(previewed, [remove('pr-12')])).v1).toEqual({ main: 'bucket' })
  })

  it('also where an older Holo had not written down who opened it', () => {
    const old = contentOf({ versions: { ...VERSIONS, v2: { manifest: manifest(2), open: true } } })
    expect(open(applied(old, [remove('canary')])).v2).toBeUndefined()
    expect(open(applied(old, [restrict('canary')])).v2).toBeUndefined()
    expect(open(applied(old, [remove('pr-12')])).v2).toBe(true)
  })

  it('and not by a preview that begins to show what visitors had before anybody wrote down where', () => {
    const old = contentOf({ versions: { ...VERSIONS, v4: { manifest: manifest(4), open: true } } })
    const ways: Command[][] = [
      [point('pr-12', 'v4')],
      [point('canary', 'v4'), { kind: 'swap', environments: ['canary', 'pr-12'] }],
      [point('beta', 'v4'), { kind: 'set-environment', name: 'beta', hosts: ['beta.example.com'] }],
    ]
    for (const commands of ways) {
      const shown = applied(old, commands)
      expect(open(shown).v4).toMatchObject({ main: 'bucket', canary: 'bucket' })
      const [name] = Object.entries(shown.environments).find(([, e]) => e.version === 'v4') ?? []
      for (const last of [remove(name ?? ''), restrict(name ?? '')]) {
        expect(open(applied(shown, [last])).v4).toEqual({ main: 'bucket', canary: 'bucket' })
      }
    }
  })

  it('and an environment of the same name later opens nothing of before', () => {
    const again = applied(START, [
      remove('pr-12'),
      { kind: 'set-environment', name: 'pr-12', version: 'v4', hosts: ['pr-12.example.com'] },
    ])
    expect(open(again)).toMatchObject({ v3: undefined, v4: { 'pr-12': 'host' } })
  })

  it('tells nothing where nothing closes', () => {
    expect(findClosed(START, applied(START, [shift(5)]))).toEqual([])
    expect(findClosed(START, applied(START, [point('main', 'v2')]))).toEqual([])
  })
})

describe('going back to an earlier revision', () => {
  it('keeps the tabs of visitors whose environment is gone then, and closes previews', () => {
    const earlier = contentOf({ environments: { main: { version: 'v1' } } })
    const current = applied(START, [shift(5)])
    expect(open(applied(current, [{ kind: 'rollback', to: 1 }], earlier))).toEqual({
      v1: { main: 'bucket' },
      v2: { main: 'bucket' },
      v3: undefined,
      v4: undefined,
    })
  })
})

describe('a document that a person wrote as a whole', () => {
  it('keeps what is known of who had which version, and may say that it is not so', () => {
    const known = applied(START, [shift(5)])
    const written = markOpen(
      contentOf({ environments: { main: { version: 'v4' }, canary: { version: 'v4' } } }),
    )
    expect(open(withKnownMarks(written, known))).toEqual({
      v1: { main: 'bucket' },
      v2: { canary: 'bucket' },
      v3: undefined,
      v4: { main: 'bucket' },
    })
    const closing = contentOf({
      environments: { main: { version: 'v4' }, canary: { version: 'v4' } },
      versions: { ...VERSIONS, v2: { manifest: manifest(2), open: false } },
    })
    expect(open(withKnownMarks(closing, known)).v2).toBeUndefined()
    // The id stands for something else now.
    const other = contentOf({
      environments: { main: { version: 'v4' }, canary: { version: 'v4' } },
      versions: { ...VERSIONS, v2: { manifest: manifest(9) } },
    })
    expect(open(withKnownMarks(other, known)).v2).toBeUndefined()
  })

  it('opens no version of a preview by the mark of an older Holo that was left in it', () => {
    const marked = (id: string, digit: number) => ({
      versions: { ...VERSIONS, [id]: { manifest: manifest(digit), open: true } },
    })
    const moved = { main: { version: 'v1' }, 'pr-12': { ...PREVIEW, version: 'v2' } }
    const before = contentOf(marked('v3', 3))
    const written = markOpen(contentOf({ ...marked('v3', 3), environments: moved }))
    expect(open(withKnownMarks(written, before)).v3).toEqual({ 'pr-12': 'host' })
    // Whoever writes the mark anew says that visitors had the version.
    expect(open(withKnownMarks(written, contentOf())).v3).toBe(true)
    // Nor does a preview that begins to show a version take it from visitors.
    const shown = { main: { version: 'v1' }, 'pr-12': { ...PREVIEW, version: 'v4' } }
    const previewed = markOpen(contentOf({ ...marked('v4', 4), environments: shown }))
    const had = contentOf(marked('v4', 4))
    expect(open(withKnownMarks(previewed, had)).v4).toMatchObject({ main: 'bucket' })
  })
})

describe('a rollout that starts', () => {
  const PLAN = { steps: [{ weight: 0, gate: 'manual' }] }
  /** A document of an older Holo, which marks `v3` and `v4` with `"open": true`. */
  const OLD = contentOf({
    versions: {
      ...VERSIONS,
      v3: { manifest: manifest(3), open: true },
      v4: { manifest: manifest(4), open: true },
    },
  })

  function begun(version: string): Content {
    const start = { version, environment: 'pr-12', plan: PLAN, expectedRevision: 1 }
    const options = { id: 1, by: 'ann', at: 0, allowInsecure: false }
    const made = begin(
      { ...start, base: 'main', reason: undefined, dryRun: false },
      'main',
      OLD,
      options,
    )
    if (!made.ok) throw new TypeError(JSON.stringify(made.error))
    return made.value.content
  }

  it('shows the site no version that only its canary showed as a preview', () => {
    expect(open(begun('v2')).v3).toEqual({ 'pr-12': 'host' })
  })

  it('takes a version from no visitors who had it before anybody wrote down where', () => {
    expect(open(begun('v4')).v4).toMatchObject({ main: 'bucket', canary: 'bucket' })
  })
})
