// What a token that is limited to previews may change: every route of the API that changes something, once
// with names of production and once with names of a preview.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import type { Answer } from '../support/http-client.ts'
import { readRoutes, SOAK } from './api-routes.ts'

const LIMITS = { environments: ['pr-*'], versions: ['pr-*'], hosts: ['*.preview.example'] }

let edge: AdminEdge
let manifest: string
let preview: string
let administrator: string

const codeOf = ({ body }: Answer) => JSON.parse(body).code
const idOf = (token: string) => token.split('_')[1] ?? ''

async function call(method: string, path: string, json?: unknown, token = FIRST_TOKEN) {
  const { body } = await edge.call('GET', '/.holo/api/health', { token: FIRST_TOKEN })
  const { revision } = JSON.parse(body).control
  return edge.call(method, `/.holo/api${path}`, {
    token,
    headers: { 'if-match': `"${revision}"` },
    ...(json === undefined ? {} : { json }),
  })
}

async function must(method: string, path: string, json?: unknown) {
  const answer = await call(method, path, json)
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.body}`)
  return JSON.parse(answer.body)
}

async function makeToken(json: object, by = FIRST_TOKEN): Promise<string> {
  const made = await call('POST', '/tokens', { name: 'made', ...json }, by)
  if (made.status !== 201) throw new Error(made.body)
  return JSON.parse(made.body).token
}

async function publish(id: string) {
  const upload = { manifest, createdAt: '2026-11-23T12:00:00Z' }
  await must('PUT', `/uploads/${id}`, { ...upload, services: [SERVICE] })
  for (;;) {
    const { state } = await must('POST', `/uploads/${id}/finalise`, { manifest })
    if (state === 'finalised') return
  }
}

const SERVICE = { prefix: '/api/', origins: ['http://127.0.0.1:9'] }

async function makePreviews() {
  await must('PUT', '/environments/pr-1', { version: 'pr-1', restricted: false })
  await must('PUT', '/environments/pr-2', { version: 'pr-2', hosts: ['two.preview.example'] })
}

beforeAll(async () => {
  edge = await startAdminEdge()
  manifest = (await must('GET', '/versions/v1')).manifest
  for (const id of ['pr-1', 'pr-2', 'pr-3', '1.0.0']) await publish(id)
  await makePreviews()
  await must('PUT', '/traffic', { weights: { canary: 1 } })
  preview = await makeToken({ scopes: ['publish', 'shift'], ...LIMITS })
  administrator = await makeToken({ scopes: ['admin'], ...LIMITS, expiresInDays: 7 })
})
afterAll(() => edge.stop())

type Row = readonly [method: string, path: string, json?: unknown]
type Table = Readonly<
  Record<string, { readonly others: readonly Row[]; readonly own: readonly Row[] }>
>

/** By route: what the token may not do, and what it may. All are tried by a token of all scopes, too. */
const TABLE: Table = {
  'PUT /environments/{name}': {
    others: [
      ['PUT', '/environments/main', { version: 'pr-1' }],
      ['PUT', '/environments/main', { restricted: false, hosts: ['main.preview.example'] }],
      ['PUT', '/environments/secret', { restricted: false }],
      ['PUT', '/environments/xpr-1', { version: 'pr-1' }],
      ['PUT', '/environments/pr', { version: 'pr-1' }],
      ['PUT', '/environments/pr-1', { version: 'v1' }],
      ['PUT', '/environments/pr-9', { version: '1.0.0' }],
      // A preview that takes the host of production has its visitors.
      ['PUT', '/environments/pr-1', { hosts: ['shop.example'] }],
      ['PUT', '/environments/pr-2', { hosts: ['two.preview.example', 'shop.example'] }],
      ['PUT', '/environments/pr-1', { hosts: ['preview.example'] }],
    ],
    own: [
      ['PUT', '/environments/pr-9', { version: 'pr-2', hosts: ['nine.preview.example'] }],
      ['PUT', '/environments/pr-1', { version: 'pr-3', restricted: true }],
    ],
  },
  'DELETE /environments/{name}': {
    others: [['DELETE', '/environments/secret']],
    own: [['DELETE', '/environments/pr-2']],
  },
  'PUT /traffic': {
    others: [
      ['PUT', '/traffic', { weights: { canary: 5 } }],
      ['PUT', '/traffic', { weights: { 'pr-1': 5 } }],
      ['PUT', '/traffic', { weights: { 'pr-1': 5 }, base: 'main' }],
    ],
    own: [],
  },
  'POST /swap': {
    others: [
      ['POST', '/swap', { environments: ['main', 'canary'] }],
      ['POST', '/swap', { environments: ['main', 'pr-1'] }],
      ['POST', '/swap', { environments: ['pr-1', 'canary'] }],
    ],
    own: [['POST', '/swap', { environments: ['pr-1', 'pr-2'] }]],
  },
  'PUT /versions/{version}/services': {
    others: [
      ['PUT', '/versions/v1/services', { services: [{ ...SERVICE, timeoutMs: 60 }] }],
      ['PUT', '/versions/1.0.0/services', { services: [{ ...SERVICE, timeoutMs: 60 }] }],
    ],
    own: [['PUT', '/versions/pr-1/services', { services: [{ ...SERVICE, timeoutMs: 60 }] }]],
  },
  'POST /withdraw': {
    others: [['POST', '/withdraw', { version: '1.0.0' }]],
    own: [['POST', '/withdraw', { version: 'pr-3' }]],
  },
  'PUT /tab-pins': {
    others: [
      ['PUT', '/tab-pins', { on: true }],
      ['PUT', '/tab-pins', { on: true, environment: 'canary' }],
    ],
    own: [['PUT', '/tab-pins', { on: true, environment: 'pr-1' }]],
  },
  'PUT /rules': {
    others: [['PUT', '/rules', { rules: [{ name: 'all', environment: 'pr-1', when: true }] }]],
    own: [],
  },
  'PUT /flags': {
    others: [['PUT', '/flags', { flags: { dark: { state: 'ENABLED', variants: { on: true } } } }]],
    own: [],
  },
  'PUT /assignments': {
    others: [['PUT', '/assignments', { schema: 1 }]],
    own: [],
  },
  'POST /rollback': {
    others: [['POST', '/rollback', { to: 1 }]],
    own: [],
  },
  'POST /rollouts': {
    others: [
      ['POST', '/rollouts', { version: 'pr-1', environment: 'canary', base: 'main' }],
      ['POST', '/rollouts', { version: 'pr-1', environment: 'pr-1', base: 'main' }],
      ['POST', '/rollouts', { version: 'pr-1', environment: 'pr-7' }],
      ['POST', '/rollouts', { version: '1.0.0', environment: 'pr-1', base: 'pr-2' }],
    ],
    own: [],
  },
  ...Object.fromEntries(
    ['pause', 'resume', 'advance', 'promote', 'abort'].map((command) => [
      `POST /rollouts/{id}/${command}`,
      { others: [['POST', `/rollouts/1/${command}`] as const], own: [] },
    ]),
  ),
  'PUT /uploads/{version}': {
    others: [
      ['PUT', '/uploads/1.0.1', { manifest: 'MANIFEST', createdAt: '2026-11-23T12:00:00Z' }],
      [
        'PUT',
        '/uploads/1.0.0',
        { manifest: 'MANIFEST', createdAt: '2026-11-23T12:00:00Z', services: [SERVICE] },
      ],
    ],
    own: [['PUT', '/uploads/pr-4', { manifest: 'MANIFEST', createdAt: '2026-11-23T12:00:00Z' }]],
  },
  'DELETE /uploads/{version}': {
    others: [['DELETE', '/uploads/1.0.2']],
    own: [
      ['PUT', '/uploads/pr-5', { manifest: 'MANIFEST', createdAt: '2026-11-23T12:00:00Z' }],
      ['DELETE', '/uploads/pr-5'],
    ],
  },
  'POST /uploads/{version}/finalise': {
    others: [['POST', '/uploads/1.0.0/finalise', { manifest: 'MANIFEST' }]],
    own: [['POST', '/uploads/pr-4/finalise', { manifest: 'MANIFEST' }]],
  },
  'POST /gc': { others: [['POST', '/gc', {}]], own: [] },
  'POST /tokens': {
    others: [
      ['POST', '/tokens', { name: 'x', scopes: ['read'], environments: ['*'] }],
      ['POST', '/tokens', { name: 'x', scopes: ['read'], environments: ['p*'] }],
      ['POST', '/tokens', { name: 'x', scopes: ['read'], environments: ['pr-*', 'main'] }],
      ['POST', '/tokens', { name: 'x', scopes: ['read'], versions: ['pr*'] }],
      ['POST', '/tokens', { name: 'x', scopes: ['read'], hosts: ['*'] }],
      ['POST', '/tokens', { name: 'x', scopes: ['read'], hosts: ['*preview.example'] }],
      ['POST', '/tokens', { name: 'x', scopes: ['read'], expiresInDays: 8 }],
    ],
    own: [
      ['POST', '/tokens', { name: 'x', scopes: ['shift'], environments: ['pr-1*'] }],
      ['POST', '/tokens', { name: 'x', scopes: ['admin'], expiresInDays: 6 }],
    ],
  },
  'PUT /freeze': { others: [['PUT', '/freeze', { reason: 'x' }]], own: [] },
  'PUT /windows': { others: [['PUT', '/windows', { zone: 'UTC', windows: [] }]], own: [] },
  'PUT /shadow/soaks': { others: [['PUT', '/shadow/soaks', SOAK]], own: [] },
  'DELETE /freeze': { others: [['DELETE', '/freeze']], own: [] },
  'POST /previews': {
    others: [
      ['POST', '/previews', { versions: ['1.0.0'] }],
      ['POST', '/previews', { versions: ['pr-1', '1.0.0'] }],
      ['POST', '/previews', { environments: ['main'] }],
    ],
    own: [['POST', '/previews', { versions: ['pr-1'] }]],
  },
  // Its id is one of a link: test/api/previews.test.ts.
  'DELETE /previews/{id}': { others: [], own: [] },
  'POST /preview-keys': { others: [['POST', '/preview-keys', {}]], own: [] },
  'POST /webhooks': {
    others: [['POST', '/webhooks', { name: 'x', url: 'https://hooks.example/', form: 'slack' }]],
    own: [],
  },
  'DELETE /webhooks/{name}': { others: [['DELETE', '/webhooks/x']], own: [] },
  'POST /webhooks/{name}/resume': { others: [['POST', '/webhooks/x/resume', {}]], own: [] },
  'POST /webhooks/{name}/test': { others: [['POST', '/webhooks/x/test']], own: [] },
  'POST /webhooks/{name}/redeliver': {
    others: [['POST', '/webhooks/x/redeliver', { delivery: 1 }]],
    own: [],
  },
  'DELETE /tokens/{id}': { others: [['DELETE', '/tokens/UNLIMITED']], own: [] },
}

/** Content-addressed: what is stored there is in no version before an upload names it. */
const OF_NO_VERSION = [
  'PUT /manifests/{sha256}',
  'POST /blobs',
  'PUT /blobs/{sha256}',
  'PUT /blobs/{sha256}/parts/{part}',
  'POST /blobs/{sha256}/complete',
]
/** They change nothing. */
const READING = [
  'POST /explain',
  'POST /flags/evaluate',
  'POST /audit/verify',
  'POST /files/verify',
]
/** A session may do what its token may: `test/api/sessions.test.ts`. */
const OF_THE_CALLER = ['POST /session', 'DELETE /session', 'DELETE /sessions', 'POST /session/code']

describe('the table', () => {
  it('has every route of the API that is no GET', async () => {
    const { body } = await edge.call('GET', '/.holo/api/openapi.json')
    const { paths } = JSON.parse(body) as { paths: Record<string, object> }
    const changing = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((method) => method !== 'get')
        .map((method) => `${method.toUpperCase()} ${path.replace('/.holo/api', '')}`),
    )
    expect([...Object.keys(TABLE), ...OF_NO_VERSION, ...READING, ...OF_THE_CALLER].sort()).toEqual(
      changing.sort(),
    )
  })
})

const fill = ([method, path, json]: Row, unlimited: string) =>
  [
    method,
    path.replace('UNLIMITED', unlimited),
    JSON.parse((JSON.stringify(json) ?? 'null').replace('MANIFEST', manifest)) ?? undefined,
  ] as const

describe.each(Object.entries(TABLE))('%s by a token that is limited to previews', (route, rows) => {
  beforeAll(makePreviews)

  const isForAdmins = /tokens|gc|assignments|preview-keys|webhooks|soaks/.test(route)

  it('changes nothing else, and says which limit is in the way', async () => {
    const token = isForAdmins ? administrator : preview
    const unlimited = await makeToken({ scopes: ['read'] })
    if (route.includes('rollouts/')) await startRollout()
    const before = await must('GET', '/audit?limit=1')
    const tokens = (await must('GET', '/tokens')).tokens.length
    for (const row of rows.others) {
      const [method, path, json] = fill(row, idOf(unlimited))
      for (const query of ['', '?dryRun=true']) {
        const takesDryRun =
          /environments|traffic|swap|services|withdraw|rules|flags|tab-pins|rollback|assignments$/
        if (query && !takesDryRun.test(path)) continue
        const answer = await call(method, path + query, json, token)
        expect([row, answer.status, codeOf(answer)], answer.body).toEqual([row, 403, 'forbidden'])
        expect(JSON.parse(answer.body).detail).toMatch(/^(?:a|the) token /)
      }
    }
    expect(await must('GET', '/audit?limit=1')).toEqual(before)
    expect((await must('GET', '/tokens')).tokens).toHaveLength(tokens)
  })

  it('changes what is its own', async () => {
    for (const row of rows.own) {
      const [method, path, json] = fill(row, '')
      const token = isForAdmins ? administrator : preview
      const answer = await call(method, path, json, token)
      expect([row, answer.status < 300], answer.body).toEqual([row, true])
    }
  })
})

let started = false
async function startRollout() {
  if (started) return
  started = true
  await must('POST', '/rollouts', { version: '1.0.0', environment: 'canary', base: 'main' })
}

describe('a limited token', () => {
  it('reads everything', async () => {
    for (const { method, path, scope } of await readRoutes(edge)) {
      if (method !== 'GET' || scope !== 'read') continue
      const answer = await edge.call(method, path, { token: preview })
      expect([path, answer.status === 403]).toEqual([path, false])
    }
  })

  it('that names environments and no hosts gives no host at all', async () => {
    const token = await makeToken({ scopes: ['shift'], environments: ['pr-*'] })
    const taken = { version: 'pr-1', hosts: ['x.preview.example'] }
    expect((await call('PUT', '/environments/pr-8', taken, token)).status).toBe(403)
    expect((await call('PUT', '/environments/pr-8', { version: 'pr-1' }, token)).status).toBe(200)
  })

  it('shows nobody a version that is not its own, whoever pointed an environment of its own at it', async () => {
    await must('PUT', '/environments/pr-30', { version: '1.0.0', restricted: true })
    for (const change of [
      { restricted: false },
      { hosts: ['thirty.preview.example'] },
      { restricted: false, hosts: ['thirty.preview.example'] },
    ]) {
      const answer = await call('PUT', '/environments/pr-30', change, preview)
      expect([change, answer.status]).toEqual([change, 403])
      expect(JSON.parse(answer.body).detail).toContain('"1.0.0" is none of them')
    }
    expect((await call('DELETE', '/environments/pr-30', undefined, preview)).status).toBe(200)
  })

  it('that names versions alone gives visitors no other, and takes no other from them', async () => {
    const token = await makeToken({ scopes: ['publish', 'shift'], versions: ['pr-*'] })
    await must('PUT', '/environments/other', { version: '1.0.0' })
    for (const [method, path, json] of [
      ['PUT', '/traffic', { weights: { other: 5 }, base: 'main' }],
      ['PUT', '/traffic', { weights: { canary: 0 }, base: 'main' }],
      ['PUT', '/environments/other', { restricted: true }],
      ['PUT', '/environments/other', { hosts: ['other.example'] }],
      ['DELETE', '/environments/other'],
    ] as const) {
      const answer = await call(method, path, json, token)
      expect([method, path, json, answer.status]).toEqual([method, path, json, 403])
    }
    const own = { version: 'pr-1' }
    expect((await call('PUT', '/environments/other', own, token)).status).toBe(200)
    const weights = { weights: { other: 5 }, base: 'main' }
    expect((await call('PUT', '/traffic', weights, token)).status).toBe(200)
    await must('PUT', '/traffic', { weights: { other: 0 }, base: 'main' })
    expect((await call('DELETE', '/environments/other', undefined, token)).status).toBe(200)
  })

  it('that names hosts alone is limited all the same', async () => {
    const token = await makeToken({ scopes: ['admin'], hosts: ['*.preview.example'] })
    const point = (hosts: string[]) =>
      call('PUT', '/environments/pr-31', { version: 'pr-1', hosts }, token)
    expect((await point(['shop.example'])).status).toBe(403)
    expect((await point(['x.preview.example'])).status).toBe(200)
    expect((await call('PUT', '/assignments', { schema: 1 }, token)).status).toBe(403)
    expect((await call('POST', '/gc', {}, token)).status).toBe(403)
    const asked = { name: 'x', scopes: ['admin'], hosts: ['*'] }
    expect((await call('POST', '/tokens', asked, token)).status).toBe(403)
    expect((await call('DELETE', '/environments/pr-31', undefined, token)).status).toBe(200)
  })

  it('may not become the first public environment, which crawlers and other traffic get', async () => {
    const { text } = await must('GET', '/revisions/1')
    const document = JSON.parse(text)
    const current = await must('GET', '/assignments')
    const environments = {
      'pr-0': { version: 'pr-1', restricted: true },
      ...document.environments,
    }
    const put = { ...current, environments }
    await must('PUT', '/assignments', put)
    const answer = await call('PUT', '/environments/pr-0', { restricted: false }, preview)
    expect([answer.status, JSON.parse(answer.body).detail]).toEqual([
      403,
      'the token is limited, and this changes which environment is the first',
    ])
  })

  it('closes no version for visitors of the site, by an environment of its own that shows it', async () => {
    await publish('from-before')
    const current = await must('GET', '/assignments')
    const unknown = { ...current.versions['from-before'], open: true }
    // As an older Holo left it: visitors had the version, and it does not say where.
    await must('PUT', '/assignments', {
      ...current,
      versions: { ...current.versions, 'from-before': unknown },
    })
    const token = await makeToken({ scopes: ['shift'], environments: ['pr-*'], hosts: ['*'] })
    const openOf = async () => (await must('GET', '/assignments')).versions['from-before'].open
    const shown = { version: 'from-before' }
    expect((await call('PUT', '/environments/pr-20', shown, token)).status).toBe(200)
    for (const [method, change] of [
      ['PUT', { restricted: true }],
      ['DELETE', undefined],
    ] as const) {
      const answer = await call(method, '/environments/pr-20', change, token)
      expect([answer.status, JSON.parse(answer.body).detail]).toEqual([
        403,
        'the token is limited, and this changes who can see version "from-before" in "main"',
      ])
    }
    expect(await openOf()).toBe(true)
    // Under a host name of its own it is known that the site had it before.
    const named = { ...shown, hosts: ['twenty.preview.example'] }
    expect((await call('PUT', '/environments/pr-21', named, token)).status).toBe(200)
    expect(await openOf()).toMatchObject({ main: 'bucket', 'pr-21': 'host' })
    expect((await call('DELETE', '/environments/pr-21', undefined, token)).status).toBe(200)
    expect(await openOf()).toMatchObject({ main: 'bucket' })
    // A version that is there is not made anew: not even by who may publish all of them.
    const publisher = await makeToken({ scopes: ['publish'] })
    const upload = { manifest, createdAt: '2026-11-23T12:00:00Z', services: [SERVICE] }
    const other = { ...upload, services: [{ ...SERVICE, origins: ['http://127.0.0.1:10'] }] }
    const before = await must('GET', '/assignments')
    expect((await call('PUT', '/uploads/from-before', other, publisher)).status).toBe(409)
    expect((await call('PUT', '/uploads/1.0.0', other, publisher)).status).toBe(409)
    expect(await must('GET', '/assignments')).toEqual(before)
  })

  it('may not give its preview visitors that make it the first environment that has any', async () => {
    const current = await must('GET', '/assignments')
    const previews = { 'pr-0': { version: 'pr-1' }, 'pr-1': { version: 'pr-1' } }
    const environments = { ...previews, ...current.environments, ...previews }
    await must('PUT', '/assignments', {
      ...current,
      environments,
      traffic: { main: 90, 'pr-1': 10 },
    })
    const body = { weights: { 'pr-0': 5 }, base: 'pr-1' }
    const answer = await call('PUT', '/traffic', body, preview)
    await must('PUT', '/assignments', current)
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
      403,
      { detail: 'the token is limited, and this changes which environment is the first' },
    ])
  })

  it('may not bring back another order of environments by going back, where nothing else differs', async () => {
    const earlier = await must('GET', '/assignments')
    await makePreviews()
    const current = await must('GET', '/assignments')
    const { 'pr-1': first, ...others } = current.environments
    const reordered = { ...current, environments: { ...others, 'pr-1': first } }
    expect(Object.keys(reordered.environments)).not.toEqual(Object.keys(current.environments))
    const before = await must('GET', '/health')
    await must('PUT', '/assignments', reordered)
    const answer = await call('POST', '/rollback', { to: before.control.revision }, preview)
    expect([answer.status, JSON.parse(answer.body).detail]).toEqual([
      403,
      'the token is limited, and this changes which environment is the first',
    ])
    await must('PUT', '/assignments', earlier)
  })

  it('that names environments alone changes no version that another environment shows', async () => {
    const token = await makeToken({ scopes: ['publish', 'shift'], environments: ['pr-*'] })
    await publish('3.0.0')
    await publish('3.0.1')
    await must('PUT', '/environments/pr-40', { version: '3.0.0' })
    await must('PUT', '/environments/later', { version: '3.0.1' })
    await must('PUT', '/traffic', { weights: { later: 5 }, base: 'main' })
    await must('PUT', '/traffic', { weights: { later: 0 }, base: 'main' })
    await must('PUT', '/environments/later', { version: 'v1' })
    const services = { services: [{ ...SERVICE, timeoutMs: 71 }] }
    for (const [method, path, json, shows] of [
      ['PUT', '/versions/v1/services', services, 'main'],
      // Tabs of visitors still have it.
      ['PUT', '/versions/3.0.1/services', services, 'later'],
      ['POST', '/withdraw', { version: '3.0.1' }, 'later'],
    ] as const) {
      const answer = await call(method, path, json, token)
      expect([path, answer.status, JSON.parse(answer.body).detail]).toEqual([
        path,
        403,
        expect.stringContaining(`, which "${shows}" shows`),
      ])
    }
    expect((await call('PUT', '/versions/3.0.0/services', services, token)).status).toBe(200)
    await must('DELETE', '/environments/pr-40')
    await must('DELETE', '/environments/later')
  })

  it('whose limits were damaged changes nothing', async () => {
    const token = await makeToken({ scopes: ['shift'], environments: ['*'], hosts: ['*'] })
    for (const limits of ['', '{', 'null', '[]', '{}', '{"environments":"*"}', '{"other":["*"]}']) {
      await edge.control.query('UPDATE tokens SET limits = ? WHERE id = ?', limits, idOf(token))
      const answer = await call('PUT', '/environments/pr-1', { version: 'pr-1' }, token)
      expect([limits, answer.status]).toEqual([limits, 403])
    }
  })

  it('is in the list and in the audit log with its limits', async () => {
    const id = idOf(preview)
    const { tokens } = await must('GET', '/tokens')
    expect(tokens.find((token: { id: string }) => token.id === id)).toMatchObject(LIMITS)
    const { rows } = await must('GET', '/audit?limit=100')
    const row = rows.find(({ detail }: { detail: { id?: string } }) => detail?.id === id)
    expect(row).toMatchObject({ action: 'token-create', detail: LIMITS })
  })
})

describe('a limited token and rollouts', () => {
  const FIRST = 'the token is limited, and this changes which environment is the first'
  const MANUAL = { steps: [{ weight: 0, gate: 'manual' }], bake: { minutes: 10, heldBack: 0 } }
  const tell = ({ status, body }: Answer) => [status, status < 300 ? '' : JSON.parse(body).detail]

  /** `environments` of previews in front of all others, and traffic for one or two of them. */
  async function arrange(environments: Record<string, object>, traffic: Record<string, number>) {
    const { rollouts } = await must('GET', '/rollouts')
    for (const { id, endedAt } of rollouts) {
      if (endedAt === undefined) await must('POST', `/rollouts/${id}/abort`)
    }
    const current = await must('GET', '/assignments')
    const names = Object.keys(current.environments).filter((name) => !name.startsWith('pr-'))
    const others = Object.fromEntries(names.map((name) => [name, current.environments[name]]))
    await must('PUT', '/assignments', {
      ...current,
      environments: { ...environments, ...others },
      traffic,
    })
  }
  const start = (json: object, token = preview) =>
    call(
      'POST',
      '/rollouts',
      { version: 'pr-2', environment: 'pr-0', base: 'pr-1', ...json },
      token,
    )

  async function started(json: object): Promise<number> {
    const answer = await start(json, FIRST_TOKEN)
    if (answer.status !== 200) throw new Error(answer.body)
    return JSON.parse(answer.body).rollout.id
  }

  const own = { version: 'pr-1' }

  it('starts one between its own environments that leaves the others as they are', async () => {
    await arrange({ 'pr-1': own, 'pr-0': own }, { 'pr-1': 10, main: 90 })
    const answer = await start({ plan: 'blue-green' })
    expect(answer.status, answer.body).toBe(200)
    const { id } = JSON.parse(answer.body).rollout
    for (const command of ['pause', 'resume', 'advance', 'promote']) {
      const done = await call('POST', `/rollouts/${id}/${command}`, undefined, preview)
      expect([command, done.status], done.body).toEqual([command, 200])
    }
    expect((await must('GET', '/assignments')).environments['pr-1'].version).toBe('pr-2')
  })

  it.each([
    ['its first step', 'standard'],
    ['a later step', 'blue-green'],
  ])('starts none that makes its canary the first environment with %s', async (_, plan) => {
    await arrange({ 'pr-0': own, 'pr-1': own }, { 'pr-1': 10, main: 90 })
    const before = await must('GET', '/assignments')
    expect(tell(await start({ plan }))).toEqual([403, FIRST])
    expect(await must('GET', '/assignments')).toEqual(before)
  })

  it('starts none whose bake takes the first place from its base', async () => {
    await arrange({ 'pr-1': own }, { 'pr-1': 10, main: 90 })
    expect(tell(await start({ plan: MANUAL }))).toEqual([403, FIRST])
  })

  it('neither resumes nor advances one beyond its limits that others have started, and may stop it', async () => {
    await arrange({ 'pr-0': own, 'pr-1': own }, { 'pr-1': 10, main: 90 })
    const id = await started({ plan: 'blue-green' })
    const command = (name: string) => call('POST', `/rollouts/${id}/${name}`, undefined, preview)
    expect(tell(await command('advance'))).toEqual([403, FIRST])
    expect((await must('GET', `/rollouts/${id}`)).weight).toBe(0)
    expect((await command('pause')).status).toBe(200)
    expect((await call('POST', `/rollouts/${id}/advance`)).status).toBe(200)
    await must('PUT', '/traffic', { weights: { 'pr-0': 0 }, base: 'pr-1' })
    expect(tell(await command('resume'))).toEqual([403, FIRST])
    // What takes a release back goes through, whatever it gives to whom.
    expect((await must('POST', `/rollouts/${id}/resume`)).weight).toBeGreaterThan(0)
    expect((await command('abort')).status).toBe(200)
    expect((await must('GET', `/rollouts/${id}`)).weight).toBe(0)
  })

  it('changes nothing of an environment that is part of a rollout of others', async () => {
    await publish('pr-6')
    await arrange({ 'pr-0': own, 'pr-1': own }, { 'pr-1': 10, main: 90 })
    const id = await started({ base: 'main', plan: MANUAL })
    const before = await must('GET', '/assignments')
    for (const [method, path, json] of [
      // It would begin anew with this version, and end with `main` having it.
      ['PUT', '/environments/pr-0', { version: 'pr-6' }],
      ['PUT', '/environments/pr-0', { restricted: true }],
      ['DELETE', '/environments/pr-0'],
      ['PUT', '/traffic', { weights: { 'pr-0': 5 }, base: 'pr-1' }],
      ['POST', '/swap', { environments: ['pr-0', 'pr-1'] }],
    ] as const) {
      const answer = await call(method, path, json, preview)
      expect([path, json, ...tell(answer)]).toEqual([
        path,
        json,
        403,
        expect.stringMatching(/^the token is limited, and this changes (?:a rollout|which)/),
      ])
    }
    expect(await must('GET', '/assignments')).toEqual(before)
    const hosts = { hosts: ['zero.preview.example'] }
    expect((await call('PUT', '/environments/pr-0', hosts, preview)).status).toBe(200)
    await must('POST', `/rollouts/${id}/abort`)
    const pushed = await call('PUT', '/environments/pr-0', { version: 'pr-6' }, preview)
    expect(pushed.status, pushed.body).toBe(200)
  })

  it('by versions alone promotes no other that was pushed meanwhile', async () => {
    await arrange({ 'pr-0': own, 'pr-1': own }, { 'pr-1': 10, main: 90 })
    const token = await makeToken({ scopes: ['shift'], versions: ['pr-*'] })
    const id = await started({ base: 'main', plan: MANUAL })
    await must('PUT', '/environments/pr-0', { version: '1.0.0' })
    for (const command of ['advance', 'promote']) {
      const answer = await call('POST', `/rollouts/${id}/${command}`, undefined, token)
      expect([command, ...tell(answer)]).toEqual([
        command,
        403,
        expect.stringContaining('"1.0.0" is none of them'),
      ])
    }
    await must('POST', `/rollouts/${id}/abort`)
  })
})

describe('a token that is made by another', () => {
  it('has its limits and its end where nothing is said', async () => {
    const made = JSON.parse(
      (await call('POST', '/tokens', { name: 'x', scopes: ['admin'] }, administrator)).body,
    )
    expect(made).toMatchObject(LIMITS)
    const { tokens } = await must('GET', '/tokens')
    const maker = tokens.find(({ id }: { id: string }) => id === idOf(administrator))
    expect(made.expiresAt).toBe(maker.expiresAt)
    // Nor does a chain of them get any further.
    const again = await call(
      'POST',
      '/tokens',
      { name: 'y', scopes: ['admin'], versions: ['*'] },
      made.token,
    )
    expect(again.status).toBe(403)
  })

  it('gives no host names where its maker may not give any', async () => {
    const maker = await makeToken({ scopes: ['admin'], environments: ['pr-*'] })
    const asked = { name: 'x', scopes: ['shift'], environments: ['pr-*'] }
    for (const hosts of [['*'], ['*.preview.example'], ['shop.example']]) {
      const answer = await call('POST', '/tokens', { ...asked, hosts }, maker)
      expect([hosts, answer.status]).toEqual([hosts, 403])
    }
    expect((await call('POST', '/tokens', asked, maker)).status).toBe(201)
  })

  it.each([
    [{ environments: [] }],
    [{ environments: ['pr-?'] }],
    [{ environments: ['Main'] }],
    [{ environments: Array.from({ length: 21 }, (_, i) => `pr-${i}`) }],
    [{ versions: ['a/b'] }],
    [{ hosts: ['https://x.example'] }],
    [{ environments: 'pr-*' }],
  ])('cannot be asked for with %j', async (limits) => {
    const answer = await call('POST', '/tokens', { name: 'x', scopes: ['read'], ...limits })
    expect([answer.status, codeOf(answer)]).toEqual([400, 'invalid_request'])
  })
})

describe('the scope "publish" alone', () => {
  it('changes the services of a version until somebody could see it, and not after', async () => {
    const publisher = await makeToken({ scopes: ['publish'] })
    const both = await makeToken({ scopes: ['publish', 'shift'] })
    const change = (id: string, token: string, timeoutMs: number) =>
      call('PUT', `/versions/${id}/services`, { services: [{ ...SERVICE, timeoutMs }] }, token)
    await publish('2.0.0')
    expect((await change('2.0.0', publisher, 61)).status).toBe(200)
    // Whoever has a grant is no stranger: only a restricted environment points at it.
    await must('PUT', '/environments/hidden', { version: '2.0.0', restricted: true })
    expect((await change('2.0.0', publisher, 62)).status).toBe(200)
    await must('PUT', '/environments/later', { version: '2.0.0' })
    const answer = await change('2.0.0', publisher, 63)
    expect([answer.status, JSON.parse(answer.body).detail]).toEqual([
      403,
      'version "2.0.0" is open to visitors: changing its services needs the scope "shift"',
    ])
    expect((await change('2.0.0', both, 64)).status).toBe(200)
    // Nobody points at it any more, and tabs that are open are still bound to it.
    await must('PUT', '/traffic', { weights: { later: 5 }, base: 'main' })
    await must('PUT', '/traffic', { weights: { later: 0 }, base: 'main' })
    await must('PUT', '/environments/later', { version: 'v1' })
    await must('DELETE', '/environments/hidden')
    expect((await must('GET', '/assignments')).versions['2.0.0'].open).toEqual({ later: 'bucket' })
    expect((await change('2.0.0', publisher, 66)).status).toBe(403)
    // Nor those of a preview, which whoever knows its host name has.
    await publish('2.0.1')
    const seen = { version: '2.0.1', hosts: ['seen.example'] }
    await must('PUT', '/environments/seen', seen)
    expect((await change('2.0.1', publisher, 67)).status).toBe(403)
    await must('PUT', '/environments/seen', { version: 'v1' })
    expect((await change('2.0.1', publisher, 68)).status).toBe(403)
    // What was closed for everybody belongs to who publishes again.
    await must('DELETE', '/environments/seen')
    expect((await change('2.0.1', publisher, 69)).status).toBe(200)
    expect((await change('2.0.0', FIRST_TOKEN, 65)).status).toBe(200)
  })

  it('changes none of a version that visitors had before anybody wrote down where', async () => {
    const publisher = await makeToken({ scopes: ['publish'] })
    await publish('2.1.0')
    const current = await must('GET', '/assignments')
    const versions = { ...current.versions, '2.1.0': { ...current.versions['2.1.0'], open: true } }
    await must('PUT', '/assignments', { ...current, versions })
    const services = { services: [{ ...SERVICE, timeoutMs: 61 }] }
    const answer = await call('PUT', '/versions/2.1.0/services', services, publisher)
    expect(answer.status, answer.body).toBe(403)
  })
})
