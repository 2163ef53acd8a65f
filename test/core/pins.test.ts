import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../src/core/decide.ts'
import { parsePin, permitPin, toPin } from '../../src/core/pins.ts'
import type { PinSource } from '../../src/core/types.ts'
import { makeAssignments, makeFacts } from './make-assignments.ts'

describe('parsePin', () => {
  it('reads what toPin writes', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/),
        fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/),
        (version, environment) => {
          expect(parsePin(toPin(version, environment))).toEqual({ version, environment })
          expect(parsePin(version)).toEqual({ version, environment: undefined })
        },
      ),
    )
  })

  it.each([
    ...['', '@', '@main', '2.0.0@', '2.0.0@Main', '2.0.0@main@main', '2.0.0 ', ' 2.0.0'],
    ...['2.0.0\n', '2.0.0@main\n', '../2.0.0', '2/0', '__proto__', '"2.0.0"', '2.0.0;x', '٢.0.0'],
    ...['é', `${'a'.repeat(65)}`, `1@${'a'.repeat(64)}`, '%32.0.0'],
  ])('reads nothing in %j', (text) => {
    expect(parsePin(text)).toBeUndefined()
  })
})

describe('permitPin', () => {
  const assignments = makeAssignments({
    hosts: { 'pr-12.example.com': 'pr-12', 'qa.example.com': 'qa' },
  })
  const permit = (text: string, ...grants: string[]) =>
    permitAt('shop.example.com', text, ...grants)
  const permitAt = (host: string, text: string, ...grants: string[]) => {
    const claim = parsePin(text)
    if (!claim) throw new Error(`no pin: ${text}`)
    const result = permitPin(claim, assignments, { host, grants: new Set(grants) })
    return result.ok ? [result.value.version.id, result.value.environment] : result.error
  }

  it('keeps a tab on any open version, also one that no environment has any more', () => {
    expect(permit('2.0.0@main')).toEqual(['2.0.0', 'main'])
    expect(permit('1.0.0@main')).toEqual(['1.0.0', 'main'])
    expect(permit('3.0.0')).toEqual(['3.0.0', undefined])
  })

  it('leaves out an environment that is gone or that the request may not know of', () => {
    expect(permit('2.0.0@gone')).toEqual(['2.0.0', undefined])
    expect(permit('2.0.0@qa')).toEqual(['2.0.0', undefined])
    expect(permit('2.0.0@constructor')).toEqual(['2.0.0', undefined])
    expect(permit('2.0.0@qa', 'qa')).toEqual(['2.0.0', 'qa'])
  })

  it('takes a closed version only with a grant for an environment that points at it', () => {
    expect(permit('4.0.0@qa', 'qa')).toEqual(['4.0.0', 'qa'])
    expect(permit('4.0.0@main', 'qa')).toEqual(['4.0.0', undefined])
    expect(permitAt('qa.example.com', '4.0.0@qa')).toContain('no grant')
    expect(permit('4.0.0@qa')).toContain('no grant')
    expect(permit('4.0.0@qa', 'dev')).toContain('no grant')
    expect(permit('6.0.0', 'qa', 'dev', 'gone')).toContain('no grant')
  })

  it('tells of no environment in which visitors never had the version', () => {
    expect(permit('2.0.0@canary')).toEqual(['2.0.0', undefined])
    expect(permit('3.0.0@canary')).toEqual(['3.0.0', 'canary'])
    expect(permit('2.0.0@pr-12')).toEqual(['2.0.0', undefined])
  })

  it('tells of no preview that shows what visitors of the site had too, but under its host name', () => {
    const version = assignments.versions.get('2.0.0')
    if (!version) throw new Error('there is no 2.0.0')
    const both = { ...version, openIn: new Map([...version.openIn, ['pr-12', 'host'] as const]) }
    const shown = { ...assignments, versions: new Map([...assignments.versions, ['2.0.0', both]]) }
    const claim = { version: '2.0.0', environment: 'pr-12' }
    const at = (host: string) => permitPin(claim, shown, { host, grants: new Set() })
    expect(at('shop.example.com')).toMatchObject({ ok: true, value: { environment: undefined } })
    expect(at('pr-12.example.com')).toMatchObject({ ok: true, value: { environment: 'pr-12' } })
  })

  it('takes the version of a preview under its host name alone, also one that it had before', () => {
    for (const id of ['7.0.0-pr', '6.9.0-pr']) {
      expect(permitAt('pr-12.example.com', `${id}@pr-12`)).toEqual([id, 'pr-12'])
      for (const host of ['shop.example.com', 'qa.example.com', 'pr-13.example.com', 'pr-12', '']) {
        expect(permitAt(host, `${id}@pr-12`)).toContain('no grant')
        expect(permitAt(host, `${id}@main`)).toContain('no grant')
      }
    }
  })

  it('ignores a withdrawn version, granted or not, and one that is unknown', () => {
    expect(permit('2.5.0@main')).toBe('the version is withdrawn')
    expect(permit('2.5.0@main', 'qa', 'main')).toBe('the version is withdrawn')
    expect(permit('9.9.9@main')).toBe('no such version')
  })
})

