import { describe, expect, it } from 'vitest'
import { formatProblems, parseAssignments } from '../../src/document/parse.ts'

// Documents are broken on purpose, in ways that no type allows.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Loose = any
type Case = readonly [name: string, change: (document: Loose) => void]

const M = 'a'.repeat(64)
const base = () =>
  ({
    schema: 1,
    revision: 2,
    salt: 's',
    environments: { main: { version: '1' } },
    traffic: { main: 100 },
    versions: {
      '1': { manifest: M, services: [{ prefix: '/api/', origins: ['https://a.example.com'] }] },
    },
  }) as Loose
const MISTAKES: readonly Case[] = [
  [
    'schema 2',
    (d) => {
      d.schema = 2
    },
  ],
  [
    'no schema',
    (d) => {
      delete d.schema
    },
  ],
  [
    'schema "1"',
    (d) => {
      d.schema = '1'
    },
  ],
  [
    'rev 0',
    (d) => {
      d.revision = 0
    },
  ],
  [
    'rev 1.5',
    (d) => {
      d.revision = 1.5
    },
  ],
  [
    'rev "2"',
    (d) => {
      d.revision = '2'
    },
  ],
  [
    'rev huge',
    (d) => {
      d.revision = 2 ** 41
    },
  ],
  [
    'rev 1e300',
    (d) => {
      d.revision = 1e300
    },
  ],
  [
    'no rev',
    (d) => {
      delete d.revision
    },
  ],
  [
    'salt empty',
    (d) => {
      d.salt = ''
    },
  ],
  [
    'salt long',
    (d) => {
      d.salt = 'x'.repeat(65)
    },
  ],
  [
    'salt num',
    (d) => {
      d.salt = 5
    },
  ],
  [
    'env list',
    (d) => {
      d.environments = []
    },
  ],
  [
    'env name',
    (d) => {
      d.environments.Main = { version: '1' }
    },
  ],
  [
    'env null',
    (d) => {
      d.environments.x = null
    },
  ],
  [
    'env string',
    (d) => {
      d.environments.x = '1'
    },
  ],
  [
    'env no version',
    (d) => {
      d.environments.x = {}
    },
  ],
  [
    'env version num',
    (d) => {
      d.environments.x = { version: 1 }
    },
  ],
  [
    'env version bad',
    (d) => {
      d.environments.x = { version: 'a b' }
    },
  ],
  [
    'env restricted "yes"',
    (d) => {
      d.environments.x = { version: '1', restricted: 'yes' }
    },
  ],
  [
    'hosts string',
    (d) => {
      d.environments.main.hosts = 'a.example'
    },
  ],
  [
    'hosts upper',
    (d) => {
      d.environments.main.hosts = ['A.example']
    },
  ],
  [
    'hosts port',
    (d) => {
      d.environments.main.hosts = ['a.example:80']
    },
  ],
  [
    'hosts url',
    (d) => {
      d.environments.main.hosts = ['https://a.example']
    },
  ],
  [
    'hosts 51',
    (d) => {
      d.environments.main.hosts = Array.from({ length: 51 }, (_, i) => `h${i}.example`)
    },
  ],
  [
    'hosts number',
    (d) => {
      d.environments.main.hosts = [1]
    },
  ],
  [
    'traffic missing',
    (d) => {
      delete d.traffic
    },
  ],
  [
    'traffic list',
    (d) => {
      d.traffic = []
    },
  ],
  [
    'traffic empty',
    (d) => {
      d.traffic = {}
    },
  ],
  [
    'traffic string',
    (d) => {
      d.traffic = { main: '100' }
    },
  ],
  [
    'traffic string %',
    (d) => {
      d.traffic = { main: '100%' }
    },
  ],
  [
    'traffic mixed',
    (d) => {
      d.environments.c = { version: '1' }
      d.traffic = { main: 50, c: [[5000, 10000]] }
    },
  ],
  [
    'range one number',
    (d) => {
      d.traffic = { main: [0, 10000] }
    },
  ],
  [
    'range 3',
    (d) => {
      d.traffic = { main: [[0, 5, 10000]] }
    },
  ],
  [
    'range float',
    (d) => {
      d.traffic = {
        main: [
          [0, 0.5],
          [0.5, 10000],
        ],
      }
    },
  ],
  [
    'range > 10000',
    (d) => {
      d.traffic = { main: [[0, 10001]] }
    },
  ],
  [
    'range neg',
    (d) => {
      d.traffic = { main: [[-1, 10000]] }
    },
  ],
  [
    'range text',
    (d) => {
      d.traffic = { main: [['0', '10000']] }
    },
  ],
  [
    'traffic name',
    (d) => {
      d.traffic = { Main: 100 }
    },
  ],
  [
    'traffic null',
    (d) => {
      d.traffic = { main: null }
    },
  ],
  [
    'traffic 3 decimals',
    (d) => {
      d.environments.c = { version: '1' }
      d.traffic = { main: 99.999, c: 0.001 }
    },
  ],
  [
    'spent bad',
    (d) => {
      d.spent = [[0, 20000]]
    },
  ],
  [
    'spent obj',
    (d) => {
      d.spent = {}
    },
  ],
  [
    'spent 1',
    (d) => {
      d.spent = [0, 1]
    },
  ],
  [
    'rules obj',
    (d) => {
      d.rules = {}
    },
  ],
  [
    'rule no name',
    (d) => {
      d.rules = [{ environment: 'main', when: true }]
    },
  ],
  [
    'rule name ""',
    (d) => {
      d.rules = [{ name: '', environment: 'main', when: true }]
    },
  ],
  [
    'rule name long',
    (d) => {
      d.rules = [{ name: 'x'.repeat(101), environment: 'main', when: true }]
    },
  ],
  [
    'rule no when',
    (d) => {
      d.rules = [{ name: 'a', environment: 'main' }]
    },
  ],
  [
    'rule no env',
    (d) => {
      d.rules = [{ name: 'a', when: true }]
    },
  ],
  [
    'rule string',
    (d) => {
      d.rules = ['x']
    },
  ],
  [
    '501 rules',
    (d) => {
      d.rules = Array.from({ length: 501 }, (_, i) => ({
        name: `r${i}`,
        environment: 'main',
        when: true,
      }))
    },
  ],
  [
    'versions list',
    (d) => {
      d.versions = []
    },
  ],
  [
    'version id',
    (d) => {
      d.versions['a b'] = { manifest: M }
    },
  ],
  [
    'no manifest',
    (d) => {
      d.versions['1'] = {}
    },
  ],
  [
    'manifest upper',
    (d) => {
      d.versions['1'].manifest = 'A'.repeat(64)
    },
  ],
  [
    'manifest short',
    (d) => {
      d.versions['1'].manifest = 'a'
    },
  ],
  [
    'published',
    (d) => {
      d.versions['1'].published = 'yesterday'
    },
  ],
  [
    'published num',
    (d) => {
      d.versions['1'].published = 5
    },
  ],
  [
    'published no zone',
    (d) => {
      d.versions['1'].published = '2026-11-23T12:00:00'
    },
  ],
  [
    'published offset',
    (d) => {
      d.versions['1'].published = '2026-11-23T12:00:00+01:00'
    },
  ],
  [
    'open "true"',
    (d) => {
      d.versions['1'].open = 'true'
    },
  ],
  [
    'services obj',
    (d) => {
      d.versions['1'].services = {}
    },
  ],
  [
    '51 services',
    (d) => {
      d.versions['1'].services = Array.from({ length: 51 }, (_, i) => ({
        prefix: `/a${i}/`,
        origins: ['https://a.example.com'],
      }))
    },
  ],
  ...[
    'api',
    '/api',
    'api/',
    '/',
    '//',
    '/a//b/',
    '/a b/',
    '/ä/',
    '/%61/',
    '/a/../b/',
    '/a/./',
    '/a;b/',
    '/api/*',
    '/api/?x/',
    '/.holo/',
    '/.holo/api/',
    '/.holo',
    '/.HOLO/x/',
    '/.holo-x/',
    '',
    'https://x/',
    '/cdn-cgi/',
    '/cdn-cgi/x/',
    `/${'a'.repeat(220)}/`,
  ].map(
    (p) =>
      [
        `prefix ${p.slice(0, 30)}`,
        (d: Loose) => {
          d.versions['1'].services[0].prefix = p
        },
      ] as Case,
  ),
  [
    'prefix num',
    (d) => {
      d.versions['1'].services[0].prefix = 5
    },
  ],
  [
    'no prefix',
    (d) => {
      delete d.versions['1'].services[0].prefix
    },
  ],
  [
    'origins string',
    (d) => {
      d.versions['1'].services[0].origins = 'https://a.example'
    },
  ],
  [
    'origins []',
    (d) => {
      d.versions['1'].services[0].origins = []
    },
  ],
  [
    'origins 21',
    (d) => {
      d.versions['1'].services[0].origins = Array(21).fill('https://a.example.com')
    },
  ],
  [
    'origin long',
    (d) => {
      d.versions['1'].services[0].origins = [`https://${'a'.repeat(300)}`]
    },
  ],
  ...[
    'http://a.example.com',
    'a.example.com',
    'https://a.example.com/a;b',
    'https://u:p@a.example.com',
    'https://a.example.com?x',
    'https://10.0.0.1',
    'https://localhost',
    'service:',
    'service:a b',
    'ftp://a',
    'https://',
    '',
    'https://a.example.com:99999',
  ].map(
    (o) =>
      [
        `origin ${o}`,
        (d: Loose) => {
          d.versions['1'].services[0].origins = [o]
        },
      ] as Case,
  ),
  [
    'timeout low',
    (d) => {
      d.versions['1'].services[0].timeoutMs = 10
    },
  ],
  [
    'timeout high',
    (d) => {
      d.versions['1'].services[0].timeoutMs = 1e6
    },
  ],
  [
    'timeout float',
    (d) => {
      d.versions['1'].services[0].timeoutMs = 100.5
    },
  ],
  [
    'timeout text',
    (d) => {
      d.versions['1'].services[0].timeoutMs = '30s'
    },
  ],
  [
    'strip',
    (d) => {
      d.versions['1'].services[0].stripPrefix = 1
    },
  ],
  [
    'max 0',
    (d) => {
      d.versions['1'].services[0].maxBodyBytes = 0
    },
  ],
  [
    'max huge',
    (d) => {
      d.versions['1'].services[0].maxBodyBytes = 2 ** 41
    },
  ],
  [
    'max text',
    (d) => {
      d.versions['1'].services[0].maxBodyBytes = '10MB'
    },
  ],
  [
    'fallback',
    (d) => {
      d.versions['1'].services[0].fallback = 'Main'
    },
  ],
  [
    'fallback unknown',
    (d) => {
      d.versions['1'].services[0].fallback = 'mian'
    },
  ],
  [
    'probe string',
    (d) => {
      d.versions['1'].services[0].probe = '/health'
    },
  ],
  [
    'probe path',
    (d) => {
      d.versions['1'].services[0].probe = { path: 'health' }
    },
  ],
  [
    'probe path sp',
    (d) => {
      d.versions['1'].services[0].probe = { path: '/a b' }
    },
  ],
  [
    'probe path #',
    (d) => {
      d.versions['1'].services[0].probe = { path: '/a#b' }
    },
  ],
  [
    'probe long',
    (d) => {
      d.versions['1'].services[0].probe = { path: `/${'a'.repeat(500)}` }
    },
  ],
  [
    'probe status',
    (d) => {
      d.versions['1'].services[0].probe = { path: '/', status: 1000 }
    },
  ],
  [
    'probe status txt',
    (d) => {
      d.versions['1'].services[0].probe = { path: '/', status: '200' }
    },
  ],
  [
    'probe interval',
    (d) => {
      d.versions['1'].services[0].probe = { path: '/', intervalMs: 5 }
    },
  ],
  [
    'probe interval hi',
    (d) => {
      d.versions['1'].services[0].probe = { path: '/', intervalMs: 5e6 }
    },
  ],
  [
    'typo field',
    (d) => {
      d.rule = []
    },
  ],
  [
    'typo env',
    (d) => {
      d.environments.main.vresion = '1'
    },
  ],
  [
    'typo svc',
    (d) => {
      d.versions['1'].services[0].timeout = 5
    },
  ],
  [
    'typo origins',
    (d) => {
      d.versions['1'].services[0].origin = 'https://a.example.com'
      delete d.versions['1'].services[0].origins
    },
  ],
  [
    'visitor string',
    (d) => {
      d.visitor = 'x'
    },
  ],
  [
    'visitor {}',
    (d) => {
      d.visitor = {}
    },
  ],
  [
    'visitor header upper',
    (d) => {
      d.visitor = { header: 'X-User' }
    },
  ],
  [
    'visitor cookie bad',
    (d) => {
      d.visitor = { cookie: 'a b' }
    },
  ],
  [
    'visitor two',
    (d) => {
      d.visitor = { header: 'a', cookie: 'b' }
    },
  ],
  [
    'jwt no claim',
    (d) => {
      d.visitor = { jwt: { header: 'authorization' } }
    },
  ],
  [
    'jwt upper',
    (d) => {
      d.visitor = { jwt: { header: 'Authorization', claim: 'sub' } }
    },
  ],
  [
    'jwt both',
    (d) => {
      d.visitor = { jwt: { header: 'a', cookie: 'b', claim: 'sub' } }
    },
  ],
  [
    'jwt neither',
    (d) => {
      d.visitor = { jwt: { claim: 'sub' } }
    },
  ],
  [
    'jwt claim ""',
    (d) => {
      d.visitor = { jwt: { header: 'a', claim: '' } }
    },
  ],
  [
    'jwt string',
    (d) => {
      d.visitor = { jwt: 'a' }
    },
  ],
  [
    'visitor typo',
    (d) => {
      d.visitor = { headr: 'a' }
    },
  ],
  [
    'visitor header num',
    (d) => {
      d.visitor = { header: 1 }
    },
  ],
  [
    'jwt extra',
    (d) => {
      d.visitor = { jwt: { header: 'a', claim: 'sub', issuer: 'x' } }
    },
  ],
  [
    'expose list',
    (d) => {
      d.expose = ['version']
    },
  ],
  [
    'expose word',
    (d) => {
      d.expose = { response: ['verison'] }
    },
  ],
  [
    'expose word2',
    (d) => {
      d.expose = { backend: ['bucket'] }
    },
  ],
  [
    'expose str',
    (d) => {
      d.expose = { response: 'version' }
    },
  ],
  ...Object.entries({
    'a list': ['/api/'],
    'a route without method': { routes: ['/api/orders/*'] },
    'a route with a small method': { routes: ['post /api/orders'] },
    'a route with a foreign method': { routes: ['PROPFIND /api/orders'] },
    'a route with a query': { routes: ['GET /api/orders?id=*'] },
    'a route with dots': { routes: ['GET /api/../orders'] },
    'a long route': { routes: [`GET /${'x'.repeat(120)}`] },
    'many routes': { routes: Array.from({ length: 51 }, (_, i) => `GET /${i}`) },
    'a goal with a capital': { goals: { Order: 'POST /api/orders' } },
    'a goal with a space': { goals: { 'an order': 'POST /api/orders' } },
    'a goal without route': { goals: { order: true } },
    'many goals': {
      goals: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`g${i}`, 'GET /'])),
    },
    'an error body without slash': { errorBodies: { graphql: 'errors' } },
    'an error body at no place': { errorBodies: { '/graphql': '' } },
    'an error body at a JSON path': { errorBodies: { '/graphql': '$..errors' } },
    'an unknown field': { metrics: [] },
  }).map(
    ([name, value]): Case => [
      `measure: ${name}`,
      (d) => {
        d.measure = value
      },
    ],
  ),
  [
    'expose true',
    (d) => {
      d.expose = { response: true }
    },
  ],
  [
    'audit',
    (d) => {
      d.audit = 'x'
    },
  ],
  [
    'audit num',
    (d) => {
      d.audit = 5
    },
  ],
]

