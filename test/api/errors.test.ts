// Errors of browsers over the API, with stacks that the source maps of a real build resolve. And the maps
// themselves, which nobody gets: whatever is asked for is answered as if they were not there.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { generatedPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  MAX_MAPS_PER_REQUEST,
  MAX_SOURCE_MAP_BYTES,
  MAX_SOURCE_MAP_SEGMENTS,
} from '../../src/api/http/limits.ts'
import type { ErrorGroup } from '../../src/core/browser/error-groups.ts'
import { COUNTING_FORM } from '../../src/core/counting/batch.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { holo } from '../support/cli.ts'
import { type Answer, type Ask, DOCUMENT } from '../support/http-client.ts'

const SCRIPT = '/assets/app-3f9c1478.js'
const OLD_SCRIPT = '/assets/app-77aa01be.js'
const SECRET = 'this line is of the source alone'
const SOURCE = `// ${SECRET}
export function sum(cart) {
  return cart.total.amount
}
globalThis.pay = () => sum({})
`

let edge: AdminEdge
let root: string
let map: string
/** Where `cart.total.amount` is in the script. */
let place: string

async function publish(
  version: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  ...more: string[]
) {
  const folder = join(root, version)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  const env = {
    HOLO_URL: edge.url.origin,
    HOLO_TOKEN: FIRST_TOKEN,
    XDG_CACHE_HOME: join(root, 'cache'),
  }
  const ran = await holo(['publish', folder, '--version', version, '--any-folder', ...more], {
    env,
  })
  if (ran.code !== 0) throw new Error(ran.stderr)
  return ran
}

async function point(name: string, version: string) {
  const { body } = await edge.call('GET', '/.holo/api/environments', { token: FIRST_TOKEN })
  const put = await edge.call('PUT', `/.holo/api/environments/${name}`, {
    token: FIRST_TOKEN,
    headers: { 'if-match': `"${JSON.parse(body).revision}"` },
    json: { version },
  })
  if (put.status !== 200) throw new Error(put.body)
}

let sequence = 0
/** As an isolate tells the control what browsers have reported. */
async function tell(...errorGroups: ErrorGroup[]) {
  sequence += 1
  const batch = {
    form: COUNTING_FORM,
    isolate: 'test',
    sequence,
    windows: [],
    dropped: 0,
    errorGroups,
  }
  await edge.control.sync({ held: undefined, kv: undefined, batch })
}

const group = (more: Partial<ErrorGroup> = {}): ErrorGroup => ({
  environment: 'main',
  version: '2.0.0',
  kind: 'error',
  message: "Cannot read properties of undefined (reading 'amount')",
  frame: place,
  count: 4,
  stack: `a@${place}\nb@${SCRIPT}:900:1\nc@/other.js:1:1\nnowhere`,
  ...more,
})

async function read(path: string, token = FIRST_TOKEN) {
  const { status, body } = await edge.call('GET', `/.holo/api${path}`, { token })
  return { status, json: JSON.parse(body) }
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'holo-errors-'))
  const built = await build({
    stdin: { contents: SOURCE, sourcefile: 'src/cart.js', resolveDir: root },
    bundle: true,
    minify: true,
    sourcemap: 'external',
    outfile: join(root, 'assets/app.js'),
    write: false,
  })
  const [code = '', text = ''] = ['.js', '.js.map'].map(
    (ending) => built.outputFiles.find(({ path }) => path.endsWith(`app${ending}`))?.text,
  )
  map = text
  const { line, column } = generatedPositionFor(new TraceMap(text), {
    ...{ source: (JSON.parse(text).sources as string[])[0] ?? '', line: 3, column: 9 },
  })
  place = `${SCRIPT}:${line}:${(column ?? 0) + 1}`
  edge = await startAdminEdge()
  const page = (script: string) => `<!doctype html><script src="${script}"></script>`
  const maps = (script: string) => ({
    [`${script.slice(1)}.map`]: map,
    [`${script.slice(1)}.map.gz`]: gzipSync(map),
    [`${script.slice(1)}.map.br`]: map,
  })
  await publish('1.0.0', {
    'index.html': page(OLD_SCRIPT),
    [OLD_SCRIPT.slice(1)]: code,
    ...maps(OLD_SCRIPT),
  })
  await point('main', '1.0.0')
  await publish('2.0.0', {
    'index.html': page(SCRIPT),
    [SCRIPT.slice(1)]: `${code}//# sourceMappingURL=app-3f9c1478.js.map\n`,
    'UPPER.JS.MAP': map,
    ...maps(SCRIPT),
    'large.js.map': JSON.stringify({
      version: 3,
      mappings: '',
      more: 'x'.repeat(MAX_SOURCE_MAP_BYTES),
    }),
    'dense.js.map': JSON.stringify({
      ...{
        version: 3,
        sources: ['a'],
        names: [],
        mappings: 'AAAA,'.repeat(MAX_SOURCE_MAP_SEGMENTS),
      },
    }),
    'broken.js.map': '{"version":3,"mappings":',
    'small.js.map': map,
    'tiny.js.map': map,
    'index.js.map': JSON.stringify({
      version: 3,
      sections: [{ offset: { line: 0, column: 0 }, map: JSON.parse(map) }],
    }),
    _redirects: `/smuggled ${SCRIPT}.map 200\n/kept/* ${SCRIPT}.map 200!\n`,
  })
  await point('main', '2.0.0')
  await tell(group(), group({ environment: 'secret', message: 'only for some', count: 1 }))
})
afterAll(async () => {
  await edge?.stop()
  rmSync(root, { recursive: true, force: true })
})

