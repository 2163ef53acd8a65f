// `holo deploy` in a project that has installed the package, with a wrangler that uploads nothing: what is written,
// what is sent, where the first token goes, and who finds it. test/cli/pack.test.ts builds with the real wrangler.

import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chooseTarget } from '../../src/cli/target.ts'
import { holo, STACK_TRACE } from '../support/cli.ts'
import { makePackage } from '../support/package.ts'

const URL = 'https://holo.team.workers.dev'

let folder: string
let root: string
let env: Record<string, string>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holo-deploy-'))
  root = await makePackage(folder)
  // Nothing is on this path but what a test puts there.
  const programs = join(folder, 'programs')
  await mkdir(programs)
  env = {
    STUB_FOLDER: folder,
    STUB_TARGETS: `${URL},shop.example.com (custom domain),schedule: * * * * *`,
    XDG_CONFIG_HOME: join(folder, 'config'),
    PATH: programs,
  }
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const deploy = (...args: string[]) => holo(['deploy', ...args], { cwd: folder, root, env })
const read = (name: string) => readFile(join(folder, name), 'utf8')
const listCalls = async () => (await read('calls')).trim().split('\n')
const readSecret = async () => JSON.parse(await read('secrets.json')).HOLO_ADMIN_TOKEN
const CONFIG = () => join(folder, 'wrangler.toml')

async function findToken(url: string): Promise<string | undefined> {
  const target = await chooseTarget({ url }, { cwd: folder, env, askForTrust: undefined })
  return target.token
}

describe('the first deployment', () => {
  it('writes wrangler.toml, uploads, and makes a token that the command finds for this address alone', async () => {
    const { code, stdout } = await deploy()
    expect(code).toBe(0)
    expect(stdout).toContain('wrangler.toml was written')
    expect(stdout).toContain(`Deployed holo at ${URL}`)
    expect(stdout).toContain(`holo init --url ${URL}`)
    expect(await listCalls()).toEqual([
      `deploy --config ${CONFIG()}`,
      `secret list --format json --config ${CONFIG()}`,
      `secret put HOLO_ADMIN_TOKEN --config ${CONFIG()}`,
    ])
    const token = await readSecret()
    expect(token).toMatch(/^[0-9a-f]{64}$/)
    expect(stdout).not.toContain(token)
    expect(await findToken(URL)).toBe(token)
    expect(await findToken('https://elsewhere.example.com')).toBeUndefined()
    expect(await findToken(`${URL}:8443`)).toBeUndefined()
    const [file = ''] = await readdir(join(folder, 'config/holo/tokens'))
    expect((await stat(join(folder, 'config/holo/tokens', file))).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'config/holo/tokens'))).mode & 0o777).toBe(0o700)
  })

  it('points wrangler.toml to the installed package, with everything that it needs', async () => {
    await deploy('--name', 'shop-edge')
    const text = await read('wrangler.toml')
    expect(text).toContain('name = "shop-edge"')
    expect(text).toContain('main = "node_modules/holo-edge/dist/worker/worker.js"')
    expect(text).toContain('directory = "node_modules/holo-edge/dist/dashboard"')
    expect(text).not.toContain('{{')
  })

  it('keeps the token for the address of holo.json, or the one that is named', async () => {
    const targets = { production: { url: 'https://shop.example.com' } }
    await writeFile(join(folder, 'holo.json'), JSON.stringify({ targets }))
    const { json } = await deploy('--json')
    expect(json).toMatchObject({ url: 'https://shop.example.com', token: 'made', isNew: true })
    expect(await findToken('https://shop.example.com')).toBe(await readSecret())
    expect(await findToken(URL)).toBeUndefined()
    const found = await chooseTarget({}, { cwd: folder, env, askForTrust: undefined })
    expect(found.token).toBe(await readSecret())
    expect((await deploy('--target', 'staging')).code).toBe(2)
  })

  it('makes no token for a host that only holo.json names', async () => {
    const stranger = 'https://stranger.example.com'
    await writeFile(
      join(folder, 'holo.json'),
      JSON.stringify({ targets: { main: { url: stranger } } }),
    )
    const { code, stderr } = await deploy()
    expect(code).toBe(1)
    expect(stderr).toContain(`holo deploy --url ${stranger}`)
    expect(await findToken(stranger)).toBeUndefined()
    expect(await readdir(folder)).not.toContain('secrets.json')
    expect((await deploy('--url', stranger)).code).toBe(0)
    expect(await findToken(stranger)).toBe(await readSecret())
  })

  it('loses no token when the secret cannot be set: the next deployment sets the kept one', async () => {
    env.STUB_FAILS = 'secret put'
    const failed = await deploy()
    expect(failed.code).toBe(1)
    expect(failed.stderr).toContain('repeat the command')
    const kept = await findToken(URL)
    delete env.STUB_FAILS
    expect((await deploy()).code).toBe(0)
    expect(await readSecret()).toBe(kept)
  })

  it('asks for the address when nobody knows it', async () => {
    env.STUB_TARGETS = ''
    const { code, stderr } = await deploy()
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('--url https://') })
    expect((await deploy('--url', 'https://shop.example.com')).code).toBe(0)
  })

  it.runIf(process.platform === 'linux')(
    'keeps the token in the keychain if there is one, and in no file',
    async () => {
      const program = join(folder, 'programs/secret-tool')
      const kept = join(folder, 'keychain')
      const script = `#!/bin/sh\ncase $1 in store) read -r line || :; echo "$line" > '${kept}';; *) read -r line < '${kept}' && echo "$line";; esac\n`
      await writeFile(program, script)
      await chmod(program, 0o755)
      const { stdout } = await deploy()
      expect(stdout).toContain("kept in the system's keychain")
      const token = await readSecret()
      expect(await readFile(kept, 'utf8')).toBe(`${token}\n`)
      expect(await findToken(URL)).toBe(token)
      const tokens = join(folder, 'config/holo/tokens')
      const [file = ''] = await readdir(tokens)
      expect(await readFile(join(tokens, file), 'utf8')).toBe(
        `${JSON.stringify({ origin: URL })}\n`,
      )
    },
  )

  it('says so when there is no keychain, and one was asked for', async () => {
    const { code, stderr } = await deploy('--keep', 'keychain')
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('--keep file') })
  })
})