const RIGHT = [
  'prefix /',
  'prefix /.HOLO/x/',
  'prefix /.holo-x/',
  'prefix /cdn-cgi/',
  'prefix /cdn-cgi/x/',
]

function problemsOf(change: (document: Loose) => void): string {
  const document = base()
  change(document)
  const parsed = parseAssignments(JSON.stringify(document), { allowInsecure: false })
  return parsed.ok ? '' : formatProblems(parsed.error)
}

describe('a mistake in a document', () => {
  it.each(MISTAKES)('is named in words of its own: %s', (name, change) => {
    const text = problemsOf(change)
    if (RIGHT.includes(name)) return expect(text).toBe('')
    expect(text).not.toBe('')
    // What the schema's library says of itself is about its types and not about the document.
    expect(text).not.toMatch(
      /Too (?:big|small)|Invalid|expected (?:int|record|array|tuple|nonopt|bool)|undefined|NaN/,
    )
  })

  it.each<[string, (document: Loose) => void, string]>([
    [
      'a percentage in quotes',
      (d) => {
        d.traffic = { main: '100' }
      },
      'traffic.main ("100"): a percentage is a number: write 100, without quotes',
    ],
    [
      'a percent sign',
      (d) => {
        d.traffic = { main: '99.5 %' }
      },
      'traffic.main ("99.5 %"): a percentage is a number: write 99.5, without quotes',
    ],
    [
      'one range without its list',
      (d) => {
        d.traffic = { main: [0, 10000] }
      },
      'traffic.main[0] (0): a list of ranges has pairs in it, as in [[0, 9500]], not a number',
    ],
    [
      'both forms',
      (d) => {
        d.traffic = { main: 50, canary: [[5000, 10000]] }
      },
      'or bucket ranges ({ "main": [[0, 9500]], … }), not both',
    ],
    [
      'no traffic',
      (d) => {
        delete d.traffic
      },
      'traffic: this field is missing: write percentages',
    ],
    [
      'no claim',
      (d) => {
        d.visitor = { jwt: { header: 'authorization' } }
      },
      'visitor.jwt.claim: this field is missing',
    ],
    [
      'two sources',
      (d) => {
        d.visitor = { header: 'a', cookie: 'b' }
      },
      'only one of "header" and "cookie"',
    ],
    [
      'a word that is none',
      (d) => {
        d.expose = { response: ['verison'] }
      },
      'expose.response[0] ("verison"): write one of "version", "environment", "bucket", "timing"',
    ],
    [
      'a route without its method',
      (d) => {
        d.measure = { routes: ['/api/orders/*'] }
      },
      'measure.routes[0] ("/api/orders/*"): a route is a method in capitals (or "*"), one space and a path',
    ],
    [
      'a goal of a word too many',
      (d) => {
        d.measure = { goals: { 'an order': 'POST /api/orders' } }
      },
      'the name of a goal begins with a small letter',
    ],
    [
      'a place in a body that is none',
      (d) => {
        d.measure = { errorBodies: { '/graphql': '$..errors' } }
      },
      'a place in a JSON body is names or numbers with dots between them',
    ],
    [
      'a path of a request with its method',
      (d) => {
        d.measure = { keepFromOther: ['GET /verify/*'] }
      },
      'measure.keepFromOther[0] ("GET /verify/*"): a path starts with "/" and has no query and no escapes',
    ],
    [
      'a field that is missing',
      (d) => {
        delete d.versions['1'].manifest
      },
      'versions.1.manifest: this field is missing',
    ],
    [
      'a list where one thing is meant',
      (d) => {
        d.versions['1'].services[0].origins = 'https://a.example'
      },
      'origins ("https://a.example"): expected list, not a string',
    ],
    [
      'a limit',
      (d) => {
        d.salt = 'x'.repeat(65)
      },
      'at most 64 characters, and there are 65',
    ],
    [
      'a host with its scheme',
      (d) => {
        d.environments.main.hosts = ['https://A.example:8443/x']
      },
      'a host is a lower-case name without port: write "a.example"',
    ],
    [
      'an own path of Holo',
      (d) => {
        d.versions['1'].services[0].prefix = '/.holo/api/'
      },
      "what is below /.holo/ is Holo's own (its API), and no request for it reaches a service",
    ],
    [
      'two slashes',
      (d) => {
        d.versions['1'].services[0].prefix = '/a//b/'
      },
      'has no two in a row',
    ],
    [
      'a sign that no prefix has',
      (d) => {
        d.versions['1'].services[0].prefix = '/a b/'
      },
      'has only letters, digits and',
    ],
  ])('is shown at its place: %s', (_, change, expected) => {
    expect(problemsOf(change)).toContain(expected)
  })
})
