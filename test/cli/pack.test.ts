// The package as others get it: packed, installed in another folder without a network, and run; and with its optional
// packages, which come from the registry, on the oldest Node that it allows and on the newest that it is tested with.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { findFreePort } from '../../src/local/ports.ts'
import { exampleDocument } from '../support/document.ts'
import { cleanEnvironment } from '../support/start-process.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The oldest that package.json allows. */
const OLDEST_NODE = '22.18.0'
const INSTALL_TIMEOUT_MS = 400_000
const DEV_TIMEOUT_MS = 60_000

let folder: string
let tarball: string

/** With the Node that the checkout brings along in front, as npm scripts have it. */
function run(command: string, args: readonly string[], cwd = folder) {
  const { PATH = '', ...rest } = cleanEnvironment()
  const env = {
    ...rest,
    PATH: `${join(ROOT, 'node_modules/.bin')}:${PATH}`,
    npm_config_update_notifier: 'false',
  }
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' })
  return { status, stdout, stderr }
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holo-pack-'))
  writeFileSync(join(folder, 'package.json'), '{ "name": "elsewhere", "private": true }')
  const packed = run('npm', ['pack', '--pack-destination', folder], ROOT)
  expect(packed.status, packed.stderr).toBe(0)
  tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? ''
  const options = ['--offline', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund']
  const installed = run('npm', ['install', ...options, `./${tarball}`])
  expect(installed.status, installed.stderr).toBe(0)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the package, installed elsewhere', () => {
  it('gives a holo that says its version and helps', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect(run('npx', ['holo', '--version'])).toMatchObject({ status: 0, stdout: `${version}\n` })
    expect(run('npx', ['holo', 'shift', '--help']).stdout).toContain('holo shift canary=10')
  })

  it('judges documents, and ends with the right exit code', () => {
    writeFileSync(join(folder, 'a.json'), JSON.stringify(exampleDocument()))
    expect(run('npx', ['holo', 'validate', 'a.json'])).toMatchObject({ status: 0 })
    expect(run('npx', ['holo', 'validate', 'b.json'])).toMatchObject({ status: 2, stdout: '' })
    expect(run('npx', ['holo', 'status', '--url', 'http://127.0.0.1:9'])).toMatchObject({
      status: 3,
    })
  })

  it('brings the JSON schema that holo.json points to', () => {
    const made = run('npx', ['holo', 'init', '--url', 'https://shop.example.com'])
    expect(made).toMatchObject({ status: 0 })
    onTestFinished(() => {
      for (const name of ['holo.json', 'wrangler.toml', '.github']) {
        rmSync(join(folder, name), { recursive: true })
      }
    })
    const { $schema } = JSON.parse(readFileSync(join(folder, 'holo.json'), 'utf8'))
    expect(JSON.parse(readFileSync(join(folder, $schema), 'utf8')).title).toBe('holo.json')
  })

  it('holds what is built and no source', () => {
    const inside = join(folder, 'node_modules/holo-edge')
    const top =
      'CHANGELOG.md LICENSE README.md THIRD-PARTY-NOTICES.txt action.yml bin dist node_modules package.json schemas'
    expect(readdirSync(inside).sort()).toEqual(top.split(' '))
    expect(readdirSync(join(inside, 'dist')).sort()).toEqual(
      'dashboard holo.js worker worker-options.json wrangler.toml'.split(' '),
    )
    expect(readdirSync(join(inside, 'dist/worker')).sort()).toEqual(['worker.js', 'worker.js.map'])
    expect(readdirSync(join(inside, 'dist/dashboard')).sort()).toEqual(['assets', 'index.html'])
  })

  it('holds the notice of each package that is built into it', () => {
    const inside = join(folder, 'node_modules/holo-edge')
    const notices = readFileSync(join(inside, 'THIRD-PARTY-NOTICES.txt'), 'utf8')
    const command = readFileSync(join(inside, 'dist/holo.js'), 'utf8')
    const { sources } = JSON.parse(readFileSync(join(inside, 'dist/worker/worker.js.map'), 'utf8'))
    // The bundles name their modules themselves: comments in the command, the source map of the Worker.
    const modules: string[] = [...(command.match(/^\/\/ node_modules\/\S+/gm) ?? []), ...sources]
    const names = new Set(
      modules.flatMap((one) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(one)?.[1] ?? []),
    )
    expect(names.size).toBeGreaterThan(20)
    const ofPages = ['preact', '@preact/signals', '@preact/signals-core', 'uplot', 'web-vitals']
    // In a file of @modelcontextprotocol/server.
    const ofOthers = ['ajv', 'ajv-formats', 'content-type', 'fast-deep-equal', 'fast-uri']
    const line = `\n${'-'.repeat(80)}\n`
    for (const name of [...names, ...ofPages, ...ofOthers]) {
      const at = notices.indexOf(`${line}${name} `)
      expect(at, name).toBeGreaterThan(0)
      const [, , text = ''] = notices.slice(at).split(/^(-{80}\n.*)\n-{80}\n/m, 3)
      expect(text, name).toMatch(/copyright|public domain/i)
    }
  })

  it('gives Vite a plugin', () => {
    const code = "const { holo } = await import('holo-edge/vite'); console.log(holo().name)"
    expect(run('node', ['--input-type=module', '-e', code]).stdout).toBe('holo\n')
  })

  it('holds the Worker as it would be deployed, whose source map names files and holds no source', () => {
    const worker = join(folder, 'node_modules/holo-edge/dist/worker/worker.js')
    const map = JSON.parse(readFileSync(`${worker}.map`, 'utf8'))
    expect(readFileSync(worker, 'utf8').length).toBeLessThan(1_500_000)
    expect(map.sources).toContain('../../src/router.ts')
    expect(map.sourcesContent).toBeUndefined()
  })

  it('runs the Worker that it brings along, with a build of the project, once miniflare is there', () => {
    const without = run('npx', ['holo', 'dev', '--for', '1'])
    expect(without.status).toBe(1)
    expect(without.stderr).toMatch(/npm install --save-dev wrangler@\d+\.\d+\.\d+$/m)
    const link = join(folder, 'node_modules/miniflare')
    symlinkSync(join(ROOT, 'node_modules/miniflare'), link)
    onTestFinished(() => rmSync(link))
    mkdirSync(join(folder, 'dist'))
    writeFileSync(join(folder, 'dist/index.html'), '<!doctype html>')
    const { status, stdout, stderr } = run('npx', ['holo', 'dev', '--for', '1', '--json'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const { url, signIn, ...said } = JSON.parse(stdout)
    expect(said).toMatchObject({ ok: true, version: '0.0.1', folder: 'dist', files: 1 })
    expect(signIn).toContain(`${url}/.holo/#code=`)
  })

  it('deploys the Worker that it brings along, as the real wrangler sees it', () => {
    const link = join(folder, 'node_modules/wrangler')
    symlinkSync(join(ROOT, 'node_modules/wrangler'), link)
    onTestFinished(() => rmSync(link))
    const { status, stdout, stderr } = run('npx', [
      ...['holo', 'deploy', '--dry-run', '--outdir', 'built'],
    ])
    expect({ status, stdout }, stderr).toEqual({
      status: 0,
      stdout: 'Dry run: holo can be deployed; nothing was sent. The Worker is in built\n',
    })
    for (const binding of ['env.ASSIGNMENTS', 'env.STORE', 'env.CONTROL', 'env.DASHBOARD']) {
      expect(stderr).toContain(binding)
    }
    const inside = join(folder, 'node_modules/holo-edge/dist/worker/worker.js')
    expect(readFileSync(join(folder, 'built/worker.js'), 'utf8')).toBe(readFileSync(inside, 'utf8'))
  })

  it('says in its metadata which Node the command needs', () => {
    const needed = /holo needs Node ([\d.]+) or newer/.exec(
      readFileSync(join(ROOT, 'bin/holo.js'), 'utf8'),
    )?.[1]
    const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect(engines.node).toBe(`>=${needed}`)
  })

  it('tells an old Node which one it needs, without a stack trace', () => {
    const script = join(folder, 'node_modules/holo-edge/bin/holo.js')
    const code = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' }); await import(${JSON.stringify(script)})`
    const { status, stderr } = run('node', ['--input-type=module', '-e', code])
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(/^holo needs Node 22\.18 or newer; this is v[\d.]+\n$/),
    })
  })
})