describe('GET /errors', () => {
  it('lists groups, with the place in the source of the first frame where that is asked for', async () => {
    const { json } = await read('/errors?version=2.0.0&environment=main')
    expect(json).toMatchObject({
      found: 1,
      errors: [{ new: true, count: 4, lastHour: 4, frame: place }],
    })
    expect(json.errors[0]).not.toHaveProperty('resolved')
    const resolved = await read('/errors?version=2.0.0&environment=main&resolve=true')
    expect(resolved.json.errors[0].resolved).toMatchObject({
      ...{ raw: place, source: 'src/cart.js', line: 3 },
    })
    expect((await read('/errors?version=1.0.0')).json).toMatchObject({ errors: [], found: 0 })
    expect((await read('/errors?new=false')).json.found).toBe(0)
    expect((await read('/errors?limit=1')).json.errors).toHaveLength(1)
    for (const wrong of ['limit=0', 'limit=101', 'new=maybe', 'version=a%20b', 'more=1']) {
      expect((await read(`/errors?${wrong}`)).status, wrong).toBe(400)
    }
  })

  it('shows one with its stack, and says of each frame why it stays as it is', async () => {
    const { id } = (await read('/errors?environment=main')).json.errors[0]
    const { json } = await read(`/errors/${id}`)
    expect(json.stack).toEqual([
      {
        raw: `a@${place}`,
        source: 'src/cart.js',
        line: 3,
        column: expect.any(Number),
        name: expect.any(String),
      },
      { raw: `b@${SCRIPT}:900:1`, why: 'not-mapped' },
      { raw: 'c@/other.js:1:1', why: 'no-map' },
      { raw: 'nowhere', why: 'no-place' },
    ])
    expect(JSON.stringify(json)).not.toContain(SECRET)
    expect((await read(`/errors/${'0'.repeat(16)}`)).status).toBe(404)
    expect((await read('/errors/short')).status).toBe(400)
  })

  it.each([
    ['large', 'too-large'],
    ['dense', 'too-large'],
    ['broken', 'unreadable'],
  ])('leaves a frame as it is when its map is %s', async (name, why) => {
    await tell(group({ message: name, frame: `/${name}.js:1:1`, stack: '' }))
    const { json } = await read('/errors?limit=100&resolve=true')
    const one = json.errors.find(({ message }: { message: string }) => message === name)
    expect(one.resolved).toEqual({ raw: `/${name}.js:1:1`, why })
  })

  it('reads maps of several sections', async () => {
    const at = place.slice(SCRIPT.length)
    await tell(group({ message: 'sections', frame: `/index.js${at}`, stack: `/index.js${at}` }))
    const { json } = await read('/errors?limit=100')
    const { id } = json.errors.find(({ message }: { message: string }) => message === 'sections')
    expect((await read(`/errors/${id}`)).json.stack[0]).toMatchObject({
      source: 'src/cart.js',
      line: 3,
    })
  })

  it('reads a few maps for one request, and says so of the others', async () => {
    const names = ['broken', 'large', 'dense', 'index', 'small', 'tiny']
    expect(names.length).toBe(MAX_MAPS_PER_REQUEST + 1)
    const stack = names.map((name) => `/${name}.js:1:1`).join('\n')
    await tell(group({ message: 'many files', stack }))
    const { json } = await read('/errors?limit=100')
    const { id } = json.errors.find(({ message }: { message: string }) => message === 'many files')
    const frames = (await read(`/errors/${id}`)).json.stack as { why?: string }[]
    expect(frames.map(({ why }) => why === 'not-tried')).toEqual(
      names.map((_, i) => i === MAX_MAPS_PER_REQUEST),
    )
  })

  it('tells a limited token only of its environments', async () => {
    const made = await edge.call('POST', '/.holo/api/tokens', {
      token: FIRST_TOKEN,
      json: { name: 'main only', scopes: ['read'], environments: ['main'] },
    })
    const { token } = JSON.parse(made.body)
    const all = (await read('/errors?limit=100')).json.errors as { id: string; message: string }[]
    const seen = (await read('/errors?limit=100', token)).json.errors as typeof all
    expect(seen.map(({ message }) => message)).not.toContain('only for some')
    expect(seen).toHaveLength(all.length - 1)
    const hidden = all.find(({ message }) => message === 'only for some')?.id
    expect((await read(`/errors/${hidden}`, token)).status).toBe(404)
    expect((await read(`/errors/${hidden}`)).status).toBe(200)
  })
})

