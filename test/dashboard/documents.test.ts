// What is shown of a change before it is made, and of the difference between two revisions.

import { describe, expect, it } from 'vitest'
import { toConditionText } from '../../src/dashboard/say/conditions.ts'
import { findRevisionAt, parseHeaderLines } from '../../src/dashboard/say/request-lines.ts'
import {
  compareEnvironments,
  isNoticed,
  listFieldDifferences,
  type ReadDocument,
  toShares,
} from '../../src/dashboard/state/documents.ts'
import { findDraftFault, toDraftShares } from '../../src/dashboard/state/draft-shares.ts'
import { compareFiles } from '../../src/dashboard/state/files.ts'

const document = (changes: Partial<ReadDocument> = {}): ReadDocument => ({
  environments: { main: { version: 'v1' }, canary: { version: 'v2' } },
  traffic: { main: [[0, 9500]], canary: [[9500, 10_000]] },
  ...changes,
})

describe('two documents', () => {
  it('have the same shares whether they are written as percentages or as ranges', () => {
    const percents = document({ traffic: { main: 95, canary: 5 } })
    expect([...toShares(percents)]).toEqual([...toShares(document())])
    expect(isNoticed(percents, document())).toBe(false)
  })

  it('differ for visitors when buckets, versions, rules or flags do, and not when a version is only published', () => {
    expect(isNoticed(document(), document({ traffic: { main: [[0, 10_000]] } }))).toBe(true)
    expect(isNoticed(document(), document({ rules: [{}] }))).toBe(true)
    expect(isNoticed(document(), document({ flags: { a: {} } }))).toBe(true)
    expect(isNoticed(document(), { ...document(), versions: { v3: {} } })).toBe(false)
  })

  it('are compared environment by environment, with new and removed ones', () => {
    const after = document({
      environments: { main: { version: 'v1' }, qa: { version: 'v3' } },
      traffic: { main: 100 },
    })
    expect(compareEnvironments(document(), after)).toEqual([
      {
        name: 'main',
        before: { version: 'v1', percent: 95 },
        after: { version: 'v1', percent: 100 },
        isChanged: true,
      },
      {
        name: 'canary',
        before: { version: 'v2', percent: 5 },
        after: undefined,
        isChanged: true,
      },
      { name: 'qa', before: undefined, after: { version: 'v3', percent: 0 }, isChanged: true },
    ])
  })

  it('differ in exactly the fields that differ, but for the number of the revision', () => {
    const before = { ...document(), revision: 1, audit: { by: 'a' }, salt: 's' }
    const after = { ...document(), revision: 2, audit: { by: 'b' }, salt: 't', extra: [1] }
    expect(listFieldDifferences(before, after)).toEqual([
      { path: 'salt', before: 's', after: 't' },
      { path: 'extra', before: undefined, after: '[1]' },
    ])
  })
})

describe('shares that somebody is setting', () => {
  const now = [
    { name: 'main', percent: 95 },
    { name: 'canary', percent: 5 },
    { name: 'blue', percent: 0 },
  ]

  it('add up to 100: one environment takes the rest', () => {
    expect([...toDraftShares(now, { canary: 12.34, blue: 0.01 }, 'main')]).toEqual([
      ['main', 87.65],
      ['canary', 12.34],
      ['blue', 0.01],
    ])
  })

  it.each([
    [{ canary: 101 }, 'canary: a share is 0 to 100 %, not 101.'],
    [{ canary: -1 }, 'canary: a share is 0 to 100 %, not -1.'],
    [{ canary: Number.NaN }, 'canary: type a number from 0 to 100.'],
    [{ canary: 1.234 }, 'canary: a share has two decimals at most.'],
    [{ canary: 60, blue: 50 }, 'Together they have 110 %: lower one of them.'],
    [{ canary: 0.29 }, undefined],
    [{}, undefined],
  ])('are refused in words: %j', (draft, fault) => {
    expect(findDraftFault(now, draft, 'main')).toBe(fault)
  })
})

describe('files of two versions', () => {
  it('are added, removed, changed or the same, by their content', () => {
    const file = (path: string, blob: string, size: number) => ({ path, blob, size })
    const before = [file('/a', '1', 10), file('/b', '2', 20), file('/c', '3', 30)]
    const after = [file('/a', '1', 10), file('/b', '4', 25), file('/d', '5', 5)]
    expect(compareFiles(before, after)).toEqual({
      changes: [
        { path: '/b', kind: 'changed', bytes: 5 },
        { path: '/c', kind: 'removed', bytes: -30 },
        { path: '/d', kind: 'added', bytes: 5 },
      ],
      same: 1,
      bytes: [60, 40],
    })
  })
})

describe('a request that somebody describes', () => {
  it('has headers, one a line; cookies of several lines are one header', () => {
    const parsed = parseHeaderLines('Accept: text/html\r\n\ncookie: a=1\nCookie:b=2 \n')
    expect(parsed).toEqual({ ok: true, value: { accept: 'text/html', cookie: 'a=1; b=2' } })
  })

  it('says which line is none', () => {
    expect(parseHeaderLines('accept: */*\nnonsense')).toMatchObject({
      ok: false,
      error: expect.stringContaining('Line 2'),
    })
  })

  it('of a past moment is decided by the revision of that moment', () => {
    const revisions = [
      { revision: 9, at: 900 },
      { revision: 8, at: 500 },
    ]
    expect(findRevisionAt(revisions, 1000)).toBe(9)
    expect(findRevisionAt(revisions, 899)).toBe(8)
    expect(findRevisionAt(revisions, 499)).toBeUndefined()
  })
})

describe('conditions of rules', () => {
  it.each([
    [{ '==': [{ var: 'cookie.staff' }, '1'] }, 'cookie.staff is "1"'],
    [{ in: [{ var: 'country' }, ['DE', 'AT']] }, 'country is in "DE", "AT"'],
    [
      { and: [{ '==': [{ var: 'a' }, 1] }, { or: [{ '<': [{ var: 'b' }, 2] }, { '!': [true] }] }] },
      'a is 1 and (b is below 2 or not (always))',
    ],
    [{ semver: [{ var: 'x' }, '>', '1.0.0'] }, '{"semver":[{"var":"x"},">","1.0.0"]}'],
    [true, 'always'],
  ])('are words where they are usual, and as written otherwise: %j', (when, text) => {
    expect(toConditionText(when)).toBe(text)
  })
})