describe('the package, installed with its optional packages and no devDependencies', () => {
  let elsewhere: string

  beforeAll(() => {
    elsewhere = join(folder, 'elsewhere')
    mkdirSync(join(elsewhere, 'dist'), { recursive: true })
    writeFileSync(join(elsewhere, 'dist/index.html'), '<!doctype html><h1>a page</h1>')
    const manifest = { private: true, allowScripts: { node: true, workerd: true, esbuild: true } }
    writeFileSync(join(elsewhere, 'package.json'), JSON.stringify(manifest))
    const options = ['--omit=dev', '--prefer-offline', '--no-audit', '--no-fund']
    const packages = [join(folder, tarball), `node@${OLDEST_NODE}`]
    const { status, stderr } = run('npm', ['install', ...options, ...packages], elsewhere)
    expect(status, stderr).toBe(0)
    for (const name of ['vitest', 'typescript', 'playwright-core']) {
      expect(existsSync(join(elsewhere, 'node_modules', name)), name).toBe(false)
    }
  }, INSTALL_TIMEOUT_MS)

  it.each([
    ['the oldest Node', () => elsewhere, `v${OLDEST_NODE}`],
    ['Node 24', () => ROOT, 'v24.'],
  ])('serves a page on %s', async (_, owner, version) => {
    const node = join(owner(), 'node_modules/node/bin/node')
    const holo = join(elsewhere, 'node_modules/.bin/holo')
    expect(run(node, ['--version']).stdout).toContain(version)
    expect(run(node, [holo, '--version'])).toMatchObject({ status: 0, stderr: '' })

    const port = String(await findFreePort('127.0.0.1'))
    const data = join(elsewhere, `data-${version}`)
    const args = [holo, 'dev', 'dist', '--json', '--port', port, '--data', data]
    const env = { ...cleanEnvironment(), XDG_CONFIG_HOME: join(elsewhere, 'config') }
    const child = spawn(node, args, { cwd: elsewhere, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const closed = once(child, 'close')
    const timer = setTimeout(() => child.kill('SIGKILL'), DEV_TIMEOUT_MS)
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text
      })
    }
    await Promise.race([closed, once(child.stdout, 'data')])
    const page = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)
    const body = await page?.text()
    child.kill('SIGINT')
    await closed
    clearTimeout(timer)
    expect([page?.status, body], printed).toEqual([200, expect.stringContaining('a page')])
  })
})
