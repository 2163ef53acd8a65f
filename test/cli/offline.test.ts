// Commands that need no server: documents are judged with the edge's own code, holo.json is written and
// read, and help is whole.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { COMMAND_ROWS } from '../../src/cli/commands.ts'
import { holo, type RunOptions } from '../support/cli.ts'
import { exampleDocument } from '../support/document.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holo-offline-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const run = (args: readonly string[], options: RunOptions = {}) =>
  holo(args, { cwd: folder, ...options })
const write = (name: string, content: unknown) =>
  writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))

describe('holo validate', () => {
  it('says what a sound document comes to', async () => {
    await write('a.json', exampleDocument())
    const { stdout, code } = await run(['validate', 'a.json'])
    expect(code).toBe(0)
    expect(stdout).toContain('4 environments, 3 versions, 1 rules\nmain 95 %, canary 5 %\n')
  })

  it('names every mistake of a document, with its place, and ends with 1', async () => {
    const { environments } = exampleDocument()
    const wrong = { ...exampleDocument(), salt: '', traffic: { main: 95, canary: 6 } }
    await write('a.json', { ...wrong, environments: { ...environments, qa: { version: '9.9.9' } } })
    const { stderr, code } = await run(['validate', 'a.json'])
    expect(code).toBe(1)
    expect(stderr).toContain('the edge would refuse a.json: 3 problems')
    expect(stderr).toContain('  salt: a salt has at least one character')
    expect(stderr).toContain('  traffic: the percentages sum to 101, not 100: take 1 % away')
    expect(stderr).toContain('  environments.qa.version: no such version')
  })

  it('takes a file by its whole path', async () => {
    await write('a.json', exampleDocument())
    expect((await run(['validate', join(folder, 'a.json')])).code).toBe(0)
  })

  it('reads standard input', async () => {
    const input = JSON.stringify(exampleDocument())
    expect((await run(['validate', '-'], { input })).code).toBe(0)
    expect((await run(['validate', '-'], { input: 'no JSON' })).stderr).toContain('is not JSON')
  })
})

describe('holo diff', () => {
  it('says what would move between two files', async () => {
    await write('a.json', exampleDocument())
    const { environments, versions } = exampleDocument()
    const b = {
      ...exampleDocument(),
      traffic: { main: 80, canary: 20 },
      environments: {
        ...environments,
        canary: { version: '0.0.6-dev' },
        blue: { version: '0.0.3' },
      },
      versions: { ...versions, '0.0.5': { ...versions['0.0.5'], withdrawn: false } },
      rules: [],
    }
    await write('b.json', { ...b, environments: { ...b.environments, qa: { version: '0.0.3' } } })
    const { stdout } = await run(['diff', 'a.json', 'b.json'])
    expect(stdout.split('\n')).toEqual([
      'main gives 1,500 of 10,000 buckets to canary: 15 % of visitors',
      '15 % of visitors go from 0.0.3 to 0.0.6-dev',
      '5 % of visitors go from 0.0.5 to 0.0.6-dev',
      'in total 20 % of visitors get another version',
      'environment canary: 0.0.5 → 0.0.6-dev',
      'environment qa: 0.0.5 → 0.0.3',
      'environment qa: public from now on',
      'environment qa: hosts: none',
      'environment blue: new',
      'rule "staff first": removed',
      '',
    ])
  })
})

describe('holo init', () => {
  it('writes a holo.json that other commands read, without a token', async () => {
    await mkdir(join(folder, 'dist'))
    await write('dist/index.html', '')
    const made = await run(
      [
        'init',
        '--url',
        'https://shop.example.com/shop?x=1',
        '--protected',
        '--service',
        '/api/=https://api.example.com',
      ],
      { env: { HOLO_TOKEN: 'holo_secret' } },
    )
    expect(made.code).toBe(0)
    const text = await readFile(join(folder, 'holo.json'), 'utf8')
    expect(text).not.toContain('holo_secret')
    expect(JSON.parse(text)).toEqual({
      $schema: './node_modules/holo-edge/schemas/holo.schema.json',
      targets: { production: { url: 'https://shop.example.com', protected: true } },
      publish: { folder: 'dist', services: { '/api/': ['https://api.example.com'] } },
    })
    const inside = { cwd: join(folder, 'dist') }
    expect((await holo(['open', '--print'], inside)).stdout).toBe('https://shop.example.com/\n')
    expect((await run(['init', '--url', 'https://other.example.com'])).code).toBe(1)
  })

  it('asks for the address on a terminal', async () => {
    const { stderr } = await run(['init'], { typed: 'shop.example.com\n' })
    expect(stderr).toContain('Where is the site?')
    const config = JSON.parse(await readFile(join(folder, 'holo.json'), 'utf8'))
    expect(config.targets.production.url).toBe('https://shop.example.com')
  })
})

