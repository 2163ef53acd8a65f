// Every command, and everything that can be in its way: the answer is a sentence, the exit code says
// what kind of trouble it is, and nobody sees a stack trace.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CommandScope } from '../../src/cli/command.ts'
import { COMMAND_ROWS } from '../../src/cli/commands.ts'
import { FOREIGN_WORDS } from '../../src/cli/foreign-words.ts'
import { findFreePort } from '../../src/local/ports.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { holo, type Ran, STACK_TRACE } from '../support/cli.ts'
import { exampleDocument } from '../support/document.ts'
import { openFreshWay } from '../support/fresh-addresses.ts'

let folder: string
let edge: AdminEdge
let way: Awaited<ReturnType<typeof openFreshWay>>
let nobody: string
const tokens: Partial<Record<CommandScope, string>> = {}

const FLAG = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'on' }
const EXPERIMENT = {
  ...FLAG,
  targeting: {
    fractional: [
      ['on', 1],
      ['off', 1],
    ],
  },
  experiment: { metrics: ['errors'], base: 'off' },
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holo-cli-'))
  await mkdir(join(folder, 'dist'))
  await writeFile(join(folder, 'dist/index.html'), '<h1>page</h1>')
  await writeFile(join(folder, 'assignments.json'), JSON.stringify(exampleDocument()))
  await writeFile(join(folder, 'rules.json'), '[]')
  await writeFile(join(folder, 'experiment.json'), JSON.stringify(EXPERIMENT))
  await writeFile(join(folder, 'flag-before.json'), JSON.stringify({ ...FLAG, metadata: {} }))
  await writeFile(join(folder, 'flag.json'), JSON.stringify(FLAG))
  await writeFile(join(folder, 'flags.json'), JSON.stringify({ flags: { dark: FLAG } }))
  await writeFile(join(folder, 'flag-tests.json'), '[{"flag":"dark","value":true}]')
  await writeFile(join(folder, 'broken.json'), '{ "schema": 2')
  edge = await startAdminEdge()
  way = await openFreshWay(edge.url)
  for (const scope of ['read', 'publish', 'shift'] as const) {
    tokens[scope] = await edge.createToken([scope])
  }
  // Something to go back from, a version that nobody points at, and a document that is another one.
  await run('shift', ['canary=3', '--yes'])
  await run('point', ['secret', 'v1', '--yes'])
  const { json } = await run('export', ['--json'])
  const { document } = (json?.export ?? {}) as { document?: object }
  const imported = { ...document, traffic: { main: 50, canary: 50 } }
  await writeFile(join(folder, 'imported.json'), JSON.stringify(imported))
  await run('flags set', ['dark', 'flag-before.json', '--yes'])
  await run('flags set', ['trial', 'experiment.json', '--yes'])
  await makePastRollout()
  nobody = `http://127.0.0.1:${await findFreePort('127.0.0.1')}`
})
afterAll(async () => {
  way?.close()
  await edge?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** The one with the number 1, which is over. */
async function makePastRollout(): Promise<void> {
  await must('rollout start', 'v2')
  await must('rollout abort')
}

async function must(name: string, ...more: readonly string[]): Promise<void> {
  const { code, stderr } = await run(name, [...more, '--yes'])
  if (code !== 0) throw new Error(`${name}: ${stderr}`)
}

type Row = {
  readonly works: readonly string[]
  /** Arguments that can never be right. */
  readonly bad: readonly string[]
}

/** By name: arguments that work with the edge of these tests, and such that cannot. */
const ROWS: Readonly<Record<string, Row>> = {
  init: { works: ['--url', 'https://shop.example.com', '--force'], bad: ['--url', 'shop'] },
  dev: { works: ['dist', '--for', '1'], bad: ['dist', '--port', 'http'] },
  deploy: { works: ['--dry-run'], bad: ['--keep', 'pocket'] },
  doctor: { works: [], bad: ['one', 'too-many'] },
  login: { works: ['https://shop.example.com'], bad: ['shop'] },
  publish: { works: ['dist', '--version', '1.0.0'], bad: ['dist', '--version', 'no spaces'] },
  versions: { works: [], bad: ['one-too-many'] },
  'versions abort': { works: ['0.0.7'], bad: ['no spaces'] },
  status: { works: [], bad: ['--interval', 'often'] },
  watch: { works: ['--times', '1'], bad: ['--every', 'often'] },
  shift: { works: ['canary=5'], bad: ['canary=five'] },
  point: { works: ['canary', 'v1'], bad: ['Canary!', 'v1'] },
  swap: { works: ['main', 'canary'], bad: ['main', 'main'] },
  rollback: { works: ['--to', '1'], bad: ['--to', 'yesterday'] },
  withdraw: { works: ['v3'], bad: ['no spaces'] },
  freeze: {
    works: ['--reason', 'x', '--yes'],
    bad: ['--reason', 'x', '--until', '2999-02-30T10:00Z'],
  },
  unfreeze: { works: ['--yes'], bad: ['one-too-many'] },
  'windows show': { works: [], bad: ['one-too-many'] },
  'windows set': { works: ['--clear', '--yes'], bad: ['always', '--zone', 'UTC'] },
  'rollout plan': { works: ['instant', '--visitors', '1/min'], bad: ['standrad'] },
  'rollout start': { works: ['v2'], bad: ['no spaces'] },
  'rollout status': { works: ['1'], bad: ['first'] },
  'rollout pause': { works: ['1'], bad: ['first'] },
  'rollout resume': { works: ['1'], bad: ['first'] },
  'rollout advance': { works: ['1'], bad: ['first'] },
  'rollout promote': { works: ['1'], bad: ['first'] },
  'rollout abort': { works: ['1'], bad: ['first'] },
  'rollout explain': { works: ['1'], bad: ['first'] },
  'rollout replay': { works: ['1'], bad: ['first'] },
  'rollout history': { works: [], bad: ['--limit', 'all'] },
  'env list': { works: [], bad: ['one-too-many'] },
  'env add': { works: ['qa', 'v2'], bad: ['QA', 'v2'] },
  'env set': { works: ['canary', '--host', 'c.example.com'], bad: ['canary'] },
  'env remove': { works: ['secret'], bad: [] },
  'tab-pins': { works: ['on'], bad: ['maybe'] },
  'rules list': { works: [], bad: ['one-too-many'] },
  'rules set': { works: ['rules.json'], bad: ['broken.json'] },
  'flags list': { works: [], bad: ['one-too-many'] },
  'flags get': { works: ['dark'], bad: [] },
  'flags set': { works: ['dark', 'flag.json'], bad: ['dark'] },
  'flags toggle': { works: ['dark', 'off'], bad: ['dark', 'maybe'] },
  'flags export': { works: [], bad: ['one-too-many'] },
  'flags import': { works: ['flags.json'], bad: ['broken.json'] },
  'flags explain': { works: ['dark'], bad: ['dark', '--context', 'none'] },
  'flags test': { works: ['flag-tests.json'], bad: ['broken.json'] },
  'flags stale': { works: [], bad: ['one-too-many'] },
  'experiment status': { works: [], bad: ['one', 'too-many'] },
  'experiment stop': { works: ['trial'], bad: [] },
  preview: { works: ['v2'], bad: ['v2', '--for', 'ever'] },
  previews: { works: [], bad: ['one-too-many'] },
  'previews revoke': { works: ['abcdefghijkl'], bad: ['mine'] },
  'previews rotate': { works: [], bad: ['one-too-many'] },
  'webhooks list': { works: [], bad: ['one-too-many'] },
  'webhooks add': {
    works: ['team', 'https://hooks.example.com/', '--form', 'slack'],
    bad: ['team', 'https://hooks.example.com/', '--form', 'slak'],
  },
  'webhooks remove': { works: ['team'], bad: ['Team!'] },
  'webhooks resume': { works: ['team'], bad: ['Team!'] },
  'webhooks test': { works: ['team'], bad: ['Team!'] },
  'webhooks deliveries': { works: ['team'], bad: ['Team!'] },
  'webhooks redeliver': { works: ['team', '1'], bad: ['team', 'first'] },
  explain: { works: ['/', '--visitor', 'anna'], bad: ['/', '--at', 'yesterday'] },
  errors: { works: ['1.0.0', '--new'], bad: ['no spaces'] },
  'shadow report': { works: ['main', '--limit', '5'], bad: ['--limit', '61'] },
  'shadow ramp': { works: ['main', '--max', '300'], bad: ['main', '--max', '1001'] },
  'metrics export': { works: ['--last', '1h'], bad: ['--last', 'long'] },
  simulate: { works: ['instant'], bad: ['standrad'] },
  validate: { works: ['assignments.json'], bad: ['not-there.json'] },
  diff: { works: ['assignments.json'], bad: ['not-there.json'] },
  log: { works: [], bad: ['--limit', '1000'] },
  verify: { works: [], bad: ['--copy', 'not-there.json'] },
  dora: { works: ['main'], bad: ['--last', 'long'] },
  whoami: { works: [], bad: ['one-too-many'] },
  'token list': { works: [], bad: ['one-too-many'] },
  'token create': { works: ['ci', '--scope', 'read'], bad: ['ci', '--scope', 'reed'] },
  'token revoke': { works: ['0123456789abcdef'], bad: ['mine'] },
  gc: { works: [], bad: ['one-too-many'] },
  export: { works: [], bad: ['a', 'b'] },
  import: { works: ['imported.json'], bad: ['not-there.json'] },
  open: { works: ['secret'], bad: ['Secret!'] },
  dashboard: { works: [], bad: ['one-too-many'] },
  mcp: { works: [], bad: ['one-too-many'] },
}

const NAMES = COMMAND_ROWS.map(({ name }) => name)
const scopeOf = (name: string) => COMMAND_ROWS.find((row) => row.name === name)?.scope
const changesOf = (name: string) => COMMAND_ROWS.find((row) => row.name === name)?.changes
const ONLINE = NAMES.filter((name) => scopeOf(name) !== 'none' && name !== 'open')
/** The strongest scope that is not enough. */
const WEAKER: Partial<Record<CommandScope, CommandScope>> = {
  publish: 'shift',
  shift: 'publish',
  admin: 'shift',
}

function run(name: string, more: readonly string[], env: Record<string, string> = {}) {
  const args = [...name.split(' '), ...more]
  return holo(args, { cwd: folder, env: { HOLO_URL: way.url, HOLO_TOKEN: FIRST_TOKEN, ...env } })
}

function expectReadable({ stderr, stdout, code }: Ran, expected: number, sentence: RegExp): void {
  expect(stderr).toMatch(sentence)
  expect({ code, stdout }).toEqual({ code: expected, stdout: '' })
  expect(stderr).not.toMatch(STACK_TRACE)
}

const ofRow = (name: string) => ROWS[name] ?? { works: [], bad: [] }

it('is about every command', () => {
  expect(Object.keys(ROWS)).toEqual(NAMES)
})

describe.each(ONLINE)('holo %s', (name) => {
  const { works, bad } = ofRow(name)

  it('says that nobody answers: exit code 3', async () => {
    const ran = await run(name, [...works, ...yes(name)], { HOLO_URL: nobody })
    expectReadable(ran, 3, /^holo: http:\/\/127\.0\.0\.1:\d+ does not answer: ECONNREFUSED$/m)
  })

  it('says that the token does not count: exit code 1', async () => {
    const ran = await run(name, [...works, ...yes(name)], { HOLO_TOKEN: 'wrong' })
    expectReadable(ran, 1, /^holo: this Holo does not accept the token$/m)
  })

  it('says that there is no token: exit code 1', async () => {
    const ran = await run(name, [...works, ...yes(name)], { HOLO_TOKEN: '' })
    expectReadable(ran, 1, /^holo: there is no token$/m)
    expect(ran.stderr).toContain('HOLO_TOKEN')
  })

  it('says that no address is known: exit code 2', async () => {
    const ran = await run(name, [...works, ...yes(name)], { HOLO_URL: '' })
    expectReadable(ran, 2, /^holo: the address of Holo is missing$/m)
  })

  it('says what is wrong with an argument: exit code 2', async () => {
    const ran = await run(name, [...bad, ...yes(name)])
    expectReadable(ran, 2, /^holo: .+/)
  })

  it('says the same as JSON on standard output', async () => {
    const { stdout, stderr, code, json } = await run(name, [...bad, ...yes(name), '--json'])
    expect({ code, stderr, lines: stdout.trimEnd().split('\n').length }).toEqual({
      ...{ code: 2, stderr: '', lines: 1 },
    })
    expect(json).toMatchObject({ ok: false, exitCode: 2, error: { code: 'misuse' } })
  })
})

describe('a token that lacks the scope', () => {
  // What is over is refused whoever asks.
  beforeAll(() => must('rollout start', 'v2'))
  afterAll(() => must('rollout abort'))
  const argumentsOf = (name: string) => (/^rollout (?!start)/.test(name) ? [] : ofRow(name).works)

  it.each(ONLINE.filter((name) => scopeOf(name) !== 'read'))(
    'is named by holo %s',
    async (name) => {
      const scope = scopeOf(name) ?? 'admin'
      const token = tokens[WEAKER[scope] ?? 'read'] ?? ''
      const ran = await run(name, [...argumentsOf(name), ...yes(name)], { HOLO_TOKEN: token })
      expect(ran.stderr).toContain(`the token may not do this: it needs the scope "${scope}"`)
      expect(ran.code).toBe(1)
    },
  )
})

describe('a change of the document', () => {
  it.each(NAMES.filter(changesOf))(
    'is refused by holo %s when it has changed since',
    async (name) => {
      const more = [...ofRow(name).works, '--yes', '--if-revision', '999']
      const ran = await run(name, more)
      expectReadable(ran, 4, /^holo: the document has changed since the revision that you saw$/m)
      expect(ran.stderr).toMatch(/^ {2}the current revision is \d+; changes since then:/m)
    },
  )

  it.each([...NAMES.filter(changesOf), 'token revoke'])(
    'is not made by holo %s without a terminal and without --yes',
    async (name) => {
      const before = await edge.call('GET', '/.holo/api/revisions', { token: FIRST_TOKEN })
      const ran = await run(name, [...ofRow(name).works])
      expect(ran.stderr).toMatch(/^holo: there is no terminal to ask on, and --yes was not given$/m)
      expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 2, stdout: '' })
      const after = await edge.call('GET', '/.holo/api/revisions', { token: FIRST_TOKEN })
      expect(after.body).toBe(before.body)
    },
  )
})

