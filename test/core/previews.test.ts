import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../src/core/decide.ts'
import { compileAdmission, readIdentity } from '../../src/core/identity.ts'
import {
  findPreviewed,
  isForFewEyes,
  listGranted,
  type PreviewClaims,
  parsePreviewChoice,
  parsePreviewToken,
  permitPreview,
  toPreviewLabel,
  toPreviewPayload,
  toPreviewToken,
} from '../../src/core/previews.ts'
import type { GrantedPreview, RequestFacts } from '../../src/core/types.ts'
import { compileAssignments } from '../../src/document/compile.ts'
import { parseAssignments } from '../../src/document/parse.ts'
import { withOwnKeys } from '../../src/document/previews.ts'
import { makeAssignments, makeFacts } from './make-assignments.ts'

const SIGNATURE = new Uint8Array(64).fill(7)
const CLAIMS: PreviewClaims = {
  id: 'abcdefghijkl',
  key: '0123abcd',
  expiresAt: 1_764_300_000_000,
  versions: ['6.0.0'],
  environments: ['qa'],
}

const toToken = (claims: PreviewClaims) =>
  toPreviewToken(toPreviewPayload(claims).payload, SIGNATURE)

const toTokenOf = (said: unknown) => {
  const payload = btoa(JSON.stringify(said))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
  return toPreviewToken(payload, SIGNATURE)
}

describe('a token', () => {
  it('says what was put into it, whatever the names are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/), { maxLength: 5 }),
        fc.array(fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/), { maxLength: 5 }),
        (versions, environments) => {
          const claims = { ...CLAIMS, versions, environments }
          const read = parsePreviewToken(toToken(claims))
          if (versions.length + environments.length === 0) expect(read).toBeUndefined()
          else expect(read?.claims).toEqual(claims)
        },
      ),
    )
  })

  it('fits into a cookie with the most and the longest names', () => {
    const versions = Array.from({ length: 10 }, (_, i) => `${i}${'v'.repeat(63)}`)
    expect(toToken({ ...CLAIMS, versions, environments: [] }).length).toBeLessThan(2048)
    expect(parsePreviewToken(toToken({ ...CLAIMS, versions, environments: [] }))).toBeDefined()
  })

  const SAID = { k: '0123abcd', i: 'abcdefghijkl', x: 1, v: ['1'], e: [] }
  it.each([
    ['a text', 'token'],
    ['no signature', toToken(CLAIMS).replace(/\.[^.]*$/, '.')],
    ['a short signature', toToken(CLAIMS).slice(0, -1)],
    ['another character behind it', `${toToken(CLAIMS)}=`],
    ['no JSON', `${'A'.repeat(40)}.${'A'.repeat(86)}`],
    ['a list', toTokenOf([1])],
    ['null', toTokenOf(null)],
    ['no versions', toTokenOf({ ...SAID, v: undefined })],
    ['nothing granted', toTokenOf({ ...SAID, v: [] })],
    ['too much granted', toTokenOf({ ...SAID, v: Array.from({ length: 11 }, String) })],
    ['a version that is none', toTokenOf({ ...SAID, v: ['../1'] })],
    ['an environment that is none', toTokenOf({ ...SAID, e: ['__proto__'] })],
    ['a time that is none', toTokenOf({ ...SAID, x: '9999999999' })],
    ['a time without end', toTokenOf({ ...SAID, x: 1e99 })],
    ['a key that is none', toTokenOf({ ...SAID, k: '' })],
  ])('is none with %s', (_, text) => {
    expect(parsePreviewToken(text)).toBeUndefined()
  })

  it('counts only with its key, unrevoked, in its time, and for what exists', () => {
    const assignments = makeAssignments()
    const keys = new Map([['0123abcd', 'key']])
    const at = (
      changed: Partial<PreviewClaims>,
      revoked: string[] = [],
      now = CLAIMS.expiresAt - 1,
    ) => {
      const permitted = permitPreview(
        { ...CLAIMS, ...changed },
        { keys, revoked: new Set(revoked) },
        assignments,
        now,
      )
      return permitted.ok
        ? [...permitted.value.versions, ...permitted.value.environments]
        : permitted.error
    }
    expect(at({})).toEqual(['6.0.0', 'qa'])
    expect(at({}, [], CLAIMS.expiresAt)).toBe('expired')
    expect(at({}, ['abcdefghijkl'])).toBe('revoked')
    expect(at({ key: 'ffffffff' })).toBe('key removed')
    expect(at({ versions: ['6.0.0', '2.5.0', '9.9.9'], environments: ['gone'] })).toEqual(['6.0.0'])
    expect(at({ versions: ['2.5.0'], environments: [] })).toBe('gone')
  })
})

