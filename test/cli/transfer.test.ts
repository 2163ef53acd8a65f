// `holo export` and `holo import`: an empty control becomes the same system, and what was damaged on
// the way is not taken.

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import { holo, type RunOptions } from '../support/cli.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'

const TOKEN = 'holo-transfer-0123456789abcdef0123456789'

let folder: string
let first: Edge
let second: Edge

const start = (dataDir: string) =>
  startEdge({
    ...{ host: '127.0.0.1', port: 0, dataDir },
    variables: { KV_REFRESH_MS: '100', ALLOW_INSECURE_ORIGINS: 'true', HOLO_ADMIN_TOKEN: TOKEN },
  })

const run = (edge: Edge, args: readonly string[], options: RunOptions = {}) =>
  holo(args, {
    cwd: folder,
    env: {
      ...{ HOLO_URL: edge.url.origin, HOLO_TOKEN: TOKEN },
      XDG_CACHE_HOME: join(folder, 'cache'),
    },
    ...options,
  })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holo-transfer-'))
  for (const name of ['a', 'b']) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'index.html'), `<h1>${name}</h1>`)
  }
  first = await start(join(folder, 'first'))
})
afterAll(async () => {
  await Promise.all([first?.dispose(), second?.dispose()])
  await rm(folder, { recursive: true, force: true })
})

describe('the first version of an empty Holo', () => {
  it('is published, but nobody gets it; the next step makes it the first document', async () => {
    const published = await run(first, [
      ...['publish', 'a', '--version', '1.0.0', '--floor', '0.9.0'],
    ])
    expect(published.stdout).toContain(
      'Next: holo publish a --version 1.0.0 --floor 0.9.0 --first main\n',
    )
    expect((await ask(first.url, '/', { headers: DOCUMENT })).status).toBe(503)
    const begun = await run(first, [
      'publish',
      'a',
      '--version',
      '1.0.0',
      '--floor',
      '0.9.0',
      '--first',
      'main',
      '--yes',
    ])
    expect(begun.code).toBe(0)
    expect(begun.stderr).toContain('which has no document yet')
    const { json } = await run(first, ['status', '--json'])
    expect(json?.environments).toMatchObject([{ name: 'main', version: '1.0.0', percent: 100 }])
    const versions = await run(first, ['versions'])
    expect(versions.stdout).toMatch(/not back below/)
    expect(versions.stdout).toMatch(/1\.0\.0 .* 0\.9\.0/)
  })
})

describe('an export', () => {
  it('makes the same system of an empty control that has the same files', async () => {
    await run(first, ['publish', 'b', '--version', '1.1.0'])
    await run(first, ['env', 'add', 'canary', '1.1.0', '--yes'])
    await run(first, ['shift', 'canary=10', '--yes'])
    await run(first, ['shift', 'canary=25', '--yes'])
    await run(first, [
      'env',
      'add',
      'qa',
      '1.1.0',
      '--restricted',
      '--host',
      'qa.example.com',
      '--yes',
    ])
    const saved = await run(first, ['export', 'backup.json', '--json'])
    await first.dispose()
    // R2 outlives a control that is lost; here its files are copied.
    await cp(join(folder, 'first/v3/r2'), join(folder, 'second/v3/r2'), { recursive: true })
    second = await start(join(folder, 'second'))
    const imported = await run(second, ['import', 'backup.json', '--yes', '--json'])
    expect(imported.json).toMatchObject({
      ...{ ok: true, changed: true, previous: 0 },
      content: saved.json?.content,
    })
    const again = await run(second, ['export', '--json'])
    expect(again.json?.content).toBe(saved.json?.content)
    const page = await ask(second.url, '/', { headers: { ...DOCUMENT, host: 'shop.example' } })
    expect(page.status).toBe(200)
    const diff = await run(second, ['diff', 'backup.json', '--json'])
    expect(diff.json).toMatchObject({ moved: [], versions: [], changes: [] })
  })

  it('is imported once: the second time there is nothing to do', async () => {
    const { stdout } = await run(second, ['import', 'backup.json', '--yes'])
    expect(stdout).toMatch(/^Nothing to do: revision \d+ already has this content\n/)
  })

  it('may be edited when it is the document alone', async () => {
    expect((await run(second, ['export', 'document.json', '--document'])).code).toBe(0)
    const document = JSON.parse(await readFile(join(folder, 'document.json'), 'utf8'))
    const edited = { ...document, measure: { goals: { order: 'POST /api/orders' } } }
    await writeFile(join(folder, 'document.json'), JSON.stringify(edited))
    const since = ['--if-revision', String(document.revision)]
    const { code, stderr } = await run(second, ['import', 'document.json', '--yes', ...since])
    expect({ code, stderr }).toMatchObject({ code: 0 })
    const late = await run(second, ['import', 'document.json', '--yes', ...since])
    expect(late.code).toBe(4)
    const printed = await run(second, ['export', '--document'])
    expect(JSON.parse(printed.stdout).measure).toEqual(edited.measure)
    await run(second, ['rollback', '--to', String(document.revision), '--yes'])
  })

  it('is not written over, and not taken when it was changed', async () => {
    expect((await run(second, ['export', 'backup.json'])).stderr).toContain('it already exists')
    expect((await run(second, ['export', 'backup.json', '--force'])).code).toBe(0)
    const text = await readFile(join(folder, 'backup.json'), 'utf8')
    await writeFile(join(folder, 'changed.json'), text.replace('"1.1.0"', '"1.0.0"'))
    const { code, stderr } = await run(second, ['import', 'changed.json', '--yes'])
    expect({
      code,
      told: stderr.includes('changed.json was changed after it was exported'),
    }).toEqual({
      ...{ code: 1, told: true },
    })
  })
})
