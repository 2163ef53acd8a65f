import { describe, expect, it } from 'vitest'
import { type Content, toContent } from '../../../src/control/document/content.ts'
import { findForward } from '../../../src/control/safety/forward.ts'
import { formatProblems, parseAssignments } from '../../../src/document/parse.ts'
import { exampleDocument } from '../../support/document.ts'

type Change = Partial<ReturnType<typeof exampleDocument>>

function content(change: Change = {}): Content {
  const parsed = parseAssignments(JSON.stringify({ ...exampleDocument(), ...change }), {
    allowInsecure: false,
  })
  if (!parsed.ok) throw new Error(formatProblems(parsed.error))
  return toContent(parsed.value)
}

const CURRENT = content()
const { environments, rules = [], versions } = exampleDocument()
const flag = (more: object = {}) =>
  ({ state: 'ENABLED', variants: { a: 1, b: 2 }, defaultVariant: 'a', ...more }) as const
const PLACES = new Map([
  ['0.0.3', 1],
  ['0.0.5', 2],
])

/** 0.0.3 came to visitors first, then 0.0.5; nobody has had 0.0.6-dev. */
function texts(after: Content, before = CURRENT): string[] {
  return findForward(before, after, (version) => PLACES.get(version)).map(({ text }) => text)
}

describe('what goes forward', () => {
  it.each<[string, Change, string[]]>([
    [
      'more of a newer version',
      { traffic: { main: 90, canary: 10 } },
      ['version "0.0.5" gets 5 % more of the visitors'],
    ],
    [
      'a version that nobody has had, in the place of a newer one',
      {
        environments: { ...environments, canary: { version: '0.0.6-dev' } },
      },
      [
        'version "0.0.6-dev" gets 5 % more of the visitors',
        `version "0.0.6-dev" gets the visitors of rule ${JSON.stringify(rules[0]?.when)}`,
      ],
    ],
    [
      'a rule for all',
      {
        rules: [...rules, { name: 'all', environment: 'canary', when: true }],
      },
      ['version "0.0.5" gets the visitors of rule true'],
    ],
    [
      'a host name',
      {
        environments: { ...environments, canary: { version: '0.0.5', hosts: ['new.example.com'] } },
      },
      ['version "0.0.5" gets the visitors of host new.example.com'],
    ],
    ['another salt', { salt: 'other' }, ['every visitor gets another bucket']],
    [
      'another identity of visitors',
      { visitor: { cookie: 'uid' } },
      ['every visitor gets another bucket'],
    ],
    [
      'other services of a version that visitors have',
      {
        versions: { ...versions, '0.0.3': { manifest: '3'.repeat(64) } },
      },
      ['version "0.0.3" gets other files or services'],
    ],
    ['a new flag', { flags: { search: flag() } }, ['the flag "search" changes']],
  ])('is %s', (_, change, expected) => {
    expect(texts(content(change))).toEqual(expected)
  })

  it('is a flag that is switched on, or is split in another way', () => {
    const before = content({ flags: { off: flag({ state: 'DISABLED' }), search: flag() } })
    const split = {
      fractional: [
        ['a', 50],
        ['b', 50],
      ],
    }
    expect(texts(content({ flags: { off: flag(), search: flag() } }), before)).toEqual([
      'the flag "off" changes',
    ])
    const after = content({
      flags: { off: flag({ state: 'DISABLED' }), search: flag({ targeting: split }) },
    })
    expect(texts(after, before)).toEqual(['the flag "search" changes'])
  })

  it('is the end of a rule that kept visitors on an older version', () => {
    const before = content({
      traffic: { main: 0, canary: 100 },
      rules: [{ name: 'stable', environment: 'main', when: true }],
    })
    expect(texts(content({ traffic: { main: 0, canary: 100 }, rules: [] }), before)).toEqual([
      'version "0.0.5" gets the visitors of rule true',
    ])
  })
})

describe('what does not go forward', () => {
  it.each<[string, Change]>([
    ['less of a newer version', { traffic: { main: 99, canary: 1 } }],
    [
      'an older version in the place of a newer one',
      {
        environments: { ...environments, canary: { version: '0.0.3' } },
      },
    ],
    ['the end of a rule that led to a newer version', { rules: [] }],
    [
      'a version for which nobody comes',
      {
        environments: { ...environments, next: { version: '0.0.6-dev' } },
      },
    ],
    [
      'what only a grant opens',
      { environments: { ...environments, dev: { version: '0.0.5', restricted: true } } },
    ],
    ['what is measured', { measure: { goals: { order: 'POST /api/orders' } } }],
  ])('is %s', (_, change) => {
    expect(texts(content(change))).toEqual([])
  })

  it('is a flag that is switched off or removed', () => {
    const before = content({ flags: { one: flag(), two: flag() } })
    expect(texts(content({ flags: { one: flag({ state: 'DISABLED' }) } }), before)).toEqual([])
  })
})
