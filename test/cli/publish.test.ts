// `holo publish` against the real API: what it uploads, what it says, and that an interrupted one goes
// on where it was.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { HOLO, holo, NODE, type RunOptions } from '../support/cli.ts'
import { type CountingWay, openCountingWay } from '../support/counting-way.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'
import { cleanEnvironment } from '../support/start-process.ts'

let root: string
let edge: AdminEdge
let way: CountingWay
let env: Record<string, string>

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holo-publish-'))
  edge = await startAdminEdge()
})
beforeEach(async () => {
  way = await openCountingWay(edge.url)
  env = { HOLO_URL: way.url, HOLO_TOKEN: FIRST_TOKEN, XDG_CACHE_HOME: join(root, 'cache') }
})
afterEach(() => way.close())
afterAll(async () => {
  await edge?.stop()
  await rm(root, { recursive: true, force: true })
})

let folders = 0
async function makeFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  folders++
  const folder = join(root, `folder-${folders}`)
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  return folder
}

const run = (args: readonly string[], options: RunOptions = {}) =>
  holo(['publish', ...args], { env, ...options })

/** So many pages, no two of them alike. */
const many = (count: number, seed: string) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      i === 0 ? 'index.html' : `page-${i}.html`,
      `<p>${seed} ${i}</p>`.repeat(30),
    ]),
  )

/** Files that are too large to travel together, and are not compressed. */
const manyLarge = (count: number) => ({
  'index.html': '<h1>large</h1>',
  ...Object.fromEntries(
    Array.from({ length: count - 1 }, (_, i) => [`image-${i}.png`, randomBytes(140_000)]),
  ),
})