describe('what is mistyped', () => {
  it.each([
    [['statsu'], /unknown command 'statsu'\n\(Did you mean status\?\)/],
    [['env', 'lst'], /unknown command 'lst'\n\(Did you mean list\?\)/],
    [['shift', 'canary=5', '--wiat'], /unknown option '--wiat'\n\(Did you mean --wait\?\)/],
    [['shift'], /missing required argument 'weights'/],
    [['env'], /name one of its commands/],
  ])('%j is misuse, with what may have been meant', async (args, sentence) => {
    expectReadable(await holo(args), 2, sentence)
  })

  it.each(['env', 'rollout', 'rules', 'flags', 'token', 'metrics'])(
    'lists the commands of holo %s when none is named',
    async (group) => {
      const { code, stdout, stderr } = await holo([group])
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      const own = COMMAND_ROWS.filter(({ name }) => name.startsWith(`${group} `))
      for (const { name, about } of own) {
        expect(stderr).toContain(name.slice(group.length + 1))
        expect(stderr).toContain(about.slice(0, 20))
      }
      const { json } = await holo([group, '--json'])
      const message = expect.stringMatching(/^name one of its commands: [a-z]+/)
      expect(json).toMatchObject({ ok: false, error: { code: 'misuse', message } })
    },
  )

  it.each([
    ['deployment', 'holo publish'],
    ['promote', 'holo rollout start VERSION'],
    ['promote 1.4.0', 'holo rollout start VERSION'],
    ['list', 'holo versions'],
    ['ls', 'holo versions'],
    ['logs --tail', 'holo log'],
    ['undo', 'holo rollback'],
    ['revert HEAD', 'holo rollback'],
    ['hosting:channel:deploy next', 'holo publish'],
    ['versions list', 'holo versions'],
    ['versions deploy', 'holo rollout start VERSION'],
    ['rollout undo', 'holo rollout abort'],
    ['rollout set weight 10', 'holo shift NAME=PERCENT'],
    ['env rm qa', 'holo env remove'],
    ['domains add x.example', 'holo env set NAME --host'],
    ['version', 'holo --version'],
    ['help upload', 'holo publish'],
    ['upload --help', 'holo publish'],
  ])('points from "holo %s" to what does it here', async (typed, own) => {
    const ran = await holo(typed.split(' '))
    expectReadable(ran, 2, /^holo: holo has no command "/m)
    expect(ran.stderr).toContain(`use instead: `)
    expect(ran.stderr).toContain(own)
  })

  it('points only to commands that there are', () => {
    for (const [typed, own] of Object.entries(FOREIGN_WORDS)) {
      const [first = '', second] = typed.split(' ')
      const isGroup = NAMES.some((name) => name.startsWith(`${first} `))
      expect(NAMES, `"${typed}" is a command by now`).not.toContain(typed)
      if (second !== undefined) expect(isGroup || NAMES.includes(first), typed).toBe(true)
      for (const [, command = ''] of own.matchAll(/\bholo ((?:[a-z]+ )?[a-z]+)/g)) {
        const isOurs = NAMES.some((name) => command === name || command.startsWith(`${name} `))
        expect(isOurs || /^(?:has|in|--)/.test(command), `${typed}: ${own}`).toBe(true)
      }
    }
  })

  it('suggests the environment that may have been meant', async () => {
    const ran = await run('shift', ['canry=5', '--yes'])
    expectReadable(ran, 1, /there is no environment "canry" \(did you mean "canary"\?\)/)
    expect(ran.stderr).toContain('the document has main, canary, secret')
  })

  it('suggests the target that may have been meant', async () => {
    const config = { targets: { production: { url: way.url } } }
    await writeFile(join(folder, 'targets.json'), JSON.stringify(config))
    const ran = await run('status', ['--config', 'targets.json', '--target', 'prodution'])
    expectReadable(ran, 2, /no target "prodution" \(did you mean "production"\?\)/)
  })

  it('shows the help for no command at all, as misuse', async () => {
    const { code, stdout } = await holo([])
    expect(code).toBe(2)
    expect(stdout).toContain('Usage: holo')
  })
})

/** Changes are meant: a question would hide what the test is about. */
function yes(name: string): readonly string[] {
  const asks =
    /^(?:token revoke|previews (?:revoke|rotate)|webhooks (?:remove|resume)|gc|rollout (?:pause|resume|advance|promote|abort))$/
  return changesOf(name) || asks.test(name) ? ['--yes'] : []
}