describe('what a preview shows', () => {
  const preview = (other: Partial<GrantedPreview> = {}): GrantedPreview => ({
    versions: new Set(['6.0.0', '4.0.0']),
    environments: new Set(),
    choice: undefined,
    ...other,
  })
  const shown = (facts: Partial<RequestFacts>, wish = {}) => {
    const { version, environment, reason } = decide(makeFacts(facts), makeAssignments(wish))
    return `${reason} ${environment} ${version.id}`
  }

  it('is the first version of the link, also one that nobody has or a restricted one', () => {
    expect(shown({ preview: preview() })).toMatch(/^preview (main|canary) 6\.0\.0$/)
    expect(shown({ preview: preview({ versions: new Set(['4.0.0']) }) })).toMatch(/ 4\.0\.0$/)
  })

  it('is what was chosen, as far as the link allows it', () => {
    const choose = (text: string) => preview({ choice: parsePreviewChoice(text) })
    expect(shown({ preview: choose('4.0.0') })).toMatch(/ 4\.0\.0$/)
    expect(shown({ preview: choose('5.0.0-dev') })).toMatch(/ 6\.0\.0$/)
    expect(shown({ preview: choose('@qa') })).toMatch(/ 6\.0\.0$/)
    expect(shown({ preview: choose('@qa'), grants: new Set(['qa']) })).toBe('preview qa 4.0.0')
  })

  it('is nothing for who has no link: the bucket decides', () => {
    expect(shown({})).toMatch(/^bucket /)
    expect(shown({ grants: new Set(['qa']) })).toMatch(/^bucket /)
  })

  it('keeps an open tab on its own version', () => {
    const pin = { claim: { version: '2.0.0', environment: 'main' }, source: 'header' as const }
    expect(shown({ kind: 'subresource', pin, preview: preview() })).toBe('pin main 2.0.0')
    const own = { claim: { version: '4.0.0', environment: undefined }, source: 'cookie' as const }
    expect(shown({ kind: 'subresource', pin: own, preview: preview() })).toMatch(
      /^pin \w+ 4\.0\.0$/,
    )
    expect(shown({ kind: 'subresource', pin: own })).toMatch(/^bucket /)
  })

  it('lets a withdrawn version serve nobody', () => {
    const { versions, ...rest } = makeAssignments()
    const facts = makeFacts({ preview: preview({ versions: new Set(['2.5.0']) }) })
    expect(findPreviewed(facts, { ...rest, versions })).toBeUndefined()
  })

  it('lets the search for files go only where the request may look', () => {
    const ids = (facts: Partial<RequestFacts>) =>
      listGranted(makeFacts(facts), makeAssignments()).map(({ id }) => id)
    expect(ids({})).toEqual([])
    expect(ids({ preview: preview(), grants: new Set(['dev']) })).toEqual([
      '6.0.0',
      '4.0.0',
      '5.0.0-dev',
    ])
  })

  it('marks every reply that a grant shows, and no other', () => {
    const few = (facts: Partial<RequestFacts>, wish = {}) => {
      const assignments = makeAssignments(wish)
      const whole = makeFacts(facts)
      return isForFewEyes(whole, decide(whole, assignments), assignments)
    }
    expect(few({})).toBe(false)
    expect(few({ grants: new Set(['qa']) })).toBe(false)
    expect(few({ preview: preview() })).toBe(true)
    const hosts = { 'qa.example.com': 'qa' as const }
    expect(few({ host: 'qa.example.com' }, { hosts })).toBe(false)
    expect(few({ host: 'qa.example.com', grants: new Set(['qa']) }, { hosts })).toBe(true)
    const pin = { claim: { version: '4.0.0', environment: undefined }, source: 'header' as const }
    expect(few({ kind: 'subresource', pin, grants: new Set(['qa']) })).toBe(true)
  })
})