describe('which Holo', () => {
  const targets = {
    staging: { url: 'https://staging.example.com' },
    production: { url: 'https://shop.example.com', tokenEnv: 'HOLO_SHOP_TOKEN' },
  }
  const opened = async (args: readonly string[], env: Record<string, string> = {}) =>
    run(['open', '--print', ...args], { env })

  it('is --url before --target, HOLO_URL and holo.json', async () => {
    await write('holo.json', { target: 'staging', targets })
    const env = { HOLO_URL: 'https://variable.example.com' }
    expect((await opened(['--url', 'https://a.example.com'], env)).stdout).toBe(
      'https://a.example.com/\n',
    )
    expect((await opened(['--target', 'production'], env)).stdout).toBe(
      'https://shop.example.com/\n',
    )
    expect((await opened([], env)).stdout).toBe('https://variable.example.com/\n')
    expect((await opened([])).stdout).toBe('https://staging.example.com/\n')
  })

  it('need not be in a holo.json that has something else to say', async () => {
    await write('holo.json', { rollouts: { weekday: { preset: 'standard' } } })
    const env = { HOLO_URL: 'https://variable.example.com' }
    expect((await opened([], env)).stdout).toBe('https://variable.example.com/\n')
    const { code, stderr } = await opened([])
    expect(code).toBe(2)
    expect(stderr).toContain('holo.json has no target')
    expect(stderr).toContain('holo init')
  })

  it('has to be named where there are several', async () => {
    await write('holo.json', { targets })
    const { code, stderr } = await opened([])
    expect({
      code,
      asks: stderr.includes('holo.json has several targets: staging, production'),
    }).toEqual({
      ...{ code: 2, asks: true },
    })
  })

  it.each([
    ['http://shop.example.com', 'with http:// others in the network could read the token'],
    ['https://anna:secret@shop.example.com', 'contains a user name or password'],
    ['shop.example.com', 'takes an address such as'],
  ])('is not %s', async (url, sentence) => {
    const { code, stderr } = await opened(['--url', url])
    expect({ code, told: stderr.includes(sentence) }).toEqual({ code: 2, told: true })
  })

  it.each([
    ['{', 'is not JSON'],
    ['{ "targets": { "a": { "url": "shop" } } }', 'targets.a.url'],
    ['{ "targets": {}, "token": "x" }', 'Unrecognized key: "token"'],
  ])('is not known from a holo.json such as %s', async (text, sentence) => {
    await write('holo.json', text)
    const { code, stderr } = await opened([])
    expect({ code, told: stderr.includes(sentence), stderr }).toMatchObject({ code: 2, told: true })
  })
})

describe('help', () => {
  it.each(COMMAND_ROWS.map(({ name }) => name))(
    'of holo %s has examples and every option',
    async (name) => {
      const { stdout, code } = await run([...name.split(' '), '--help'])
      expect(code).toBe(0)
      expect(stdout).toContain(`Usage: holo ${name}`)
      expect(stdout).toContain('Examples:\n  holo ')
      expect(stdout).toContain('--json')
    },
  )

  it('lists every command and the exit codes', async () => {
    const { stdout } = await run(['--help'])
    for (const { name } of COMMAND_ROWS) expect(stdout).toContain(`  ${name.split(' ')[0]}`)
    expect(stdout).toContain('0 done, 1 refused, 2 misuse, 3 unreachable, 4')
  })
})