describe('holo publish', () => {
  it('makes a version that serves what the folder holds once somebody points at it', async () => {
    const folder = await makeFolder({ 'index.html': '<h1>new</h1>', 'assets/a-3f9c1478.js': '1' })
    const ran = await run([folder, '--version', 'p1', '--service', '/api/=http://127.0.0.1:9'])
    expect(ran.stderr).toContain('p1: uploading')
    expect(ran.stdout).toMatch(/^Published p1 at 127\.0\.0\.1:\d+: 2 files, 13 B, in /)
    expect(ran.stdout).toContain('2 blobs uploaded (13 B), 0 stored before\n')
    expect(ran.stdout).toContain('Next: holo point canary p1\n')
    expect(ran.code).toBe(0)
    await holo(['point', 'canary', 'p1', '--yes'], { env })
    await holo(['shift', 'canary=100', '--yes', '--wait'], { env })
    const page = await ask(edge.url, '/', { headers: DOCUMENT })
    expect({ body: page.body, version: page.headers['holo-version'] }).toEqual({
      ...{ body: '<h1>new</h1>', version: 'p1' },
    })
  })

  it('uploads nothing the second time, and refuses other content by name', async () => {
    const folder = await makeFolder({ 'index.html': '<h1>same</h1>'.repeat(50) })
    await run([folder, '--version', 'p2'])
    way.counts.clear()
    const again = await run([folder, '--version', 'p2', '--json'])
    expect(again.json).toMatchObject({ ok: true, isKnown: true, uploaded: 0, warnings: [] })
    expect(way.counts.get('PUT /blobs')).toBeUndefined()
    await writeFile(join(folder, 'index.html'), '<h1>other</h1>')
    const other = await run([folder, '--version', 'p2'])
    expect(other.code).toBe(1)
    expect(other.stderr).toContain(
      'a version with this id was published before, with other content',
    )
    expect(other.stderr).toContain('/index.html')
    expect(other.stderr).toContain('choose another id')
  })

  it('finds the build folder, and asks which where there are several', async () => {
    const one = await makeFolder({ 'dist/index.html': 'found', 'public/robots.txt': 'not this' })
    const found = await run(['--version', 'p3', '--json'], { cwd: one })
    expect(found.json).toMatchObject({ folder: 'dist', files: 1 })
    const two = await makeFolder({ 'dist/index.html': 'a', 'out/index.html': 'b' })
    const which = await run(['--version', 'p4'], { cwd: two })
    expect({
      code: which.code,
      asks: which.stderr.includes('several folders could be meant: dist, out'),
    }).toEqual({
      ...{ code: 2, asks: true },
    })
    const none = await run(['--version', 'p4'], { cwd: await makeFolder({ 'README.md': '' }) })
    expect(none.stderr).toContain('there is nothing to publish')
  })

  it('finds what the framework sends as a pin, which the list of versions shows', async () => {
    const page = (id: string) => `<html data-dpl-id="${id}" lang="en"><p>${id}</p>`
    const next = await makeFolder({ 'index.html': page('dpl_1') })
    const ran = await run([next, '--version', 'n1'])
    expect(ran.stdout).toContain(
      'Next.js pins tabs to this version by itself: dpl_1 in x-deployment-id, ?dpl=\n',
    )
    const pin = { id: 'dpl_1', headers: ['x-deployment-id'], queries: ['dpl'] }
    // The control wrote it into the document, with which isolates decide.
    expect((await holo(['versions'], { env })).stdout).toMatch(/framework pin.*\n.*dpl_1 in x-dep/)

    const again = await run([next, '--version', 'n1', '--no-framework-pin', '--json'])
    expect(again.json).toMatchObject({ isKnown: true })
    expect(again.json?.warnings).toContainEqual(
      expect.stringContaining('n1 keeps the framework pin with which it was published (dpl_1 in'),
    )
    const other = await makeFolder({ 'index.html': page('dpl_1'), 'a.txt': 'other' })
    const same = await run([other, '--version', 'n2', '--json', '--dry-run'])
    expect(same.json).toMatchObject({ frameworkPin: pin })
    expect(same.json?.warnings).toContainEqual(
      expect.stringContaining('version n1 has the same build id "dpl_1"'),
    )
    const given = ['--framework-pin', 'id=mine,header=x-build']
    expect((await run([other, '--version', 'n2', '--json', ...given])).json).toMatchObject({
      frameworkPin: { id: 'mine', headers: ['x-build'] },
      warnings: [],
    })
  })

  it('takes commit and author from git', async () => {
    const folder = await makeFolder({ 'index.html': 'committed' })
    const git = (...args: string[]) =>
      once(spawn('git', args, { cwd: folder, stdio: 'ignore' }), 'close')
    await git('init')
    await git('add', '.')
    const who = ['-c', 'user.name=Anna', '-c', 'user.email=anna@example.com']
    await git(...who, 'commit', '-m', 'first')
    const { json } = await run([folder, '--version', 'p5', '--json'])
    expect(json).toMatchObject({ author: 'Anna <anna@example.com>', warnings: [] })
    expect(json?.commit).toMatch(/^[0-9a-f]{40}$/)
  })

  it('warns of what will hurt', async () => {
    const folder = await makeFolder({
      'index.html': '<h1>page</h1>',
      about: 'a file',
      'about.html': 'hidden by it',
      'main.js': 'console.log(1)',
      'app-3f9c1478.js': 'console.log(2)',
      'app-3f9c1478.js.map': '{}',
      'users.csv': 'name',
      '.eslintrc': '{}',
      _headers: '/*\n  Cache-Control: max-age=31536000\n',
    })
    const open = ['--source-maps', 'public']
    const { json } = await run([folder, '--version', 'p6', '--json', ...open])
    const warnings = (json?.warnings ?? []) as string[]
    const about = (words: RegExp) => warnings.filter((line) => words.test(line))
    expect(about(/^\/\.eslintrc is not served/)).toHaveLength(1)
    expect(about(/^\/users\.csv is published: it may hold personal data/)).toHaveLength(1)
    expect(about(/lets browsers keep \/about\.html, \/index\.html for 365 d:/)).toHaveLength(1)
    expect(about(/^\/main\.js: the name has no visible hash.*--hashed "\/main\.js"/)).toHaveLength(
      1,
    )
    expect(about(/^\/app-3f9c1478\.js\.map: source maps/)).toHaveLength(1)
    expect(about(/^\/about\.html cannot be reached/)).toHaveLength(1)
  })

  it('names everything in the folder that cannot be published, and publishes nothing', async () => {
    const folder = await makeFolder({ 'index.html': '', 'a\\b.txt': '', 'c\\d.txt': '' })
    const ran = await run([folder, '--version', 'p7'])
    expect(ran.code).toBe(1)
    for (const name of ['/a\\b.txt', '/c\\d.txt']) expect(ran.stderr).toContain(name)
    expect([...way.counts.keys()].filter((key) => key.startsWith('PUT'))).toEqual([])
  })
})