describe('host names of versions', () => {
  const versions = { '0.0.6': {}, '0-0-6': {}, '1.0.0+b': {}, '2.0.0': {} }
  const document = {
    schema: 1,
    revision: 1,
    salt: 's',
    environments: { main: { version: '2.0.0' } },
    traffic: { main: 100 },
    versions: Object.fromEntries(
      Object.keys(versions).map((id) => [id, { manifest: 'a'.repeat(64) }]),
    ),
    previews: { hosts: ['*.preview.example.com'] },
  }
  const read = parseAssignments(JSON.stringify(document), { allowInsecure: false })
  const compiled = compileAssignments((read as Extract<typeof read, { ok: true }>).value)
  const at = (host: string, ...granted: string[]) => {
    const preview = {
      versions: new Set(granted),
      environments: new Set<string>(),
      choice: undefined,
    }
    return findPreviewed(makeFacts({ host, preview }), compiled)?.version.id
  }

  it('show the version to who has a link for it, and what the link shows otherwise', () => {
    expect(at('1-0-0-b.preview.example.com', '2.0.0', '1.0.0+b')).toBe('1.0.0+b')
    expect(at('1-0-0-b.preview.example.com', '2.0.0')).toBe('2.0.0')
    expect(at('x.1-0-0-b.preview.example.com', '2.0.0', '1.0.0+b')).toBe('2.0.0')
    expect(
      findPreviewed(makeFacts({ host: '2-0-0.preview.example.com' }), compiled),
    ).toBeUndefined()
  })

  it('are none where two versions would have the same', () => {
    expect(at('0-0-6.preview.example.com', '2.0.0', '0.0.6', '0-0-6')).toBe('2.0.0')
  })

  it('are labels', () => {
    expect(toPreviewLabel('0.0.6')).toBe('0-0-6')
    expect(toPreviewLabel('2026-11-23.1+Build')).toBe('2026-11-23-1-build')
    expect(toPreviewLabel('a'.repeat(64))).toBeUndefined()
    expect(toPreviewLabel('1.')).toBeUndefined()
  })
})

describe('who is admitted', () => {
  const person = (claims: Record<string, unknown>) => readIdentity(claims)
  it('is found by address, group or condition', () => {
    const admits = compileAdmission({
      emails: ['*@example.com'],
      groups: ['qa'],
      when: { '==': [{ var: 'identity.country' }, 'IS'] },
    })
    expect(admits(person({ email: 'Ada@Example.com' }))).toBe(true)
    expect(admits(person({ email: 'ada@example.com.evil.org' }))).toBe(false)
    expect(admits(person({ email: '@example.com' }))).toBe(false)
    expect(admits(person({ email: ['ada@example.com'] }))).toBe(false)
    expect(admits(person({ groups: ['dev', 'qa'] }))).toBe(true)
    expect(admits(person({ custom: { groups: [{ name: 'qa' }] } }))).toBe(true)
    expect(admits(person({ groups: 'qa-other' }))).toBe(false)
    expect(admits(person({ country: 'IS' }))).toBe(true)
    expect(admits(person({}))).toBe(false)
  })

  it('is nobody where a condition cannot be evaluated', () => {
    const admits = compileAdmission({ when: { '>': [{ var: 'identity.level' }, 3] } })
    expect(admits(person({ level: 'high' }))).toBe(false)
    expect(admits(person({ level: 5 }))).toBe(true)
  })

  const problems = (qa: object) => {
    const document = {
      schema: 1,
      revision: 1,
      salt: 's',
      environments: { main: { version: '1' }, qa: { version: '1', ...qa } },
      traffic: { main: 100 },
      versions: { 1: { manifest: 'a'.repeat(64) } },
    }
    const read = parseAssignments(JSON.stringify(document), { allowInsecure: false })
    return read.ok ? [] : read.error.map(({ path }) => path)
  }
  it('depends on nothing that a visitor can say of itself', () => {
    const by = (name: string) =>
      problems({ restricted: true, admit: { when: { '!!': [{ var: name }] } } })
    expect(by('identity.email')).toEqual([])
    for (const name of [
      'cookie.staff',
      'header.x-staff',
      'query.staff',
      'ip',
      'visitor',
      'identity',
      'host',
    ]) {
      expect(by(name)).toEqual(['environments.qa.admit.when["!!"][0]'])
    }
    expect(problems({ admit: { emails: ['a@b.c'] } })).toEqual(['environments.qa.admit'])
    expect(problems({ restricted: true, admit: {} })).toEqual(['environments.qa.admit'])
  })
})

describe('keys and revocations', () => {
  const present = { previews: { keys: [{ id: '0123abcd', key: 'K' }], revoked: ['r'] } }
  it('are not brought back, nor lost, by a document that somebody wrote', () => {
    const old = { previews: { hosts: ['*.p.example.com'], keys: [{ id: 'ffffffff', key: 'O' }] } }
    expect(withOwnKeys(old, present).previews).toEqual({
      hosts: ['*.p.example.com'],
      ...present.previews,
    })
    expect(withOwnKeys({}, present)).toEqual(present)
    expect(withOwnKeys(old, {}).previews).toEqual({ hosts: ['*.p.example.com'] })
    expect(withOwnKeys(old, undefined)).toBe(old)
    expect('previews' in withOwnKeys({ previews: { revoked: [] } }, {})).toBe(false)
  })
})