describe('a version that visitors of the site never had', () => {
  const CLOSED = ['4.0.0', '5.0.0-dev', '6.0.0', '7.0.0-pr', '6.9.0-pr']
  const assignments = makeAssignments({
    hosts: { 'qa.example.com': 'qa', 'pr-12.example.com': 'pr-12' },
    rules: [{ name: 'staff', environment: 'qa', test: () => true }],
  })
  const spellings = CLOSED.flatMap((id) => [
    ...[
      id,
      `${id}@qa`,
      `${id}@dev`,
      `${id}@main`,
      `${id}@canary`,
      `${id}@pr-12`,
      `${id}@gone`,
      `${id}@`,
      `@${id}`,
    ],
    ...[`v${id}`, ` ${id}`, `${id} `, `${id}@QA`, `${id}@qa@main`, `main@${id}`, `qa@${id}`],
    ...[`2.0.0@${id}`, `${id},2.0.0@main`, `"${id}"`, `${id}\u0000`, `${id};qa`, `2.0.0@qa`],
    ...[encodeURIComponent(`${id}@qa`), `${id}%40qa`, `${id}＠qa`, id.toUpperCase(), `0${id}`],
  ])
  const sources: PinSource[] = ['header', 'query', 'cookie']
  const kinds = ['document', 'navigation', 'subresource'] as const
  const hosts = [
    'shop.example.com',
    'qa.example.com',
    'QA.example.com',
    'qa.example.com.',
    'qa',
    'dev',
    'pr-12.example.com.',
    'x.pr-12.example.com',
    'pr-12',
  ]

  it.each(spellings)('is not reached by the pin %j, from anywhere', (text) => {
    const claim = parsePin(text)
    for (const source of sources) {
      for (const kind of kinds) {
        for (const host of hosts) {
          for (const visitor of ['ada', 'grace', text]) {
            const pin = claim && { claim, source }
            const { version, environment } = decide(
              makeFacts({ kind, host, visitor, pin }),
              assignments,
            )
            expect(CLOSED).not.toContain(version.id)
            expect(['qa', 'dev', 'pr-12']).not.toContain(environment)
          }
        }
      }
    }
  })

  it('is not reached by any claim at all, also one that no text could spell', () => {
    const names = fc.oneof(
      fc.constantFrom(...CLOSED, '2.0.0', '2.5.0', 'qa', 'dev', 'main', '__proto__', 'constructor'),
      fc.string(),
    )
    fc.assert(
      fc.property(
        names,
        fc.option(names, { nil: undefined }),
        fc.constantFrom(...sources),
        fc.constantFrom(...kinds),
        fc.constantFrom(...hosts),
        fc.string(),
        (version, environment, source, kind, host, visitor) => {
          const pin = { claim: { version, environment }, source }
          const decision = decide(makeFacts({ kind, host, visitor, pin }), assignments)
          expect(decision.version.open && !decision.version.withdrawn).toBe(true)
          expect(['main', 'canary']).toContain(decision.environment)
        },
      ),
      { numRuns: 5000 },
    )
  })
})