describe('what is published, and what is not', () => {
  it('refuses secrets by name, quotes nothing of them, and publishes them only when allowed', async () => {
    const folder = await makeFolder({ 'index.html': 'page', '.env.local': 'TOKEN=do-not-quote' })
    const refused = await run([folder, '--version', 'e1'])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('/.env.local: variables of an environment')
    expect(refused.stderr).toContain('--allow GLOB')
    expect(refused.stderr + refused.stdout).not.toContain('do-not-quote')
    expect((await run([folder, '--version', 'e1', '--exclude', '/.env*'])).code).toBe(0)
    const given = await run([folder, '--version', 'e2', '--allow', '/.env.local', '--json'])
    expect({ code: given.code, files: given.json?.files }).toEqual({ code: 0, files: 2 })
  })

  it('says which folder it took, and what answers where nothing is', async () => {
    const app = await makeFolder({
      'dist/index.html': '<div id=root></div><script src=/a.js></script>',
    })
    const ran = await run(['--version', 'w1'], { cwd: app })
    expect(ran.stdout).toContain(
      '\nFrom dist. When no file matches: the app (/index.html), with status 200\n',
    )
    const site = await makeFolder({ 'index.html': 'many', 'about.html': 'pages' })
    expect((await run([site, '--version', 'w2'])).stdout).toContain(
      'When no file matches: a plain 404\n',
    )
    const { json } = await run([site, '--version', 'w2', '--json'])
    expect(json).toMatchObject({ notFound: 'none', htmlHandling: 'auto-trailing-slash' })
  })

  it('does as --not-found and --html-handling say, and refuses other words', async () => {
    const folder = await makeFolder({ 'index.html': 'many', 'about.html': 'pages' })
    const flags = ['--not-found', 'single-page-application', '--html-handling', 'none']
    const { json } = await run([folder, '--version', 'w3', ...flags, '--json'])
    expect(json).toMatchObject({ notFound: 'single-page-application', htmlHandling: 'none' })
    const wrong = await run([folder, '--version', 'w4', '--not-found', 'spa'])
    expect({
      code: wrong.code,
      says: wrong.stderr.includes('none, 404-page, single-page'),
    }).toEqual({ code: 2, says: true })
  })

  it('sends nothing in a dry run, and says what would be published', async () => {
    const folder = await makeFolder({ 'index.html': '<h1>dry</h1>' })
    way.counts.clear()
    const ran = await run([folder, '--version', 'w5', '--dry-run'])
    expect(ran.code).toBe(0)
    expect(ran.stdout).toMatch(/^Would publish w5 at .*: 1 file, 12 B\. Nothing was sent\nFrom /)
    expect([...way.counts.keys()].filter((key) => !key.startsWith('GET'))).toEqual([])
    const { json } = await run([folder, '--version', 'w5', '--dry-run', '--json'])
    expect(json).toMatchObject({ dryRun: true, uploaded: 0, isKnown: false })
    const real = await run([folder, '--version', 'w5', '--json'])
    expect(real.json).toMatchObject({ dryRun: false, manifest: json?.manifest })
  })

  it('refuses server code and secrets, unless they are left out or allowed', async () => {
    const folder = await makeFolder({
      'index.html': '',
      'api/mail.php': '<?php $password = "x1y2"',
    })
    const refused = await run([folder, '--version', 'w6'])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('/api/mail.php: server code')
    expect(refused.stderr).not.toContain('x1y2')
    const without = await run([folder, '--version', 'w6', '--exclude', '/api/**', '--json'])
    expect(without.json).toMatchObject({ files: 1 })
    const allowed = await run([folder, '--version', 'w7', '--allow', '/api/*.php', '--json'])
    expect(allowed.json).toMatchObject({ files: 2 })
    const glob = await run([folder, '--version', 'w8', '--allow', '*.php'])
    expect(glob.code).toBe(2)
    expect(glob.stderr).toContain('"/**/*.php"')
  })

  it('refuses a folder that is no finished site, unless it is meant', async () => {
    const folder = await makeFolder({ 'dist/shop/browser/index.html': 'the site' })
    const refused = await run([join(folder, 'dist'), '--version', 'w9'])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('has no index.html')
    expect(refused.stderr).toContain(join('dist', 'shop', 'browser'))
    const meant = await run([join(folder, 'dist'), '--version', 'w9', '--any-folder', '--json'])
    expect(meant.json).toMatchObject({ ok: true, files: 1 })
  })

  it('takes all of it from holo.json', async () => {
    const folder = await makeFolder({
      'site/a.php': '1',
      'site/b.map': '2',
      'holo.json': JSON.stringify({
        publish: {
          folder: 'site',
          anyFolder: true,
          allow: ['/*.php'],
          exclude: ['/**/*.map', '/*.map'],
          notFound: '404-page',
        },
      }),
    })
    const { json } = await run(['--version', 'w10', '--json'], { cwd: folder })
    expect(json).toMatchObject({ ok: true, files: 1, notFound: '404-page' })
  })
})