describe('a later deployment', () => {
  it('uses wrangler.toml as it is, and leaves the token', async () => {
    await deploy()
    const token = await readSecret()
    const own = `${await read('wrangler.toml')}\n[observability]\nenabled = true\n`
    await writeFile(CONFIG(), own)
    const { json } = await deploy('--json')
    expect(json).toMatchObject({ ok: true, isNew: false, token: 'unchanged', worker: 'holo' })
    expect(await readSecret()).toBe(token)
    expect(await read('wrangler.toml')).toBe(own)
  })

  it('removes nothing of a project below the folder for temporary files, when it is a dry run', async () => {
    await deploy()
    const before = await readdir(folder)
    expect((await deploy('--dry-run')).code).toBe(0)
    expect(await readdir(folder)).toEqual(before)
  })

  it('lists each line that a newer release needs otherwise, and changes and sends nothing', async () => {
    await deploy('--dry-run')
    expect(await readdir(folder)).not.toContain('wrangler.toml')
    await deploy()
    const before = await listCalls()
    const old = (await read('wrangler.toml'))
      .replace(/compatibility_date = .*/, 'compatibility_date = "2024-01-01"')
      .replace('"enable_request_signal", ', '')
      .replace('run_worker_first = true', 'run_worker_first = false')
      .replace('node_modules/holo-edge/dist/dashboard', 'elsewhere')
      .replace('binding = "STORE"', 'binding = "FILES"')
      .replace('tag = "v1"', 'tag = "v0"')
    await writeFile(CONFIG(), old)
    const { code, json } = await deploy('--json')
    expect(code).toBe(1)
    expect(json?.error).toMatchObject({ code: 'outdated_config' })
    const { problems } = (json?.error ?? {}) as { problems: { path: string; message: string }[] }
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'assets.directory: set it to "node_modules/holo-edge/dist/dashboard"',
      expect.stringMatching(/^compatibility_date: set it to "\d{4}-\d\d-\d\d"$/),
      'compatibility_flags: has no "enable_request_signal"',
      'assets.run_worker_first: set it to true',
      'r2_buckets: has no "STORE"',
      'migrations: has no "v1"',
    ])
    expect(await listCalls()).toEqual(before)
    expect(await read('wrangler.toml')).toBe(old)
  })

  it.each([
    [
      'name = "shop"\nmain = "src/index.ts"\ncompatibility_date = "2026-01-01"',
      1,
      'another Worker',
    ],
    ['name = [', 2, 'is not TOML'],
    ['name = "shop"', 2, 'is not a wrangler.toml of a Worker'],
  ])('leaves a file alone that is not its own: %j', async (text, code, sentence) => {
    await writeFile(CONFIG(), text)
    const ran = await deploy()
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code, stdout: '' })
    expect(ran.stderr).toContain(sentence)
    expect(ran.stderr).not.toMatch(STACK_TRACE)
    expect(await read('wrangler.toml')).toBe(text)
    expect(await readdir(folder)).not.toContain('calls')
  })

  it('says that a checkout has to be built first, before it writes or sends anything', async () => {
    await rm(join(root, 'dist/worker'), { recursive: true })
    const { code, stderr } = await deploy()
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('npm run build') })
    expect(await readdir(folder)).not.toContain('wrangler.toml')
    expect(await readdir(folder)).not.toContain('calls')
  })

  it('says that wrangler has failed', async () => {
    env.STUB_FAILS = 'deploy'
    const { code, stderr } = await deploy()
    expect(code).toBe(1)
    expect(stderr).toContain('wrangler deploy failed with exit code 1')
  })

  it.each([
    [['--name', 'Shop!'], 'cannot be the name of a Worker'],
    [['--keep', 'pocket'], '--keep does not know "pocket"'],
    [['--outdir', 'build'], '--outdir goes with --dry-run'],
    [['--url', URL, '--target', 'staging'], '--url and --target exclude each other'],
    [['--url', 'http://shop.example.com'], 'use https://'],
  ])('refuses %j as misuse', async (args, sentence) => {
    const { code, stderr } = await deploy(...args)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(sentence) })
  })
})
