// `holo init` in projects of several kinds: what is asked and written, that nothing is overwritten unseen, and the
// preview in two versions at its end.

import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parse } from 'smol-toml'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toDifference } from '../../../src/cli/init/difference.ts'
import { findFreePort } from '../../../src/local/ports.ts'
import { holo, type RunOptions } from '../../support/cli.ts'
import { ask, DOCUMENT } from '../../support/http-client.ts'
import { loadLinter } from '../../support/workflow-linter.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holo-init-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const put = async (path: string, content: unknown) => {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  await writeFile(join(folder, path), text)
}
const read = (path: string) => readFile(join(folder, path), 'utf8')
const isThere = async (path: string) =>
  (await stat(join(folder, path)).catch(() => undefined)) !== undefined
const run = (args: readonly string[], options: RunOptions = {}) =>
  holo(['init', ...args], { cwd: folder, ...options })

const VITE = { name: 'shop', scripts: { build: 'vite build' }, devDependencies: { vite: '8' } }
const WORKFLOW = '.github/workflows/holo.yml'

describe('holo init', () => {
  it('writes three files that their readers take, and nothing the second time', async () => {
    await put('package.json', VITE)
    await put('package-lock.json', {})
    const first = await run(['--url', 'https://shop.example.com'])
    expect(first.stdout).toContain('Vite: npm run build, publishes dist')
    expect(first.code).toBe(0)
    const config = JSON.parse(await read('holo.json'))
    expect(config.targets).toEqual({ production: { url: 'https://shop.example.com' } })
    expect(config.publish).toEqual({ folder: 'dist' })
    expect(parse(await read('wrangler.toml'))).toMatchObject({
      name: 'shop',
      main: 'node_modules/holo-edge/dist/worker/worker.js',
      assets: { directory: 'node_modules/holo-edge/dist/dashboard' },
    })
    const again = await run([])
    expect(again.stdout.match(/^ {2}unchanged/gm)).toHaveLength(3)
    // What somebody has changed in a wrangler.toml of Holo stays.
    await put('wrangler.toml', `${await read('wrangler.toml')}\n[observability]\nenabled = true\n`)
    expect((await run(['--yes'])).stdout).toMatch(/^ {2}kept +wrangler\.toml$/m)
  })

  it('asks three questions, and takes what is pressed Enter at', async () => {
    await put('package.json', { ...VITE, scripts: { build: 'x' } })
    await put('vite.config.js', 'export default { build: { outDir: where() } }')
    const { code, stderr } = await run(['--no-preview'], {
      typed: ['shop.example.com', 'web', 'n'],
    })
    expect(stderr.match(/\] /g)).toHaveLength(3)
    expect(code).toBe(0)
    expect(JSON.parse(await read('holo.json'))).toMatchObject({
      targets: { production: { url: 'https://shop.example.com' } },
      publish: { folder: 'web' },
    })
    expect(await isThere(WORKFLOW)).toBe(false)
  })

  it('sends no control codes of a configuration to the terminal, nor a name to the shell', async () => {
    await put('package.json', { workspaces: ['*'] })
    await put('a;b/package.json', VITE)
    await put(
      'a;b/vite.config.js',
      "export default { root: f(), build: { outDir: 'x\u001b[2Jy' } }",
    )
    const { stderr, stdout } = await run(['--no-preview'], { typed: ['', 'dist', 'n'] })
    expect(stderr).toContain('[x\ufffd[2Jy]')
    expect(stdout).toContain("cd 'a;b'")
  })

  it('asks three questions at most, builds when somebody agrees, and after the third without asking', async () => {
    const write = "require('fs').mkdirSync('dist')"
    await put('package.json', {
      ...VITE,
      scripts: { build: `node -e "${write}; process.exit(3)"` },
    })
    const env = { PATH: process.env.PATH }
    const agreed = await run([], { typed: ['later', '', ''], env })
    expect(agreed.stderr.match(/\] /g)).toHaveLength(3)
    expect([agreed.code, agreed.stderr]).toEqual([
      1,
      expect.stringContaining('npm run build ended with exit code 3'),
    ])
    for (const path of ['dist', 'holo.json']) await rm(join(folder, path), { recursive: true })
    const left = await run([], { typed: ['later', '', 'n'], env })
    expect([left.code, left.stdout]).toEqual([
      0,
      expect.stringMatching(/^Next:\n {2}npm run build/m),
    ])
    expect(await isThere('dist')).toBe(false)
    await put('vite.config.js', 'export default { build: { outDir: where() } }')
    await rm(join(folder, 'holo.json'))
    const used = await run(['--force'], { typed: ['later', 'dist', ''], env })
    expect(used.stderr.match(/\] /g)).toHaveLength(3)
    expect([used.code, used.stderr]).toEqual([
      1,
      expect.stringContaining('Running npm run build …'),
    ])
  })

  it('asks where the server of a version runs, instead of for a folder', async () => {
    await put('package.json', { scripts: { start: 'node app.js' }, dependencies: { express: '5' } })
    const typed = ['later', 'https://app-1.example.com', '']
    const { stdout, stderr } = await run(['--no-preview'], { typed })
    expect(stderr).toContain('Where does its server run in production?')
    expect(stdout).not.toContain('with a server')
    const { targets, publish } = JSON.parse(await read('holo.json'))
    expect([targets, publish.services]).toEqual([{}, { '/': ['https://app-1.example.com'] }])
    expect(await read(WORKFLOW)).toMatch(/services: \/=\$\{\{ vars\.HOLO_ORIGIN \}\}/)
  })

  it('shows the difference of a file that says something else, and overwrites it only when told', async () => {
    await put('package.json', VITE)
    await put('wrangler.toml', 'name = "api"\n')
    const refused = await run(['--yes'])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(
      'wrangler.toml is there and says something else; nothing was written',
    )
    expect(refused.stderr).toContain('\n  - name = "api"\n')
    expect(await isThere('holo.json')).toBe(false)
    const { json } = await run(['--yes', '--json'])
    expect(json).toMatchObject({
      ok: false,
      error: { code: 'exists', problems: [{ path: 'wrangler.toml' }] },
    })

    const typed = ['', 'n', 'n']
    expect((await run(['--no-preview'], { typed })).stdout).toMatch(/^ {2}kept +wrangler\.toml$/m)
    expect(await read('wrangler.toml')).toBe('name = "api"\n')
    expect((await run(['--yes', '--no-wrangler'])).code).toBe(0)
    expect((await run(['--yes', '--force'])).stdout).toMatch(/^ {2}overwritten +wrangler\.toml$/m)
  })

  it('takes a package.json that npm takes, and refuses one that npm cannot read', async () => {
    await put('package.json', `\uFEFF${JSON.stringify(VITE)}`)
    expect((await run(['--yes'])).stdout).toContain('Vite: npm run build, publishes dist')
    await rm(join(folder, 'holo.json'))
    for (const text of [`// shop\n${JSON.stringify(VITE)}`, '{ "scripts": ', '{ "a": 1, }']) {
      await put('package.json', text)
      const { code, stderr } = await run(['--yes'])
      expect([text, code, stderr]).toEqual([text, 2, expect.stringContaining('is not JSON')])
    }
    expect(await isThere('holo.json')).toBe(false)
  })

  it('tells a service whose origin is empty from one that is misspelt', async () => {
    const hint = 'in a pipeline, set the variable that holds the origin'
    const empty = await run(['--yes', '--service', '/='])
    expect([empty.code, empty.stderr]).toEqual([2, expect.stringContaining(hint)])
    const misspelt = await run(['--yes', '--service', 'api=https://api.example.com'])
    expect([misspelt.code, misspelt.stderr]).toEqual([
      2,
      expect.stringContaining('is not a service'),
    ])
    expect(misspelt.stderr).not.toContain(hint)
  })

  it('says so when nothing tells what is published', async () => {
    const { stdout } = await run(['--yes'])
    expect(stdout).toContain('note: dist is not there, and nothing tells what writes it')
    await put('site/index.html', '<p>')
    expect((await run(['--yes', '--folder', 'site', '--force'])).stdout).not.toContain('not there')
  })

  it('writes nothing on --dry-run, nor through a link', async () => {
    await put('package.json', VITE)
    expect((await run(['--yes', '--dry-run'])).stdout).toMatch(/^ {2}would write +holo\.json$/m)
    expect(await isThere('holo.json')).toBe(false)
    execFileSync('ln', ['-s', '/dev/null', join(folder, 'holo.json')])
    const { code, stderr } = await run(['--yes', '--force'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('holo.json is a link')])
  })

  it('keeps what an existing holo.json says', async () => {
    await put('package.json', VITE)
    const publish = { folder: 'site', hashed: ['/x/**'] }
    await put('holo.json', { targets: { staging: { url: 'https://s.example.com' } }, publish })
    await run(['--url', 'https://shop.example.com', '--protected', '--force'])
    expect(JSON.parse(await read('holo.json'))).toMatchObject({
      targets: {
        staging: { url: 'https://s.example.com' },
        production: { url: 'https://shop.example.com', protected: true },
      },
      publish,
    })
  })

  it('puts the files of a package beside it, and its workflow at the top', async () => {
    await put('.git/HEAD', 'ref: refs/heads/master\n')
    await put('package.json', { workspaces: ['apps/*'] })
    await put('pnpm-lock.yaml', '')
    await put('apps/web/package.json', VITE)
    await put('apps/docs/package.json', { dependencies: { '@docusaurus/core': '3' } })
    const several = await run(['--yes'])
    expect([several.code, several.stderr]).toEqual([
      2,
      expect.stringContaining('apps/docs, apps/web'),
    ])
    const { json } = await run(['--yes', '--json', '--package', 'apps/web'])
    const written = (json?.files ?? []) as { path: string }[]
    expect(written.map(({ path }) => path)).toEqual([
      'apps/web/holo.json',
      'apps/web/wrangler.toml',
      '.github/workflows/holo-web.yml',
    ])
    const workflow = await read('.github/workflows/holo-web.yml')
    expect(workflow).toContain('branches: [master]')
    expect(workflow).toContain('uses: ./apps/web/node_modules/holo-edge')
    expect(workflow).toContain('working-directory: apps/web')
  })

  it('installs a project with a lockfile of its own where the lockfile is', async () => {
    await put('.git/HEAD', 'ref: refs/heads/main\n')
    await put('web/package.json', VITE)
    await put('web/package-lock.json', '')
    await run(['--yes', '--package', 'web'])
    const workflow = await read('.github/workflows/holo-web.yml')
    expect(workflow).toContain('- run: npm ci\n        working-directory: web\n')
    expect(workflow).toContain('uses: ./web/node_modules/holo-edge')
    expect(workflow).not.toContain('cache: npm')
    expect(await read('web/wrangler.toml')).toContain('main = "node_modules/holo-edge/')
  })

  it.each([
    [['--url', 'shop'], 2, '--url takes an address'],
    [['--url', 'http://shop.example.com'], 2, 'others in the network could read'],
    [['--url', 'later', '--folder', '../x'], 2, 'is outside of the project'],
    [['--url', 'later', '--package', 'none'], 2, 'there is no folder none'],
    [['--url', 'later', '--name', 'a b'], 2, 'cannot be the name of a target'],
    [[], 2, 'the address of the site is missing'],
    [['--yes', '--preview'], 1, 'dist is not there yet'],
  ])('says what is wrong with %j', async (args, code, sentence) => {
    const ran = await run(args)
    expect([ran.code, ran.stderr]).toEqual([code, expect.stringContaining(sentence)])
  })

  it('writes workflows that GitHub takes', async () => {
    const lint = await loadLinter()
    const lockfiles = ['package-lock.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock']
    for (const lockfile of lockfiles) {
      await put('package.json', {
        name: 'a',
        scripts: { build: 'x' },
        dependencies: { next: '16' },
      })
      await put(lockfile, '')
      await run(['--yes', '--force', '--url', 'https://shop.example.com'])
      expect(await lint('holo.yml', await read(WORKFLOW)), lockfile).toEqual([])
      await rm(join(folder, lockfile))
    }
    expect(await read(WORKFLOW)).toContain('cp -R .next/static/. .holo/files/_next/static')
  })
})

