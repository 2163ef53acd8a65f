// How a change goes: what it would move is shown first, somebody is asked, and nothing happens that
// was not confirmed.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { holo, NOTHING_YET, type RunOptions } from '../support/cli.ts'

/** More than the default: `--wait` follows the setting of the edge. */
const STALE_AFTER_MS = 5500

let folder: string
let edge: AdminEdge

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holo-cli-'))
  edge = await startAdminEdge({ variables: { STALE_AFTER_MS: String(STALE_AFTER_MS) } })
  const target = { url: edge.url.origin, tokenFile: 'token', protected: true }
  const config = {
    target: 'staging',
    targets: { staging: { ...target, protected: false }, production: target },
  }
  await writeFile(join(folder, 'holo.json'), JSON.stringify(config))
  await writeFile(join(folder, 'token'), `${FIRST_TOKEN}\n`)
  await holo(['login', edge.url.origin])
})
afterAll(async () => {
  await edge?.stop()
  await rm(folder, { recursive: true, force: true })
})

const run = (args: readonly string[], options: RunOptions = {}) =>
  holo(args, { cwd: folder, ...options })

async function revision(): Promise<number> {
  const { json } = await run(['env', 'list', '--json'])
  return Number(json?.revision)
}

async function percentOf(name: string): Promise<number | undefined> {
  const { json } = await run(['status', '--json'])
  const environments = json?.environments as { name: string; percent: number }[]
  return environments.find((one) => one.name === name)?.percent
}

describe('before a change', () => {
  beforeEach(() => run(['shift', 'canary=0', '--yes']))

  it('says who gives how much to whom, and how many visitors get another version', async () => {
    const { stdout } = await run(['shift', 'canary=12.5', '--dry-run'])
    expect(stdout).toMatch(/^Shift canary 12.5 % at staging, revision \d+ → \d+$/m)
    expect(stdout).toContain('  main gives 1,250 of 10,000 buckets to canary: 12.5 % of visitors\n')
    expect(stdout).toContain('  12.5 % of visitors go from v1 to v2\n')
    expect(await percentOf('canary')).toBe(0)
  })

  it('says who gets another version when an environment is pointed elsewhere', async () => {
    const { json } = await run(['point', 'main', 'v2', '--dry-run', '--json'])
    expect(json).toMatchObject({
      ...{ dryRun: true, changed: false, moved: [] },
      versions: [{ from: 'v1', to: 'v2', buckets: 10_000, percent: 100 }],
      changes: ['environment main: v1 → v2'],
    })
  })

  it('asks on a terminal, and takes only yes for yes', async () => {
    const before = await revision()
    for (const typed of ['n\n', '\n', 'maybe\n', '']) {
      const ran = await run(['shift', 'canary=10'], { typed })
      expect(ran.stderr).toContain('Continue? [y/N] ')
      expect(ran.stderr).toContain('you did not confirm the change: nothing was changed')
      expect(ran.code).toBe(1)
    }
    expect(await revision()).toBe(before)
    const done = await run(['shift', 'canary=10'], { typed: 'y\n' })
    expect({ code: done.code, percent: await percentOf('canary') }).toEqual({
      code: 0,
      percent: 10,
    })
    expect(done.stderr).toContain('main gives 1,000 of 10,000 buckets to canary')
  })

  it('takes Ctrl-C at the question for the end, and not for an answer', async () => {
    const stop = new AbortController()
    const asked = run(['shift', 'canary=10'], {
      ...{ typed: NOTHING_YET, signal: stop.signal },
      onQuestion: () => stop.abort(),
    })
    expect((await asked).code).toBe(130)
    expect(await percentOf('canary')).toBe(0)
  })

  it('asks for the name of a protected target, whatever --yes says', async () => {
    const args = ['shift', 'canary=10', '--target', 'production']
    const mistaken = await run([...args, '--yes'], { typed: 'y\n' })
    expect(mistaken.stderr).toContain('Type "production" to continue: ')
    expect({ code: mistaken.code, percent: await percentOf('canary') }).toEqual({
      code: 1,
      percent: 0,
    })
    const meant = await run(args, { typed: 'production\n' })
    expect({ code: meant.code, percent: await percentOf('canary') }).toEqual({
      code: 0,
      percent: 10,
    })
    const piped = await run(['shift', 'canary=5', '--target', 'production', '--yes'])
    expect({ code: piped.code, percent: await percentOf('canary') }).toEqual({
      code: 0,
      percent: 5,
    })
  })

  it('does nothing where there is nothing to do, and asks nobody', async () => {
    const before = await revision()
    const { stdout, code } = await run(['shift', 'canary=0'])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `Nothing to do: revision ${before} already has this content\n`,
    })
  })
})

