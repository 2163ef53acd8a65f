import { describe, expect, it } from 'vitest'
import { formatProblems, parseAssignments } from '../../src/document/parse.ts'
import { exampleDocument } from '../support/document.ts'

const PUBLIC = { allowInsecure: false }

/** The problems of the example after `change`, as `path: message`. */
function problemsAfter(change: (document: ReturnType<typeof exampleDocument> & Loose) => unknown) {
  const document = exampleDocument() as ReturnType<typeof exampleDocument> & Loose
  change(document)
  return problemsOf(JSON.stringify(document))
}
type Loose = Record<string, unknown>

function problemsOf(text: string): Record<string, string> {
  const parsed = parseAssignments(text, PUBLIC)
  if (parsed.ok) return {}
  return Object.fromEntries(parsed.error.map(({ path, message }) => [path, message]))
}

describe('a document that is right', () => {
  it('is read as it stands', () => {
    const parsed = parseAssignments(JSON.stringify(exampleDocument()), PUBLIC)
    expect(parsed).toEqual({ ok: true, value: exampleDocument() })
  })

  it('may give traffic as bucket ranges', () => {
    const ranges = {
      main: [
        [0, 9000],
        [9500, 10_000],
      ],
      canary: [[9000, 9500]],
    }
    expect(problemsAfter((document) => Object.assign(document, { traffic: ranges }))).toEqual({})
  })

  it('may send to http:// and to this machine only where that is allowed', () => {
    const document = exampleDocument()
    document.versions['0.0.3']?.services?.[0]?.origins.push('http://127.0.0.1:4003')
    const text = JSON.stringify(document)
    expect(parseAssignments(text, { allowInsecure: true }).ok).toBe(true)
    expect(problemsOf(text)).toHaveProperty('versions["0.0.3"].services[0].origins[1]')
  })
})

