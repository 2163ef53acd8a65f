// What somebody sees who has just installed Holo: nothing is published, and every command that needs
// something says how to begin. Then the first version, and who that is.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMAND_ROWS } from '../../src/cli/commands.ts'
import { toTable } from '../../src/cli/table.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { holo } from '../support/cli.ts'
import { exampleDocument } from '../support/document.ts'
import { makeWorkFolder } from '../support/start-process.ts'

let folder: Awaited<ReturnType<typeof makeWorkFolder>>
let edge: AdminEdge

const FLAG = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'on' }

beforeAll(async () => {
  folder = await makeWorkFolder()
  await mkdir(join(folder.path, 'dist'))
  await writeFile(join(folder.path, 'dist/index.html'), '<h1>page</h1>')
  await writeFile(join(folder.path, 'rules.json'), '[]')
  await writeFile(join(folder.path, 'flag.json'), JSON.stringify(FLAG))
  await writeFile(join(folder.path, 'flags.json'), JSON.stringify({ flags: { dark: FLAG } }))
  await writeFile(join(folder.path, 'flag-tests.json'), '[{"flag":"dark","value":true}]')
  const document = JSON.stringify(exampleDocument())
  await writeFile(join(folder.path, 'assignments.json'), document)
  edge = await startAdminEdge({ isEmpty: true })
})
afterAll(async () => {
  await edge?.stop()
  await folder?.remove()
})

const run = (args: readonly string[], token = FIRST_TOKEN, columns = 80, isTerminal = false) =>
  holo(args, {
    cwd: folder.path,
    columns,
    env: { HOLO_URL: edge.url.origin, HOLO_TOKEN: token },
    ...(isTerminal ? { typed: '' } : {}),
  })

/** Whatever each takes; what needs no document is left out. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  shift: ['canary=5'],
  point: ['main', '1.0.0'],
  swap: ['main', 'canary'],
  withdraw: ['1.0.0'],
  'versions abort': ['1.0.0'],
  'rollout start': ['1.0.0'],
  'env add': ['qa', '1.0.0'],
  'env set': ['qa', '--restricted'],
  'env remove': ['qa'],
  'rules set': ['rules.json'],
  'flags get': ['dark'],
  'flags set': ['dark', 'flag.json'],
  'flags toggle': ['dark', 'off'],
  'flags import': ['flags.json'],
  'flags explain': ['dark'],
  'flags test': ['flag-tests.json'],
  'experiment stop': ['dark'],
  'tab-pins': ['on'],
  explain: ['/'],
  'shadow ramp': ['main'],
  open: ['qa'],
  diff: ['assignments.json'],
  'token create': ['ci', '--scope', 'read'],
  preview: ['1.0.0'],
  'webhooks add': ['team', 'https://hooks.example.com/', '--form', 'slack'],
}

describe('an empty Holo', () => {
  /** What begins something, or asks for nothing that could be there. */
  const APART = [
    'publish',
    'import',
    'token revoke',
    'versions abort',
    'previews revoke',
    'previews rotate',
    'webhooks remove',
    'webhooks resume',
    'webhooks test',
    'webhooks deliveries',
    'webhooks redeliver',
    'freeze',
    'unfreeze',
    'windows set',
    'windows show',
  ]
  const names = COMMAND_ROWS.filter(
    ({ name, scope }) => scope !== 'none' && !APART.includes(name),
  ).map(({ name }) => name)
  /** These have something to show even here. */
  const SHOWN = [
    'rollout history',
    'errors',
    'shadow report',
    'metrics export',
    'log',
    'verify',
    'dora',
    'whoami',
    'dashboard',
    'mcp',
    'previews',
    'webhooks list',
    'webhooks add',
    'token list',
    'token create',
  ]

  it.each(names)('is told of by holo %s, with --first', async (name) => {
    const ran = await run([...name.split(' '), ...(ARGUMENTS[name] ?? [])])
    if (SHOWN.includes(name)) return expect(ran.code).toBe(0)
    expect(ran.code).toBe(1)
    expect(ran.stderr).toContain('--first main')
  })

  it.each(['status 7', 'pause 7', 'explain 7'])(
    'is told of by holo rollout %s as well, which names one',
    async (words) => {
      const ran = await run(['rollout', ...words.split(' ')])
      expect(ran.code).toBe(1)
      expect(ran.stderr).toContain('--first main')
    },
  )

  it('is begun by what it says', async () => {
    const author = ['--commit', 'c0ffee'.repeat(6), '--author', 'Anna <anna@example.com>']
    const args = ['publish', './dist', '--version', '1.0.0', '--first', 'main', '--yes']
    expect((await run([...args, ...author])).code).toBe(0)
    expect((await run(['status'])).code).toBe(0)
    // Nobody can guess which ids get which version.
    const { stdout } = await run(['export'])
    expect(JSON.parse(stdout).document.salt).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)
  })
})

