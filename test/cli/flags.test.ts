// `holo flags import` of other systems' files, and `holo flags stale`, against the real API.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { holo, type RunOptions } from '../support/cli.ts'

let folder: string
let edge: AdminEdge
let env: Record<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holo-flags-'))
  edge = await startAdminEdge()
  env = { HOLO_URL: edge.url.origin, HOLO_TOKEN: FIRST_TOKEN, XDG_CACHE_HOME: folder }
})
afterAll(async () => {
  await edge?.stop()
  await rm(folder, { recursive: true, force: true })
})

const run = (args: readonly string[], options: RunOptions = {}) =>
  holo(['flags', ...args], { env, ...options })
const importFile = (file: object, ...more: string[]) =>
  run(['import', '-', '--yes', ...more], { input: JSON.stringify(file) })
const definitionOf = async (key: string) => (await run(['get', key, '--json'])).json?.flag

const FLAG = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' }
const SPLIT = { variations: [0, 1].map((variation) => ({ variation, weight: 50_000 })) }
const LAUNCH_DARKLY = {
  flags: {
    staff: {
      ...{ on: true, variations: [true, false], offVariation: 1, fallthrough: { variation: 1 } },
      rules: [
        { id: 'r', clauses: [{ attribute: 'team', op: 'in', values: ['web'] }], variation: 0 },
      ],
    },
    half: { on: true, variations: ['a', 'b'], offVariation: 1, fallthrough: { rollout: SPLIT } },
    child: {
      ...{ on: true, variations: [true, false], offVariation: 1, fallthrough: { variation: 0 } },
      prerequisites: [{ key: 'staff', variation: 0 }],
    },
  },
}

describe('holo flags import', () => {
  it('says what of an export is kept, and changes nothing in a dry run', async () => {
    const { code, stdout } = await importFile(LAUNCH_DARKLY, '--dry-run')
    expect([code, stdout]).toEqual([0, expect.stringContaining('2 flags kept, 1 left out')])
    expect(stdout).toContain('visitors keep their variants of staff\n')
    expect(stdout).toMatch(/visitors get other variants of half: .*50/)
    expect(stdout).toMatch(/left out child: .*"staff"/)
    expect((await run(['list'])).stdout).toBe('There are no flags\n')
  })

  it('imports what is kept, and evaluates it', async () => {
    const { json } = await importFile(LAUNCH_DARKLY, '--json')
    expect(json).toMatchObject({
      from: 'launchdarkly',
      changed: true,
      kept: [
        { key: 'staff', visitorsKeepVariants: true, dealtAnew: [], reads: ['team'] },
        { key: 'half', visitorsKeepVariants: false },
      ],
      leftOut: [{ key: 'child', reasons: [expect.stringContaining('staff')] }],
    })
    const explained = await run(['explain', 'staff', '--context', '{"team":"web"}'])
    expect(explained.stdout).toContain('staff is true')
    const again = await importFile(LAUNCH_DARKLY)
    expect(again.stdout).toMatch(/left out child.*\nNothing to do/)
  })

  it.each([
    [
      'Unleash',
      { features: [{ name: 'u', enabled: true, strategies: [{ name: 'default' }] }] },
      'u',
    ],
    ['GrowthBook', { features: { g: { defaultValue: false, rules: [{ force: true }] } } }, 'g'],
  ])('takes an export of %s', async (_, file, key) => {
    expect((await importFile(file)).code).toBe(0)
    expect((await run(['explain', key])).stdout).toContain(`${key} is true`)
  })

  it('refuses a file of which nothing can be kept, and one that it does not know', async () => {
    const { child } = LAUNCH_DARKLY.flags
    const none = await importFile({ flags: { child } }, '--json')
    const problem = { path: 'child', message: expect.stringContaining('staff') }
    expect(none).toMatchObject({ code: 1, json: { error: { code: 'not_imported' } } })
    expect(none.json?.error).toMatchObject({ problems: expect.arrayContaining([problem]) })
    const unknown = await importFile({ a: 1 })
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('--from')])
    expect((await importFile({ flags: {} }, '--from', 'other')).code).toBe(2)
  })

  it('keeps the shared parts of other flags, and takes back its own export', async () => {
    const one = { ...FLAG, targeting: { if: [{ $ref: 'web' }, 'on'] }, public: true }
    const $evaluators = { web: { in: ['web', { var: 'team' }] } }
    await importFile({ flags: { one }, $evaluators })
    const other = { ...FLAG, targeting: { if: [{ $ref: 'ops' }, 'on'] } }
    await importFile({ flags: { other }, $evaluators: { ops: { in: ['ops', { var: 'team' }] } } })
    const { stdout } = await run(['export'])
    expect(JSON.parse(stdout).$evaluators).toMatchObject({ web: {}, ops: {} })
    expect((await importFile(JSON.parse(stdout), '--replace')).stdout).toContain('Nothing to do')
    const changed = { flags: { other }, $evaluators: { ops: true, web: { in: ['x', 'y'] } } }
    const told = await importFile({
      ...changed,
      flags: { other: { ...other, targeting: { if: [{ $ref: 'web' }, 'on'] } } },
    })
    expect(told.stderr).toContain('the shared part "web" becomes another one, also for one')
  })

  it('leaves a flag as it is, also with --replace, where the file has one that is left out', async () => {
    const before = await definitionOf('staff')
    const file = { flags: { staff: { ...FLAG, targeting: { near: [1] } }, last: FLAG } }
    expect((await importFile(file, '--replace')).code).toBe(0)
    expect(await definitionOf('staff')).toEqual(before)
    const { json } = await run(['list', '--json'])
    expect(json?.flags).toMatchObject([{ key: 'staff' }, { key: 'last' }])
  })
})

describe('holo flags stale', () => {
  it('says which flags no version in use mentions, and which versions were not searched', async () => {
    const before = await run(['stale'])
    expect(before.stdout).toContain('Not known whether a version mentions: staff, last\n')
    expect(before.stdout).toMatch(/Not searched for flags: version /)
    await writeFile(join(folder, 'index.html'), '<script>getBooleanValue("staff", !1)</script>')
    const publish = (id: string) => holo(['publish', folder, '--version', id], { env })
    expect((await publish('f1')).code).toBe(0)
    const { json: versions } = await holo(['versions', '--json'], { env })
    const point = async (id: string) => {
      for (const { name } of environments(versions)) {
        await holo(['point', name, id, '--yes'], { env })
      }
    }
    await point('f1')
    await withdrawOthers('f1')
    const { json } = await run(['stale', '--json'])
    const lacking = [{ key: 'last', mentionedBy: [] }]
    expect(json).toMatchObject({ searched: ['f1'], notSearched: [], unmentioned: lacking })
    await writeFile(join(folder, 'index.html'), 'getBooleanValue("last")')
    expect((await publish('f2')).code).toBe(0)
    await point('f2')
    await withdrawOthers('f2')
    const { stdout } = await run(['stale'])
    expect(stdout).toContain('staff: no version in use mentions it; earlier ones did: f1\n')
    expect(stdout).toContain('the code of backends was not\n')
  })
})

type Version = { readonly id: string; readonly environments: readonly string[] }

function environments(json: Record<string, unknown> | undefined): { name: string }[] {
  const versions = (json?.versions ?? []) as Version[]
  return versions.flatMap((version) => version.environments.map((name) => ({ name })))
}

async function withdrawOthers(id: string): Promise<void> {
  const { json } = await holo(['versions', '--json'], { env })
  for (const version of (json?.versions ?? []) as Version[]) {
    if (version.id !== id) await holo(['withdraw', version.id, '--yes'], { env })
  }
}