describe('a document that is wrong', () => {
  it('has all its mistakes listed at once, each with its place and how to mend it', () => {
    const problems = problemsAfter((document) => {
      document.schema = 2 as 1
      document.revision = 0
      document.trafic = {}
      document.environments = { main: { version: '9.9.9' }, Canary: { version: '0.0.5' } }
      document.traffic = { main: 50, canary: 40 }
      document.rules = [{ name: '', environment: 'gone', when: { regex: ['a', 'b'] } }]
    })
    expect(problems).toEqual({
      schema: 'a newer Holo has written this document: upgrade this one, which reads "schema": 1',
      revision: 'revisions start at 1',
      trafic: 'there is no such field: correct its name or remove it',
      'environments.Canary':
        'a name is lower-case letters, digits and "-", beginning with a letter',
      traffic: 'the percentages sum to 90, not 100: add 10 %',
      'rules[0].name': 'give the rule a name',
    })
  })

  it('has what is wrong between its parts listed beside what is wrong within one', () => {
    const problems = problemsAfter((document) => {
      document.revision = 1.5
      document.environments = {
        main: { version: '9.9.9', hosts: ['a.example.com'] },
        canary: { version: '0.0.5', hosts: ['a.example.com'] },
      }
      document.traffic = { main: 50.001, canary: 49.999, gone: 0 }
      document.rules = [
        { name: 'twice', environment: 'canary', when: true },
        { name: 'twice', environment: 'gone', when: { regex: ['a', 'b'] } },
      ]
    })
    expect(Object.keys(problems).sort()).toEqual([
      'environments.canary.hosts[0]',
      'environments.main.version',
      'revision',
      'rules[1].environment',
      'rules[1].name',
      'rules[1].when',
      'traffic.canary',
      'traffic.gone',
      'traffic.main',
    ])
    expect(problems['environments.main.version']).toBe(
      'no such version; "versions" has 0.0.3, 0.0.5, 0.0.6-dev',
    )
  })

  it('shows what stands at the place', () => {
    const text = JSON.stringify({ ...exampleDocument(), traffic: { main: 90, canary: 5 } })
    const parsed = parseAssignments(text, PUBLIC)
    expect(!parsed.ok && parsed.error).toEqual([
      {
        path: 'traffic',
        value: { main: 90, canary: 5 },
        message: 'the percentages sum to 95, not 100: add 5 %',
      },
    ])
    expect(!parsed.ok && formatProblems(parsed.error)).toBe(
      'traffic ({"main":90,"canary":5}): the percentages sum to 95, not 100: add 5 %',
    )
  })

  it.each([
    [
      'a gap',
      { main: [[0, 9000]], canary: [[9500, 10_000]] },
      'traffic.canary[0]',
      'nobody has the buckets 9000 to 9499',
    ],
    [
      'an overlap',
      { main: [[0, 9600]], canary: [[9500, 10_000]] },
      'traffic.canary[0]',
      'the buckets 9500 to 9599 are given twice',
    ],
    [
      'an end too early',
      { main: [[0, 9000]], canary: [] },
      'traffic',
      'nobody has the buckets 9000 to 9999',
    ],
    [
      'a range turned round',
      { main: [[0, 10_000]], canary: [[5, 5]] },
      'traffic.canary[0]',
      'a range is [from, to) with from below to',
    ],
    [
      'both spellings',
      { main: 95, canary: [[9500, 10_000]] },
      'traffic',
      expect.stringContaining('not both'),
    ],
    ['nobody at all', {}, 'traffic', 'the percentages sum to 0, not 100: add 100 %'],
    [
      'restricted environments',
      { main: 95, qa: 5 },
      'traffic.qa',
      expect.stringContaining('gets no traffic'),
    ],
  ])('refuses traffic with %s', (_, traffic, path, message) => {
    const problems = problemsAfter((document) => Object.assign(document, { traffic }))
    expect(problems[path]).toEqual(message)
  })

  it.each([
    ['api.example.com', 'as https://host'],
    ['ftp://api.example.com', 'as https://host'],
    ['https://user:secret@api.example.com', 'leave user name and password out'],
    ['https://api.example.com/v1?x=1', 'write "https://api.example.com/v1"'],
    ['https://api.example.com/v1/../v2', 'path of an origin'],
    ['https://api.example.com/v1/%2e%2e/v2', 'path of an origin'],
    ['https://api.example.com/a//b', 'path of an origin'],
    ['https://api.example.com//a', 'path of an origin'],
    ['https://api.example.com/a;b', 'path of an origin'],
    ['https://api.example.com/a%20b', 'path of an origin'],
    ['https://api.example.com/a\\b', 'path of an origin'],
    ['https://api.example.com/./a', 'path of an origin'],
    ['service:API/../x', 'path of an origin'],
    ['service:API/a%2Fb', 'path of an origin'],
    ['https://localhost/prod', 'public host name'],
    ['https://api.example.com?x=1', 'write "https://api.example.com"'],
    ['https://api.example.com#', 'write "https://api.example.com"'],
    ['http://api.example.com', 'http:// is for local runs'],
    ['https://localhost', 'public host name'],
    ['https://backend', 'public host name'],
    ['https://db.internal', 'public host name'],
    ['https://127.0.0.1', 'public host name'],
    ['https://2130706433', 'public host name'],
    ['https://10.1.2.3', 'public host name'],
    ['https://169.254.169.254', 'public host name'],
    ['https://[::1]', 'public host name'],
    ['https://[::ffff:10.0.0.1]', 'public host name'],
    ['https://[fd00::1]', 'public host name'],
  ])('refuses the origin %s', (origin, message) => {
    const problems = problemsAfter((document) => {
      document.versions['0.0.3'] = {
        manifest: '3'.repeat(64),
        services: [{ prefix: '/api/', origins: [origin] }],
      }
    })
    expect(problems['versions["0.0.3"].services[0].origins[0]']).toContain(message)
  })

  it.each([
    'https://x1y2z3.execute-api.eu-west-1.amazonaws.com/prod',
    'https://x1y2z3.execute-api.eu-west-1.amazonaws.com/$default/',
    'https://api.example.com/v2/shop-5.1/~a',
    'https://api.example.com/...',
    'service:API/prod',
  ])('accepts the origin %s, which has a path', (origin) => {
    const problems = problemsAfter((document) => {
      document.versions['0.0.3'] = {
        manifest: '3'.repeat(64),
        services: [{ prefix: '/api/', origins: [origin] }],
      }
    })
    expect(problems).toEqual({})
  })

  it.each([
    ['api/', 'starts and ends with "/"'],
    ['/api', 'starts and ends with "/"'],
    ['/a//b/', 'starts and ends with "/"'],
    ['/a%20b/', 'starts and ends with "/"'],
    // No request has these in its normalised path, or none that every backend reads alike.
    ['/./', 'no "." or ".." and no ";"'],
    ['/api/../', 'no "." or ".." and no ";"'],
    ['/api;v=1/', 'no "." or ".." and no ";"'],
  ])('refuses the prefix %s, which no request could reach', (prefix, message) => {
    const problems = problemsAfter((document) => {
      document.versions['0.0.3'] = {
        manifest: '3'.repeat(64),
        services: [{ prefix, origins: ['https://api.example.com'] }],
      }
    })
    expect(problems['versions["0.0.3"].services[0].prefix']).toContain(message)
  })

  it.each(['service:', 'service:a-b', 'service:a-b/x', 'service:A:B', 'service:1'])(
    'refuses a binding of the name %s',
    (origin) => {
      const problems = problemsAfter((document) => {
        document.versions['0.0.3'] = {
          manifest: '3'.repeat(64),
          services: [{ prefix: '/api/', origins: [origin] }],
        }
      })
      expect(problems['versions["0.0.3"].services[0].origins[0]']).toContain('service:NAME')
    },
  )

  it.each([
    ['nowhere', 'no such environment'],
    ['qa', 'restricted'],
  ])('refuses the fallback %s', (fallback, message) => {
    const problems = problemsAfter((document) => {
      document.versions['0.0.5'] = {
        manifest: '5'.repeat(64),
        services: [{ prefix: '/api/', origins: ['https://api.example.com'], fallback }],
      }
    })
    expect(problems['versions["0.0.5"].services[0].fallback']).toContain(message)
  })

  it.each([0, -1, 1.5, 2 ** 41])('refuses the body limit %d', (maxBodyBytes) => {
    const problems = problemsAfter((document) => {
      document.versions['0.0.5'] = {
        manifest: '5'.repeat(64),
        services: [{ prefix: '/api/', origins: ['https://api.example.com'], maxBodyBytes }],
      }
    })
    expect(Object.keys(problems)).toEqual(['versions["0.0.5"].services[0].maxBodyBytes'])
  })

  it('refuses an environment that points at a withdrawn version', () => {
    const problems = problemsAfter((document) => {
      document.versions['0.0.5'] = { manifest: '5'.repeat(64), withdrawn: true }
    })
    expect(problems['environments.canary.version']).toContain('withdrawn')
  })

  it('refuses to leave everybody without an environment', () => {
    const problems = problemsAfter((document) => {
      document.environments = { qa: { version: '0.0.5', restricted: true } }
    })
    expect(problems.environments).toContain('not restricted')
  })

  it.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"assignments"'],
    ['broken JSON', '{"schema": 1,'],
    ['more than 256 KiB', JSON.stringify({ ...exampleDocument(), salt: 'x'.repeat(256 * 1024) })],
  ])('refuses %s in one sentence', (_, text) => {
    const parsed = parseAssignments(text, PUBLIC)
    expect(!parsed.ok && parsed.error.length).toBe(1)
    expect(!parsed.ok && parsed.error[0]?.path).toBe('')
  })
})

describe('a probe', () => {
  const parseProbe = (probe: unknown) => {
    const origins = ['https://api.example.com']
    const problems = problemsAfter((document) => {
      document.versions['0.0.5'] = {
        manifest: '5'.repeat(64),
        services: [{ prefix: '/api/', origins, probe: probe as { path: string } }],
      }
    })
    return Object.keys(problems)
  }

  it.each([{ path: '/health' }, { path: '/ready?deep=1', status: 204, intervalMs: 10_000 }])(
    '%j is taken',
    (probe) => {
      expect(parseProbe(probe)).toEqual([])
    },
  )

  it.each([
    [{}, 'path'],
    [{ path: 'health' }, 'path'],
    [{ path: '/a b' }, 'path'],
    [{ path: '/#top' }, 'path'],
    [{ path: '/', status: 100 }, 'status'],
    [{ path: '/', intervalMs: 9999 }, 'intervalMs'],
    [{ path: '/', intervalMs: 3_600_001 }, 'intervalMs'],
  ])('%j is refused for its %s', (probe, field) => {
    expect(parseProbe(probe)).toEqual([`versions["0.0.5"].services[0].probe.${field}`])
  })
})