describe('an interrupted publication', () => {
  it('goes on where Ctrl-C stopped it, and says so', async () => {
    const folder = await makeFolder(manyLarge(60))
    const stop = new AbortController()
    let begun = 0
    way.onBlob = () => {
      begun++
      if (begun === 30) stop.abort()
    }
    const stopped = await run([folder, '--version', 'i1'], { signal: stop.signal })
    expect(stopped.code).toBe(130)
    expect(stopped.stderr).toMatch(
      /stopped; i1 is not published\n.*blobs are uploaded: repeat the command to continue/,
    )
    way.onBlob = () => {}
    const sent = way.counts.get('PUT /blobs') ?? 0
    const { json } = await run([folder, '--version', 'i1', '--json'])
    expect(json).toMatchObject({ ok: true, files: 60 })
    const total = Number(json?.uploaded) + Number(json?.reused)
    // What was on its way when it stopped may have arrived or not: sixteen at once.
    expect(Number(json?.uploaded)).toBeLessThanOrEqual(total - sent + 16)
    expect(Number(json?.uploaded)).toBeGreaterThan(0)
  })

  it('begins again when it was given up meanwhile', async () => {
    const folder = await makeFolder(manyLarge(40))
    let begun = 0
    let given: Promise<{ readonly status: number }> | undefined
    way.onBlob = () => {
      begun++
      if (begun !== 10) return
      given = edge.call('DELETE', '/.holo/api/uploads/i4', { token: FIRST_TOKEN })
    }
    const { json } = await run([folder, '--version', 'i4', '--json'])
    expect((await given)?.status).toBe(200)
    expect(json).toMatchObject({ ok: true, files: 40, isKnown: false })
    expect(way.counts.get('PUT /uploads')).toBe(2)
    const shown = await edge.call('GET', '/.holo/api/versions/i4', { token: FIRST_TOKEN })
    expect(shown.status).toBe(200)
  })

  it('goes on after kill -9', async () => {
    const folder = await makeFolder(manyLarge(60))
    const child = spawn(NODE, [HOLO, 'publish', folder, '--version', 'i2'], {
      env: { ...cleanEnvironment(), ...env },
      stdio: 'ignore',
    })
    let begun = 0
    way.onBlob = () => {
      begun++
      if (begun === 30) child.kill('SIGKILL')
    }
    const [, signal] = await once(child, 'close')
    expect(signal).toBe('SIGKILL')
    way.onBlob = () => {}
    const again = await run([folder, '--version', 'i2', '--json'])
    expect(again.json).toMatchObject({ ok: true, files: 60 })
    expect(Number(again.json?.reused)).toBeGreaterThan(0)
    const page = await run([folder, '--version', 'i2', '--json'])
    expect(page.json).toMatchObject({ isKnown: true, uploaded: 0 })
  })

  it('waits for a server that comes back, and tries again what was cut off', async () => {
    const folder = await makeFolder(many(10, 'away'))
    way.breakAfter = 5
    const back = setTimeout(() => {
      way.breakAfter = Number.POSITIVE_INFINITY
    }, 500)
    const { json } = await run([folder, '--version', 'i3', '--json'])
    clearTimeout(back)
    expect(json).toMatchObject({ ok: true, files: 10 })
  })
})

describe('a large file', () => {
  it('is uploaded in parts, of which those that are there are left out the second time', async () => {
    // Two parts of 50 MiB at least; no two kilobytes of it alike.
    const bytes = new Uint8Array(100 * 2 ** 20)
    for (let i = 0; i < bytes.length; i += 1024) new DataView(bytes.buffer).setUint32(i, i)
    const folder = await makeFolder({ 'index.html': '', 'video.mp4': bytes })
    way.breakAfter = 2
    const stop = new AbortController()
    let begun = 0
    way.onBlob = () => {
      begun++
      if (begun === 4) stop.abort()
    }
    expect((await run([folder, '--version', 'l1'], { signal: stop.signal })).code).toBe(130)
    way.onBlob = () => {}
    way.breakAfter = Number.POSITIVE_INFINITY
    const sent = way.counts.get('PUT /parts') ?? 0
    expect(sent).toBe(2)
    const { json } = await run([folder, '--version', 'l1', '--json'])
    expect(json).toMatchObject({ ok: true, bytes: bytes.length })
    expect(way.counts.get('PUT /parts')).toBe(4)
  })
})