describe('a change', () => {
  it('stands in the log with its reason', async () => {
    await run(['shift', 'canary=7', '--yes', '--reason', 'build 812'])
    const { json } = await run(['log', '--limit', '1', '--json'])
    expect(json?.rows).toMatchObject([
      { action: 'shift', reason: 'build 812', actor: 'first token' },
    ])
  })

  it('says what has changed since, when it was made for an earlier revision', async () => {
    const seen = await revision()
    await run(['shift', 'canary=8', '--yes', '--reason', 'in between'])
    const ran = await run(['shift', 'canary=9', '--yes', '--if-revision', String(seen)])
    expect(ran.code).toBe(4)
    expect(ran.stderr).toMatch(/first token {2}shift {2}\(in between\)/)
    const { json } = await run([
      'shift',
      'canary=9',
      '--yes',
      '--if-revision',
      String(seen),
      '--json',
    ])
    expect(json).toMatchObject({ exitCode: 4, error: { code: 'stale', current: seen + 1 } })
  })

  it('is waited for until it is everywhere', async () => {
    const { json, code } = await run(['shift', 'canary=11', '--yes', '--wait', '--json'])
    expect({ code, changed: json?.changed }).toEqual({ code: 0, changed: true })
    // The promise of docs/operations.md: no page is decided on an older copy than that.
    expect(Number(json?.everywhereMs)).toBeGreaterThanOrEqual(STALE_AFTER_MS - 10)
    expect(Number(json?.publishedMs)).toBeLessThanOrEqual(Number(json?.everywhereMs))
  })

  it('says of a rollback what it cannot reach at once', async () => {
    const { json } = await run(['rollback', '--yes', '--wait', '--json'])
    expect(json?.reachedLater).toEqual([
      expect.stringMatching(/^open tabs: .* "holo withdraw VERSION" /),
      expect.stringMatching(/^pages that a service worker shows from its cache: .*Angular/),
      expect.stringMatching(/^pages that a browser keeps in memory for Back and Forward: /),
      expect.stringMatching(/^a release that differs in no file which the service worker keeps: /),
    ])
  })

  it('swaps two environments in one revision, and back', async () => {
    const before = await revision()
    const versions = async () => {
      const { json } = await run(['env', 'list', '--json'])
      const all = json?.environments as { name: string; version: string }[]
      return Object.fromEntries(all.map(({ name, version }) => [name, version]))
    }
    const { main, canary } = await versions()
    const there = await run(['swap', 'main', 'canary', '--yes'])
    expect(there.stdout).toContain('Next: holo swap main canary    # undoes it')
    expect(await versions()).toMatchObject({ main: canary, canary: main })
    expect(await revision()).toBe(before + 1)
    await run(['swap', 'main', 'canary', '--yes'])
    expect(await versions()).toMatchObject({ main, canary })
  })

  it('is rolled back to the last revision by which visitors got something else', async () => {
    await run(['shift', 'canary=40', '--yes'])
    await run(['shift', 'canary=60', '--yes'])
    const { json } = await run(['rollback', '--yes', '--json'])
    expect(json).toMatchObject({
      changed: true,
      moved: [{ from: 'canary', to: 'main', buckets: 2000 }],
    })
    expect(await percentOf('canary')).toBe(40)
  })

  it('withdraws a version and restores it, and refuses one that somebody points at', async () => {
    await run(['point', 'secret', 'v1', '--yes'])
    const gone = await run(['withdraw', 'v3', '--yes', '--wait'])
    expect(gone.stderr).toContain('version v3: withdrawn')
    // Open tabs are reached at once.
    expect(gone.stdout).toContain('Not reached yet:\n  pages that a service worker')
    expect(gone.stdout).not.toContain('open tabs')
    expect((await run(['versions'])).stdout).toMatch(/^v3 .*withdrawn/m)
    const point = await run(['point', 'canary', 'v3', '--yes'])
    expect(point.code).toBe(1)
    expect(point.stderr).toContain('version "v3" is withdrawn')
    expect((await run(['withdraw', 'v3', '--restore', '--yes'])).code).toBe(0)
    const used = await run(['withdraw', 'v1', '--yes'])
    expect(used.code).toBe(1)
    expect(used.stderr).toContain('point at version "v1": point at another first')
  })

  it('says who can still see what goes out of an environment', async () => {
    const host = ['--host', 'pr-12.example.com']
    await run(['env', 'add', 'pr-12', 'v3', ...host, '--yes'])
    const listed = await run(['versions'])
    expect(listed.stdout).toMatch(/^v3 .*\bpreview\b/m)
    const planned = await run(['env', 'set', 'pr-12', '--restricted', '--dry-run'])
    expect(planned.stdout).toContain('version v3 can still be seen in pr-12 with a grant')
    const removed = await run(['env', 'remove', 'pr-12', '--yes', '--json'])
    expect(removed.json?.closed).toMatchObject([{ version: 'v3' }])
  })

  it('makes, changes and removes environments', async () => {
    const host = 'qa.example.com'
    expect(
      (await run(['env', 'add', 'qa', 'v2', '--restricted', '--host', host, '--yes'])).code,
    ).toBe(0)
    expect((await run(['env', 'add', 'qa', 'v2', '--yes'])).stderr).toContain(
      'the environment "qa" already exists',
    )
    expect((await run(['open', 'qa', '--print'])).stdout).toBe(`http://${host}:${edge.url.port}/\n`)
    await run(['env', 'set', 'qa', '--public', '--no-hosts', '--yes'])
    const { json } = await run(['env', 'list', '--json'])
    expect(json?.environments).toContainEqual({
      name: 'qa',
      version: 'v2',
      restricted: false,
      hosts: [],
      percent: 0,
    })
    expect((await run(['env', 'remove', 'qa', '--yes'])).code).toBe(0)
  })

  it('takes rules from a file, as they were listed', async () => {
    const rules = [
      { name: 'staff', environment: 'canary', when: { '==': [{ var: 'cookie.staff' }, '1'] } },
    ]
    const set = await run(['rules', 'set', '-', '--yes'], { input: JSON.stringify({ rules }) })
    expect({ code: set.code, told: set.stderr.includes('rule "staff": new') }).toEqual({
      code: 0,
      told: true,
    })
    const { json } = await run(['rules', 'list', '--json'])
    expect(json?.rules).toEqual(rules)
    const explained = await run(['explain', '/', '--cookie', 'staff=1', '--json'])
    expect(explained.json?.decision).toMatchObject({ environment: 'canary', rule: 'staff' })
  })

  it('takes flags from a file of flagd, tries them, and switches one off', async () => {
    const file = {
      $schema: 'https://flagd.dev/schema/v0/flags.json',
      flags: {
        banner: {
          state: 'ENABLED',
          variants: { on: true, off: false },
          defaultVariant: 'off',
          targeting: { if: [{ $ref: 'staff' }, 'on'] },
        },
      },
      $evaluators: { staff: { ends_with: [{ var: 'email' }, '@example.com'] } },
    }
    const input = JSON.stringify(file)
    const imported = await run(['flags', 'import', '-', '--yes'], { input })
    expect(imported.stderr).toContain('flag banner: new')
    const { json: listed } = await run(['flags', 'list', '--json'])
    expect(listed?.flags).toMatchObject([{ key: 'banner', state: 'ENABLED', targeted: true }])
    const { json: exported } = await run(['flags', 'export', '--json'])
    expect(exported).toMatchObject({ flags: file.flags, $evaluators: file.$evaluators })
    const staff = ['--context', '{"email":"a@example.com"}']
    const explained = await run(['flags', 'explain', 'banner', ...staff])
    expect(explained.stdout).toContain('banner is true: variant on, TARGETING_MATCH')
    const table = [
      { flag: 'banner', context: { email: 'a@example.com' }, value: true },
      { flag: 'banner', value: false, reason: 'DEFAULT' },
    ]
    const tested = await run(['flags', 'test', '-'], { input: JSON.stringify(table) })
    expect([tested.code, tested.stdout]).toEqual([0, '2 passed, 0 failed\n'])
    const off = await run(['flags', 'toggle', 'banner', 'off', '--yes'])
    expect(off.stderr).toContain('flag banner: off')
    const again = await run(['flags', 'test', '-'], { input: JSON.stringify(table) })
    expect([again.code, again.stdout]).toEqual([1, expect.stringContaining('2 failed')])
    const misspelt = await run(['flags', 'toggle', 'baner', 'off', '--yes'])
    expect([misspelt.code, misspelt.stderr]).toEqual([1, expect.stringContaining('banner')])
    expect((await run(['flags', 'set', 'banner', '--remove', '--yes'])).code).toBe(0)
    expect((await run(['flags', 'list'])).stdout).toBe('There are no flags\n')
  })
})

