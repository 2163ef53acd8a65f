import { describe, expect, it } from 'vitest'
import { applyCommand } from '../../src/control/document/apply.ts'
import { type Content, toContent } from '../../src/control/document/content.ts'
import { markOpen } from '../../src/control/document/opening.ts'
import { BUCKETS, countBuckets } from '../../src/core/traffic.ts'
import { formatProblems, parseAssignments } from '../../src/document/parse.ts'
import { PARTS } from '../../src/document/schema.ts'
import type { Command } from '../../src/wire/commands.ts'
import { exampleDocument } from '../support/document.ts'

type Change = Partial<ReturnType<typeof exampleDocument>>

/** The example as the control holds it: read by the validator. */
function contentWith(change: Change = {}): Content {
  const text = JSON.stringify({ ...exampleDocument(), ...change })
  const parsed = parseAssignments(text, { allowInsecure: false })
  if (!parsed.ok) throw new Error(formatProblems(parsed.error))
  return toContent(markOpen(parsed.value))
}

const CURRENT = contentWith()

function apply(command: Command, current: Content | undefined, earlier?: Content) {
  return applyCommand(command, current, { earlier: () => earlier, allowInsecure: false })
}

function applied(command: Command, current = CURRENT, earlier?: Content): Content {
  const result = apply(command, current, earlier)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

const versions = () => exampleDocument().versions
const service = (more: object = {}) => ({
  prefix: '/api/',
  origins: ['https://api-9.example.com'],
  ...more,
})

describe('what every command makes', () => {
  it('writes traffic as ranges, as the edge reads percentages', () => {
    expect(CURRENT.traffic).toEqual({ main: [[0, 9500]], canary: [[9500, 10000]] })
  })

  it('writes down in which environments visitors have a version, and of no other anything', () => {
    const open = Object.entries(CURRENT.versions).map(([id, { open }]) => [id, open])
    expect(open).toEqual([
      ['0.0.3', { main: 'bucket' }],
      ['0.0.5', { canary: 'bucket' }],
      ['0.0.6-dev', undefined],
    ])
  })

  it('is the very same content where it changes nothing', () => {
    const same: Command[] = [
      { kind: 'replace', document: exampleDocument() },
      { kind: 'set-environment', name: 'main', version: '0.0.3' },
      { kind: 'set-environment', name: 'main', restricted: false, hosts: [] },
      { kind: 'set-environment', name: 'qa', restricted: true, hosts: ['qa.example.com'] },
      { kind: 'shift', weights: { canary: 5 } },
      { kind: 'shift', weights: { qa: 0 } },
      { kind: 'set-rules', rules: exampleDocument().rules ?? [] },
      { kind: 'set-services', version: '0.0.3', services: [] },
      { kind: 'withdraw', version: '0.0.5', restore: true },
    ]
    for (const command of same) expect(applied(command), JSON.stringify(command)).toBe(CURRENT)
  })
})

describe('replace', () => {
  it('takes a whole document and ignores its revision and audit', () => {
    const document = { ...exampleDocument(), revision: 7, audit: 'f'.repeat(64), rules: [] }
    expect(applied({ kind: 'replace', document })).toEqual(contentWith({ rules: [] }))
  })

  it('takes the first document, of whatever salt', () => {
    const document = { ...exampleDocument(), salt: 'new' }
    expect(apply({ kind: 'replace', document }, undefined)).toMatchObject({ ok: true })
  })

  it('takes another salt when that is asked for', () => {
    const document = { ...exampleDocument(), salt: 'new' }
    expect(applied({ kind: 'replace', document, allowNewSalt: true }).salt).toBe('new')
  })
})

describe('set-environment', () => {
  it('points an environment at a version and opens it, and leaves everything else', () => {
    const after = applied({ kind: 'set-environment', name: 'main', version: '0.0.6-dev' })
    expect(after.environments.main).toEqual({ version: '0.0.6-dev' })
    expect(after.versions['0.0.6-dev']?.open).toEqual({ main: 'bucket' })
    expect(after.versions['0.0.3']?.open).toEqual({ main: 'bucket' })
    expect(Object.keys(after.environments)).toEqual(Object.keys(CURRENT.environments))
    expect(after.traffic).toEqual(CURRENT.traffic)
  })

  it('makes an environment, last and without traffic', () => {
    const after = applied({
      kind: 'set-environment',
      name: 'beta',
      version: '0.0.6-dev',
      restricted: true,
      hosts: ['beta.example.com'],
    })
    expect(Object.keys(after.environments).at(-1)).toBe('beta')
    expect(after.versions['0.0.6-dev']?.open).toBeUndefined()
    expect(after.traffic).toEqual(CURRENT.traffic)
  })

  it('makes an environment public, which opens its version to nobody who has no way to it', () => {
    const after = applied({ kind: 'set-environment', name: 'dev', restricted: false })
    expect(after.environments.dev).toEqual({ version: '0.0.6-dev' })
    expect(after.versions['0.0.6-dev']?.open).toBeUndefined()
  })

  it('opens the version of a preview under its host name', () => {
    const hosts = ['pr-12.example.com']
    const after = applied({ kind: 'set-environment', name: 'dev', restricted: false, hosts })
    expect(after.versions['0.0.6-dev']?.open).toEqual({ dev: 'host' })
  })

  it('takes hosts away that are not named any more', () => {
    const after = applied({ kind: 'set-environment', name: 'qa', hosts: [] })
    expect(after.environments.qa).toEqual({ version: '0.0.5', restricted: true })
  })
})

describe('remove-environment', () => {
  it('takes one away that is of no use', () => {
    const after = applied({ kind: 'remove-environment', name: 'dev' })
    expect(Object.keys(after.environments)).toEqual(['main', 'canary', 'qa'])
  })

  it('takes its empty share away, too', () => {
    const current = contentWith({ traffic: { main: 100, canary: 0 }, rules: [] })
    const after = applied({ kind: 'remove-environment', name: 'canary' }, current)
    expect(after.traffic).toEqual({ main: [[0, BUCKETS]] })
  })
})

describe('shift', () => {
  it('moves the fewest buckets, from the first public environment that has traffic', () => {
    const after = applied({ kind: 'shift', weights: { canary: 20 } })
    expect(after.traffic).toEqual({
      main: [[0, 8000]],
      canary: [[8000, 10000]],
    })
  })

  it('gives visitors back to the first environment once the other has everybody', () => {
    const current = contentWith({ traffic: { main: 0, canary: 100 } })
    const after = applied({ kind: 'shift', weights: { canary: 10 } }, current)
    expect(
      [after.traffic.main, after.traffic.canary].map((all) => countBuckets(all ?? [])),
    ).toEqual([9000, 1000])
  })

  it('takes from the first that has traffic, and from no preview that is written in front of it', () => {
    const environments = { 'pr-1': { version: '0.0.5' }, ...exampleDocument().environments }
    const after = applied({ kind: 'shift', weights: { canary: 20 } }, contentWith({ environments }))
    expect(after.traffic).toEqual({ main: [[0, 8000]], canary: [[8000, 10000]] })
  })

  it('gives the buckets back in the reverse order', () => {
    const more = applied({ kind: 'shift', weights: { canary: 20 } })
    expect(applied({ kind: 'shift', weights: { canary: 5 } }, more).traffic).toEqual(
      CURRENT.traffic,
    )
  })

  it('takes from the base that is named', () => {
    const current = contentWith({
      environments: { ...exampleDocument().environments, blue: { version: '0.0.5' } },
      traffic: { main: 50, canary: 50, blue: 0 },
    })
    const after = applied({ kind: 'shift', weights: { blue: 10 }, base: 'canary' }, current)
    expect(countBuckets(after.traffic.main)).toBe(5000)
    expect(countBuckets(after.traffic.canary)).toBe(4000)
  })

  it('gives spent buckets out last', () => {
    const current = contentWith({ traffic: { main: 100 }, spent: [[9500, 10000]] })
    const after = applied({ kind: 'shift', weights: { canary: 5 } }, current)
    expect(after.traffic.canary).toEqual([[9000, 9500]])
    expect(after.spent).toEqual([[9500, 10000]])
  })
})

describe('set-services', () => {
  it('changes origins, limits and fallback of the named service', () => {
    const after = applied({
      kind: 'set-services',
      version: '0.0.5',
      services: [service({ timeoutMs: 500, fallback: 'main' })],
    })
    expect(after.versions['0.0.5']?.services).toEqual([
      service({ timeoutMs: 500, fallback: 'main' }),
    ])
  })

  it('leaves services that are not named, and the order of all', () => {
    const two = [service({ prefix: '/a/', stripPrefix: true }), service({ prefix: '/b/' })]
    const current = contentWith({
      versions: { ...versions(), '0.0.5': { manifest: '5'.repeat(64), services: two } },
    })
    const origins = ['https://other.example.com']
    const after = applied(
      { kind: 'set-services', version: '0.0.5', services: [{ prefix: '/b/', origins }] },
      current,
    )
    expect(after.versions['0.0.5']?.services).toEqual([two[0], { prefix: '/b/', origins }])
  })

  it('keeps which path the backend gets', () => {
    const services = [service({ stripPrefix: true })]
    const current = contentWith({
      versions: { ...versions(), '0.0.5': { manifest: '5'.repeat(64), services } },
    })
    const after = applied(
      { kind: 'set-services', version: '0.0.5', services: [service({ timeoutMs: 100 })] },
      current,
    )
    expect(after.versions['0.0.5']?.services?.[0]?.stripPrefix).toBe(true)
  })
})

describe('withdraw', () => {
  const withdrawn = contentWith({
    versions: { ...versions(), old: { manifest: 'a'.repeat(64), open: true, withdrawn: true } },
  })
  const standing = contentWith({
    versions: { ...versions(), old: { manifest: 'a'.repeat(64), open: true } },
  })

  it('takes a version out of service that nothing points at', () => {
    expect(applied({ kind: 'withdraw', version: 'old' }, standing)).toEqual(withdrawn)
    expect(applied({ kind: 'withdraw', version: 'old' }, withdrawn)).toBe(withdrawn)
  })

  it('takes that back', () => {
    expect(applied({ kind: 'withdraw', version: 'old', restore: true }, withdrawn)).toEqual(
      standing,
    )
  })
})

describe('swap', () => {
  it('exchanges the versions of two environments and leaves the rest with the names', () => {
    const after = applied({ kind: 'swap', environments: ['main', 'canary'] })
    expect(after.environments.main).toEqual({ ...CURRENT.environments.main, version: '0.0.5' })
    expect(after.environments.canary).toEqual({ ...CURRENT.environments.canary, version: '0.0.3' })
    expect(after.traffic).toEqual(CURRENT.traffic)
  })

  it('undoes itself, but for who has had what', () => {
    const there = applied({ kind: 'swap', environments: ['main', 'canary'] })
    const back = applied({ kind: 'swap', environments: ['main', 'canary'] }, there)
    const open = { main: 'bucket', canary: 'bucket' }
    expect(back).toEqual({
      ...CURRENT,
      versions: {
        ...CURRENT.versions,
        '0.0.3': { ...CURRENT.versions['0.0.3'], open },
        '0.0.5': { ...CURRENT.versions['0.0.5'], open },
      },
    })
  })

  it('opens what a public environment takes over, and does not close what it gives', () => {
    const after = applied({ kind: 'swap', environments: ['main', 'dev'] })
    expect(after.versions['0.0.6-dev']?.open).toEqual({ main: 'bucket' })
    expect(after.versions['0.0.3']?.open).toEqual({ main: 'bucket' })
  })

  it.each([
    [['main', 'main'], 'environments', /exchanged with itself/],
    [['man', 'canary'], 'environments[0]', /no environment "man"/],
    [['main', 'cannary'], 'environments[1]', /no environment "cannary"/],
  ] as const)('refuses %j', ([one, other], path, message) => {
    const result = apply({ kind: 'swap', environments: [one, other] }, CURRENT)
    expect(result).toMatchObject({ ok: false, error: [{ path }] })
    if (!result.ok) expect(result.error[0]?.message).toMatch(message)
  })
})

describe('pins per tab', () => {
  const on = (environment?: string, on: boolean | null = true): Command => ({
    kind: 'set-tab-pins',
    on,
    ...(environment === undefined ? {} : { environment }),
  })

  it('are set for all environments or for one, and taken away again', () => {
    const all = applied(on())
    expect(all).toEqual(contentWith({ tabPins: true }))
    const one = applied(on('canary', false), all)
    expect(one.environments.canary).toEqual({ version: '0.0.5', tabPins: false })
    expect(applied(on('canary', null), one)).toEqual(all)
    expect(applied(on(undefined, null), all)).toEqual(CURRENT)
    expect(applied(on('canary', null))).toBe(CURRENT)
  })

  it('are not set for an environment that there is none of', () => {
    expect(apply(on('nowhere'), CURRENT)).toMatchObject({
      ok: false,
      error: [{ path: 'environment' }],
    })
  })
})

describe('rollback', () => {
  const earlier = contentWith({
    salt: 'earlier',
    environments: { main: { version: '0.0.3' } },
    traffic: { main: 100 },
    rules: [],
    spent: [[0, 10]],
    visitor: { header: 'x-user' },
    polled: ['/build.json'],
    tabPins: true,
    browserReports: { script: true, sample: 0.2, reportingApi: true },
    embeddedCookies: false,
    previews: {
      hosts: ['*.preview.example.com'],
      keys: [{ id: 'a'.repeat(8), key: 'A'.repeat(43) }],
    },
    expose: { response: [] },
    measure: { goals: { order: 'POST /api/orders' } },
    flags: { dark: { state: 'ENABLED', variants: { on: true }, defaultVariant: 'on' } },
    flagSettings: { origins: ['https://app.example.com'] },
    versions: { '0.0.3': { manifest: '3'.repeat(64) } },
  })
  const keys = [{ id: 'b'.repeat(8), key: 'B'.repeat(43) }]
  const current = contentWith({
    spent: [[9000, 10000]],
    previews: { keys, revoked: ['r'.repeat(12)] },
    versions: {
      ...versions(),
      '0.0.5': { ...versions()['0.0.5'], manifest: '5'.repeat(64), open: true },
    },
  })

  it('brings back who got what, and keeps what is known of versions, spent buckets and links of previews now', () => {
    const after = applied({ kind: 'rollback', to: 3 }, current, earlier)
    const { versions: known, spent, schema, previews, ...restored } = after
    const { versions: _, spent: __, schema: ___, previews: ____, ...then } = earlier
    expect(restored).toEqual(then)
    // The canary's visitors are main's from now on, and so are their tabs.
    const canary = { ...current.versions['0.0.5'], open: { main: 'bucket' } }
    expect(known).toEqual({ ...current.versions, '0.0.5': canary })
    expect(spent).toEqual([[9000, 10000]])
    const hosts = ['*.preview.example.com']
    expect(previews).toEqual({ hosts, keys, revoked: ['r'.repeat(12)] })
  })

  it('lets no key of flags in that was taken away since', () => {
    const keyed = (name: string) => ({ keys: [{ name, sha256: 'a'.repeat(64) }] })
    const roll = { kind: 'rollback', to: 3 } as const
    const before = { ...earlier, flagSettings: { perMinute: 5, ...keyed('old') } }
    const after = applied(roll, current, before)
    expect(after.flagSettings).toEqual({ perMinute: 5 })
    const now = { ...current, flagSettings: keyed('new') }
    expect(applied(roll, now, before).flagSettings).toEqual({ perMinute: 5, ...keyed('new') })
  })

  it('is tested with every field of the document that is not of the control', () => {
    const ofControl = ['revision', 'reserve', 'audit']
    const fields = Object.keys(PARTS).filter((name) => !ofControl.includes(name))
    expect(Object.keys(earlier).sort()).toEqual(fields.sort())
  })

  it('refuses an id that stood for other content then', () => {
    const versions = { '0.0.3': { manifest: '0'.repeat(64) } }
    const result = apply({ kind: 'rollback', to: 3 }, current, { ...earlier, versions })
    const message = expect.stringMatching(/version "0.0.3", which had other content then$/)
    expect(result).toEqual({ ok: false, error: [{ path: 'to', message }] })
  })

  it('neither begins nor ends a shadow, unless it loses its target', () => {
    const shadow = { to: 'canary', percent: 10 }
    const shadowed = contentWith({
      environments: { ...CURRENT.environments, main: { version: '0.0.3', shadow } },
    })
    const back = (from: Content, to: Content) =>
      applied({ kind: 'rollback', to: 3 }, from, to).environments.main
    expect(back(shadowed, CURRENT)).toMatchObject({ shadow })
    expect(back(CURRENT, shadowed)).not.toHaveProperty('shadow')
    expect(back(shadowed, earlier)).not.toHaveProperty('shadow')
  })

  it('of what was removed is not needed for the target of a shadow, which cannot be removed', () => {
    const shadow = { to: 'dev', percent: 10 }
    const environments = {
      ...CURRENT.environments,
      dev: { version: '0.0.3' },
      main: { version: '0.0.3', shadow },
    }
    const result = apply({ kind: 'remove-environment', name: 'dev' }, contentWith({ environments }))
    const message = expect.stringContaining('requests of "main" are copied to it')
    expect(result).toMatchObject({ ok: false, error: [{ path: 'name', message }] })
  })

  it('is no change where everything is as it was', () => {
    expect(applied({ kind: 'rollback', to: 3 }, current, current)).toBe(current)
  })

  it('goes back also when a fallback leads to an environment of later', () => {
    const fallingBack = contentWith({
      versions: {
        ...versions(),
        '0.0.3': {
          manifest: '3'.repeat(64),
          services: [service({ fallback: 'canary' })],
        },
        '0.0.5': { manifest: '5'.repeat(64), services: [service({ fallback: 'main' })] },
      },
    })
    const after = applied({ kind: 'rollback', to: 3 }, fallingBack, earlier)
    expect(after.versions['0.0.3']?.services).toEqual([service()])
    expect(after.versions['0.0.5']?.services).toEqual([service({ fallback: 'main' })])
  })
})

const inUse = contentWith({
  versions: {
    ...versions(),
    '0.0.3': { manifest: '3'.repeat(64), services: [service({ fallback: 'canary' })] },
  },
})
const withGone = contentWith({
  versions: {
    ...versions(),
    gone: { manifest: 'a'.repeat(64) },
    bad: { manifest: 'b'.repeat(64) },
  },
  environments: { main: { version: 'gone' }, blue: { version: 'bad' } },
  traffic: { main: 100 },
  rules: [],
})
const withBadWithdrawn = contentWith({
  versions: { ...versions(), bad: { manifest: 'b'.repeat(64), withdrawn: true } },
})

describe('a refusal names what is in the way', () => {
  const cases: [Command, path: string, message: RegExp, Content?, Content?][] = [
    [{ kind: 'replace', document: [] }, 'document', /a JSON object/],
    [{ kind: 'replace', document: null }, 'document', /a JSON object/],
    [
      { kind: 'replace', document: { ...exampleDocument(), salt: 'new' } },
      'salt',
      /"shop".*allowNewSalt/,
    ],
    [{ kind: 'replace', document: { ...exampleDocument(), salt: 7 } }, 'salt', /expected string/],
    [{ kind: 'replace', document: { ...exampleDocument(), schema: 2 } }, 'schema', /"schema": 1/],
    [
      { kind: 'replace', document: { ...exampleDocument(), traffic: { main: 90 } } },
      'traffic',
      /sum to 90/,
    ],
    [
      { kind: 'replace', document: { ...exampleDocument(), traffik: {} } },
      'traffik',
      /no such field/,
    ],
    [{ kind: 'set-environment', name: 'new' }, 'version', /"new" is new/],
    [
      { kind: 'set-environment', name: 'main', version: '9' },
      'version',
      /no version "9"; the document has "0.0.3", "0.0.5", "0.0.6-dev"/,
    ],
    [
      { kind: 'set-environment', name: 'main', version: 'bad' },
      'version',
      /"bad" is withdrawn/,
      withBadWithdrawn,
    ],
    [
      { kind: 'set-environment', name: 'canary', restricted: true },
      'restricted',
      /"canary" has traffic/,
    ],
    [
      { kind: 'set-environment', name: 'dev', hosts: ['qa.example.com'] },
      'environments.dev.hosts[0]',
      /"qa" has this host/,
    ],
    [
      { kind: 'set-environment', name: 'main', hosts: ['Ä'] },
      'environments.main.hosts[0]',
      /lower-case/,
    ],
    [{ kind: 'remove-environment', name: 'x' }, 'name', /no environment "x".*"main"/],
    [
      { kind: 'remove-environment', name: 'canary' },
      'name',
      /5 % of the traffic; rules "staff first" lead to it; service "\/api\/" of version "0.0.3" falls back/,
      inUse,
    ],
    [{ kind: 'shift', weights: {} }, 'weights', /at least one/],
    [{ kind: 'shift', weights: { x: 5 } }, 'weights.x', /no environment "x"/],
    [{ kind: 'shift', weights: { qa: 5 } }, 'weights.qa', /"qa" is restricted/],
    [{ kind: 'shift', weights: { canary: 5 }, base: 'x' }, 'base', /no environment "x"/],
    [{ kind: 'shift', weights: { canary: 5 }, base: 'qa' }, 'base', /"qa" is restricted/],
    [{ kind: 'shift', weights: { canary: 101 } }, 'weights', /canary: a weight is 0 to 100/],
    [{ kind: 'shift', weights: { canary: -1 } }, 'weights', /canary: a weight is 0 to 100/],
    [{ kind: 'shift', weights: { canary: 0.001 } }, 'weights', /two decimals/],
    [{ kind: 'shift', weights: { main: 50, canary: 60 } }, 'weights', /sum to 110/],
    [
      { kind: 'set-rules', rules: [{ name: 'r', environment: 'x', when: true }] },
      'rules[0].environment',
      /no such environment/,
    ],
    [{ kind: 'set-rules', rules: ['r'] }, 'rules[0]', /expected object/],
    [{ kind: 'set-services', version: 'x', services: [] }, 'version', /no version "x"/],
    [{ kind: 'set-services', version: '0.0.5', services: [7] }, 'services[0]', /a JSON object/],
    [
      { kind: 'set-services', version: '0.0.5', services: [service({ prefix: '/x/' })] },
      'services[0].prefix',
      /has no such service; it has "\/api\/"/,
    ],
    [
      { kind: 'set-services', version: '0.0.6-dev', services: [service()] },
      'services[0].prefix',
      /it has none/,
    ],
    [
      { kind: 'set-services', version: '0.0.5', services: [service(), service()] },
      'services[1].prefix',
      /named twice/,
    ],
    [
      { kind: 'set-services', version: '0.0.5', services: [service({ stripPrefix: true })] },
      'services[0].stripPrefix',
      /part of the version/,
    ],
    [
      { kind: 'set-services', version: '0.0.5', services: [service({ origins: ['http://a'] })] },
      'versions["0.0.5"].services[0].origins[0]',
      /https/,
    ],
    [
      { kind: 'set-services', version: '0.0.5', services: [service({ fallback: 'qa' })] },
      'versions["0.0.5"].services[0].fallback',
      /restricted/,
    ],
    [{ kind: 'withdraw', version: 'x' }, 'version', /no version "x"/],
    [{ kind: 'withdraw', version: '0.0.5' }, 'version', /"canary", "qa" point at version "0.0.5"/],
    [{ kind: 'withdraw', version: '0.0.3' }, 'version', /"main" points at version "0.0.3"/],
    [{ kind: 'rollback', to: 9 }, 'to', /no revision 9/],
    [
      { kind: 'rollback', to: 9 },
      'to',
      /"main" points at version "gone", which is gone/,
      withBadWithdrawn,
      withGone,
    ],
  ]
  const named = cases.map(([command, path, message, current, earlier], i) => {
    return { number: i + 1, command, path, message, current, earlier }
  })
  it.each(named)('$number: $command.kind, $path: $message', (one) => {
    const { command, path, message, current, earlier } = one
    const result = apply(command, current ?? CURRENT, earlier)
    expect(result.ok).toBe(false)
    if (result.ok) return
    expect(result.error[0]?.path).toBe(path)
    expect(result.error[0]?.message).toMatch(message)
  })

  it('all versions that a rollback lacks', () => {
    const result = apply({ kind: 'rollback', to: 9 }, withBadWithdrawn, withGone)
    expect(result).toEqual({
      ok: false,
      error: [
        {
          path: 'to',
          message: 'in revision 9 "main" points at version "gone", which is gone',
        },
        {
          path: 'to',
          message: 'in revision 9 "blue" points at version "bad", which is withdrawn',
        },
      ],
    })
  })

  it('the last public environment, by the validator', () => {
    const only = contentWith({
      environments: { main: { version: '0.0.3' } },
      traffic: { main: 100 },
      rules: [],
    })
    const result = apply({ kind: 'set-environment', name: 'main', restricted: true }, only)
    expect(result).toMatchObject({
      ok: false,
      error: [{ message: expect.stringContaining('has traffic') }],
    })
  })

  it('everything but a whole document where there is none', () => {
    const kinds: Command[] = [
      { kind: 'set-environment', name: 'main', version: '1' },
      { kind: 'remove-environment', name: 'main' },
      { kind: 'shift', weights: { main: 100 } },
      { kind: 'set-rules', rules: [] },
      { kind: 'set-services', version: '1', services: [] },
      { kind: 'rollback', to: 1 },
      { kind: 'withdraw', version: '1' },
    ]
    for (const command of kinds) {
      expect(apply(command, undefined)).toMatchObject({
        ok: false,
        error: [{ message: expect.stringContaining('begin with a whole one') }],
      })
    }
  })
})