describe('a source map', () => {
  /** The same path with a name that no version has. */
  const without = (path: string) => path.replace(/3f9c1478|77aa01be|UPPER/i, '00000000')
  const shown = ({ status, headers, body }: Answer) => {
    const own = /^(?:date|set-cookie|server-timing|holo-bucket)$/
    const rest = Object.entries(headers).filter(([name]) => !own.test(name))
    return {
      status,
      body: body.replace(/"requestId":"[^"]*"/, ''),
      headers: Object.fromEntries(rest),
    }
  }
  const FETCH = { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }
  const PINNED = { 'holo-pin': '1.0.0@main' }
  /** What is asked for and how. */
  const ATTEMPTS: readonly (readonly [name: string, path: string, asked: Ask])[] = [
    ['opened', `${SCRIPT}.map`, { headers: DOCUMENT }],
    ['fetched', `${SCRIPT}.map`, { headers: FETCH }],
    ['by a program', `${SCRIPT}.map`, {}],
    ['as a script', `${SCRIPT}.map`, { headers: { 'sec-fetch-dest': 'script' } }],
    ['by HEAD', `${SCRIPT}.map`, { method: 'HEAD', headers: FETCH }],
    ['by a range', `${SCRIPT}.map`, { headers: { ...FETCH, range: 'bytes=0-99' } }],
    ['under a condition', `${SCRIPT}.map`, { headers: { ...FETCH, 'if-none-match': '*' } }],
    ['compressed', `${SCRIPT}.map`, { headers: { ...FETCH, 'accept-encoding': 'gzip, br' } }],
    ['as a copy in gzip', `${SCRIPT}.map.gz`, { headers: FETCH }],
    ['as a copy in Brotli', `${SCRIPT}.map.br`, { headers: FETCH }],
    ['with other letters', `${SCRIPT.toUpperCase()}.MAP`, { headers: FETCH }],
    ['with an ending in capitals', '/UPPER.JS.MAP', { headers: FETCH }],
    ['with escapes', `${SCRIPT}%2emap`, { headers: FETCH }],
    ['with a query', `${SCRIPT}.map?v=1`, { headers: FETCH }],
    ['with a slash behind it', `${SCRIPT}.map/`, { headers: FETCH }],
    ['through dot segments', `/assets/x/../app-3f9c1478.js.map`, { headers: FETCH }],
    ['of an older version', `${OLD_SCRIPT}.map`, { headers: FETCH }],
    ['of an older version, by a program', `${OLD_SCRIPT}.map`, {}],
    ['of the version of the tab', `${OLD_SCRIPT}.map`, { headers: { ...FETCH, ...PINNED } }],
    ['of a newer version than the tab', `${SCRIPT}.map`, { headers: { ...FETCH, ...PINNED } }],
  ]

  it.each(ATTEMPTS)('%s is answered as if it were not there', async (_, path, asked) => {
    const [found, missing] = [await send(path, asked), await send(without(path), asked)]
    expect(shown(found)).toEqual(shown(missing))
    expect(found.body).not.toContain('mappings')
    expect(found.status === 404 || found.body.startsWith('<!doctype html>')).toBe(true)
  })

  const send = (path: string, { method = 'GET', headers = {} }: Ask) =>
    edge.call(method, path, { headers })

  it.each(['/smuggled', '/kept/x'])(
    'is not served by a redirect that rewrites %s',
    async (path) => {
      for (const headers of [FETCH, {}]) {
        expect((await send(path, { headers })).body).not.toContain('mappings')
      }
    },
  )

  it('is not shown by a preview of its version', async () => {
    const made = await edge.call('POST', '/.holo/api/previews', {
      token: FIRST_TOKEN,
      json: { versions: ['1.0.0'] },
    })
    const { token } = JSON.parse(made.body)
    const ask = (path: string) => send(path, { headers: { ...FETCH, 'holo-preview': token } })
    await expect.poll(async () => (await ask(OLD_SCRIPT)).status, { timeout: 20_000 }).toBe(200)
    const found = await ask(`${OLD_SCRIPT}.map`)
    expect(shown(found)).toEqual(shown(await ask(without(`${OLD_SCRIPT}.map`))))
    expect(found.status).toBe(404)
  })

  it('leaves the script as it is, with its comment', async () => {
    const { status, body } = await send(SCRIPT, { headers: FETCH })
    expect(status).toBe(200)
    expect(body).toContain('sourceMappingURL=app-3f9c1478.js.map')
  })

  it('is public where the publisher says so, and left out where it is not wanted', async () => {
    const site = { 'index.html': 'page', 'a-3f9c1478.js': '1', 'a-3f9c1478.js.map': map }
    const open = await publish('3.0.0', site, '--source-maps', 'public')
    expect(open.stderr).toContain('source maps make the source code public')
    expect(open.stdout).not.toContain('private')
    const none = await publish('4.0.0', site, '--source-maps', 'none', '--dry-run')
    expect(none.stdout).toContain('2 files')
    const kept = await publish('5.0.0', site, '--dry-run')
    expect(kept.stdout).toContain('A source map is private')
    await point('main', '3.0.0')
    await expect
      .poll(async () => (await send('/a-3f9c1478.js.map', { headers: FETCH })).body, {
        timeout: 20_000,
      })
      .toBe(map)
  })
})