describe('a token', () => {
  it('is shown when it is made, works, and is refused once it is revoked', async () => {
    const made = await run(['token', 'create', 'board', '--scope', 'read', '--expires', '1d'])
    const token = made.stdout.trim()
    expect(token).toMatch(/^holo_[0-9a-f]{16}_/)
    expect(made.stderr).not.toContain(token)
    const env = { HOLO_URL: edge.url.origin, HOLO_TOKEN: token }
    expect((await run(['status'], { env })).code).toBe(0)
    const { json } = await run(['token', 'list', '--json'])
    const [{ id = '' } = {}] = (json?.tokens ?? []) as { id?: string }[]
    expect(JSON.stringify(json)).not.toContain(token)
    expect((await run(['token', 'revoke', id], { typed: 'y\n' })).code).toBe(0)
    expect((await run(['status'], { env })).code).toBe(1)
  })

  it('is known by its id in the log, whatever its name says', async () => {
    const make = ['token', 'create', 'first token', '--scope', 'shift']
    const env = { HOLO_URL: edge.url.origin, HOLO_TOKEN: (await run(make)).stdout.trim() }
    const id = env.HOLO_TOKEN.split('_')[1] ?? ''
    expect((await run(['shift', 'canary=9', '--yes'], { env })).code).toBe(0)
    await run(['shift', 'canary=8', '--yes'])
    const { stdout } = await run(['log', '--limit', '2'], { columns: 200 })
    const rows = stdout.split('\n').filter((line) => line.includes('  shift  '))
    expect(rows).toHaveLength(2)
    expect(rows[0]).toMatch(/ {2}first token {2}first +shift {2}/)
    expect(rows[1]).toMatch(new RegExp(` {2}first token {2}${id} +shift {2}`))
  })

  it('is in nothing that is printed, with --verbose either', async () => {
    for (const args of [['status'], ['explain', '/'], ['export'], ['shift', 'canary=1', '--yes']]) {
      for (const more of [['--verbose'], ['--verbose', '--json']]) {
        const { stdout, stderr } = await run([...args, ...more])
        expect(stdout + stderr).not.toContain(FIRST_TOKEN)
        expect(stderr).toContain('/.holo/api/')
      }
    }
  })
})