describe('a Holo with a version', () => {
  it('shows who has published it from which commit', async () => {
    const { stdout } = await run(['versions'], FIRST_TOKEN, 200)
    const [head = '', row = ''] = stdout.split('\n')
    expect(head.split(/ {2,}/)).toEqual([
      'version',
      'published',
      'environments',
      'state',
      'use',
      'commit',
      'author',
    ])
    expect(row).toContain('  in use: no call known  ')
    expect(row).toContain('c0ffeec0ff  Anna <anna@example.com>')
    const { json } = await run(['versions', '--json'])
    expect(json?.versions).toMatchObject([
      {
        id: '1.0.0',
        commit: 'c0ffee'.repeat(6),
        author: 'Anna <anna@example.com>',
        drain: { state: 'inUse', tabs: null, lastRequestAt: null, services: [] },
      },
    ])
  })

  it('says who one is', async () => {
    const token = await edge.createToken(['read', 'shift'], 'anna')
    const { stdout, json: none } = await run(['whoami'], token)
    expect(none).toBeUndefined()
    expect(stdout).toMatch(
      /^anna {2}\(token [0-9a-f]{16}\)\nscopes: read, shift\nat 127\.0\.0\.1:\d+\n$/,
    )
    const { json } = await run(['whoami', '--json'], token)
    expect(json).toMatchObject({
      ok: true,
      actor: 'anna',
      kind: 'token',
      scopes: ['read', 'shift'],
    })
    expect(JSON.stringify(json)).not.toContain(token)
    expect((await run(['whoami', '--json'])).json).toMatchObject({
      actor: 'first token',
      token: 'first',
      scopes: ['admin'],
    })
  })

  it('says so to an identity of Access as well, and to nobody without a credential', async () => {
    const jwt = await edge.team.sign()
    const headers = { 'cf-access-jwt-assertion': jwt }
    const { status, body } = await edge.call('GET', '/.holo/api/whoami', { headers })
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject({ kind: 'access', scopes: ['read', 'shift'] })
    expect(JSON.parse(body).token).toBeUndefined()
    expect((await edge.call('GET', '/.holo/api/whoami')).status).toBe(401)
  })

  it('shows the whole of a long reason, and everything beside it', async () => {
    const reason = Array.from({ length: 60 }, (_, n) => `word${n}`).join(' ')
    await run(['env', 'add', 'canary', '1.0.0', '--yes', '--reason', reason])
    for (const columns of [100, 60, 30]) {
      const { stdout } = await run(['log', '--limit', '1'], FIRST_TOKEN, columns, true)
      const words = stdout.split(/\s+/)
      for (let n = 0; n < 60; n++) expect(words).toContain(`word${n}`)
      // What was done is shown beside why.
      expect(stdout.replaceAll(/\s/g, '')).toContain('"canary"')
      expect(stdout).toContain('first token')
    }
  })
})

describe('a table', () => {
  it('has a name above every column', async () => {
    for (const args of [['versions'], ['env', 'list'], ['log'], ['token', 'list'], ['status']]) {
      const { stdout } = await run(args, FIRST_TOKEN, 300)
      const lines = stdout.split('\n')
      const at = lines.findIndex((line) => /^(?:version|environment|time|id) /.test(line))
      const [head = '', row = ''] = lines.slice(at)
      expect(head.split(/ {2,}/).length).toBeGreaterThanOrEqual(row.split(/ {2,}/).length)
    }
  })

  it('breaks its last column, and leaves out one that is empty', () => {
    const rows = [
      ['1', '', 'a reason that is longer than there is room for it'],
      ['2', '', 'short'],
    ]
    expect(toTable(['row', 'none', 'why'], rows, 30)).toEqual([
      'row  why',
      '1    a reason that is longer',
      '     than there is room for it',
      '2    short',
    ])
  })
})