describe('the preview', () => {
  it('serves the build in two versions, which the server of the project answers for, too', async () => {
    const server = `import { createServer } from 'node:http'
createServer((_, to) => to.setHeader('content-type', 'text/html').end('<!doctype html><p>of the server</p>')).listen(process.env.PORT, process.env.HOST)`
    await put('server.mjs', server)
    await put('public/logo.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>')
    const scripts = { start: 'node server.mjs' }
    await put('package.json', { version: '1.4.0', scripts, dependencies: { express: '5' } })
    const port = String(await findFreePort('127.0.0.1'))
    const ending = new AbortController()
    let seen: Promise<unknown[]> | undefined
    const look = async (url: string) => {
      const pages = []
      for (let n = 0; n < 40; n++) {
        const headers = { ...DOCUMENT, cookie: `holo-visitor=${String(n).padStart(22, 'v')}` }
        pages.push(await ask(new URL(url), '/', { headers }))
      }
      const logo = await ask(new URL(url), '/logo.svg', { headers: { accept: 'image/*' } })
      ending.abort()
      return [
        new Set(pages.map(({ headers }) => headers['holo-version'])),
        pages[0]?.body,
        logo.status,
      ]
    }
    const { code, stdout, stderr } = await run(['--yes', '--preview', '--port', port], {
      env: { PATH: process.env.PATH },
      signal: ending.signal,
      onOutput: (text) => {
        const url = /two versions at (\S+)/.exec(text)?.[1]
        if (url) seen ??= look(url)
      },
    })
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('half of the visitors get 1.4.0, half 1.4.1')
    expect(await seen).toEqual([
      new Set(['1.4.0', '1.4.1']),
      expect.stringContaining('of the server'),
      200,
    ])
    expect(await read('.holo/.gitignore')).toBe('*\n')
  })
})

describe('a difference', () => {
  it('shows changed lines with those around them', () => {
    const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].join('\n')
    expect(toDifference(before, before.replace('e', 'E\nE2'))).toEqual([
      ...['…', '  c', '  d', '- e', '+ E', '+ E2', '  f', '  g'],
    ])
    expect(toDifference('a', 'a')).toEqual(['…'])
    expect(toDifference('x\n'.repeat(3000), 'y')).toEqual([expect.stringContaining('too long')])
  })
})
