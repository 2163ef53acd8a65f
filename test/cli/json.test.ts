// What programs read: every command's --json is of its documented shape, and the JSON schemas that the
// package publishes are those of the code.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { SCHEMA_FILES, toSchemaText } from '../../scripts/schemas.ts'
import { COMMAND_ROWS } from '../../src/cli/commands.ts'
import { failureOutput } from '../../src/wire/output.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { holo, type Ran } from '../support/cli.ts'
import { exampleDocument } from '../support/document.ts'
import { makePackage } from '../support/package.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'

let folder: string
let edge: AdminEdge
let receiver: Receiver
let env: Record<string, string>
let root: string
let home: string

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
  folder = await mkdtemp(join(tmpdir(), 'holo-json-'))
  await writeFile(join(folder, 'index.html'), '<h1>page</h1>')
  await writeFile(join(folder, 'one.json'), JSON.stringify(exampleDocument()))
  const other = { ...exampleDocument(), traffic: { main: 90, canary: 10 } }
  await writeFile(join(folder, 'other.json'), JSON.stringify(other))
  await writeFile(join(folder, 'rules.json'), '[]')
  await writeFile(join(folder, 'flag.json'), JSON.stringify(FLAG))
  await writeFile(join(folder, 'experiment.json'), JSON.stringify(EXPERIMENT))
  await writeFile(join(folder, 'flags.json'), JSON.stringify({ flags: { dark: FLAG } }))
  await writeFile(join(folder, 'flag-tests.json'), '[{"flag":"dark","value":true}]')
  // A folder that holds node_modules is not published.
  home = await mkdtemp(join(tmpdir(), 'holo-package-'))
  root = await makePackage(home)
  edge = await startAdminEdge()
  receiver = await startReceiver()
  env = {
    HOLO_URL: edge.url.origin,
    HOLO_TOKEN: FIRST_TOKEN,
    XDG_CACHE_HOME: join(folder, 'cache'),
    STUB_FOLDER: home,
  }
})
afterAll(async () => {
  await edge?.stop()
  receiver?.stop()
  for (const made of [folder, home]) await rm(made, { recursive: true, force: true })
})

const omitOk = ({ ok: _, command: __, ...json }: Ran['json'] = {}) => json

const run = (args: readonly string[]) => holo([...args, '--json'], { env, cwd: folder, root })

/** In this order: each leaves what the next one needs. */
const CALLS: readonly (readonly [name: string, ...args: string[]])[] = [
  // With wrangler.toml, `deploy` below would find a file that is made for a package in this folder.
  ['init', '--url', 'https://shop.example.com', '--no-wrangler'],
  ['dev', '--any-folder', '--for', '1'],
  ['deploy', '--dry-run'],
  ['doctor'],
  ['login', 'https://shop.example.com'],
  ['publish', '.', '--version', '1.0.0'],
  ['publish', '.', '--version', '1.0.0-next', '--floor', '1.0.0'],
  ['versions'],
  ['status'],
  ['watch', '--times', '1'],
  ['shift', 'canary=5', '--yes', '--wait'],
  ['point', 'canary', '1.0.0', '--yes'],
  ['swap', 'main', 'canary', '--yes'],
  ['rollback', '--dry-run'],
  ['rollback', '--yes'],
  ['point', 'secret', 'v1', '--yes'],
  ['withdraw', 'v3', '--yes'],
  ['freeze', '--until', '8h', '--reason', 'incident 42', '--yes'],
  ['status'],
  ['windows set', 'mon-sun 00:00-24:00', '--zone', 'Europe/Berlin', '--yes'],
  ['windows show'],
  ['windows set', '--clear', '--yes'],
  ['unfreeze', '--reason', 'over', '--yes'],
  ['env list'],
  ['env add', 'qa', 'v2', '--restricted', '--yes'],
  ['env set', 'qa', '--host', 'qa.example.com', '--yes'],
  ['env remove', 'qa', '--yes'],
  ['rules list'],
  ['rules set', 'rules.json', '--yes'],
  ['flags set', 'dark', 'flag.json', '--yes'],
  ['flags list'],
  ['flags get', 'dark'],
  ['flags toggle', 'dark', 'off', '--yes'],
  ['flags import', 'flags.json', '--yes'],
  ['flags export'],
  ['flags stale'],
  ['flags explain', 'dark'],
  ['flags test', 'flag-tests.json'],
  ['flags set', 'trial', 'experiment.json', '--yes'],
  ['experiment status'],
  ['experiment stop', 'trial', '--give', 'on', '--yes'],
  ['tab-pins', 'on', '--yes'],
  ['explain', '/', '--visitor', 'anna'],
  ['explain', '--at', 'NOW', '--visitor', 'anna', '--link'],
  ['validate', 'one.json'],
  ['diff', 'one.json', 'other.json'],
  ['log'],
  ['log', '--limit', '1'],
  ['verify'],
  ['dora'],
  ['dora', 'main', '--last', '7d'],
  ['verify', '--files', '--quick'],
  ['preview', 'v2', '--for', '2h'],
  ['previews'],
  ['previews rotate', '--yes'],
  ['webhooks add', 'ci', 'RECEIVER', '--form', 'standard'],
  ['webhooks test', 'ci'],
  ['webhooks list'],
  ['webhooks resume', 'ci', '--yes'],
  ['token create', 'ci', '--scope', 'publish', '--expires', '30d'],
  ['whoami'],
  ['token list'],
  ['rollout plan', 'instant', '--visitors', '10/min'],
  ['rollout start', '1.0.0', '--yes'],
  ['rollout status'],
  ['rollout pause', '--yes'],
  ['rollout resume', '--yes'],
  ['rollout advance', '--dry-run'],
  ['rollout advance', '--yes'],
  ['rollout explain'],
  ['rollout promote', '--yes'],
  ['rollout start', 'v2', '--plan', 'careful', '--yes'],
  ['rollout abort', '--yes'],
  ['rollout replay'],
  ['rollout history'],
  ['errors', '--limit', '5'],
  ['shadow report', '--limit', '5'],
  ['metrics export'],
  ['metrics export', 'counts.json', '--last', '2d'],
  ['simulate', 'instant', '--runs', '2'],
  ['gc', '--dry-run'],
  ['gc', '--yes'],
  ['export'],
  ['export', 'backup.json'],
  ['import', 'backup.json', '--yes'],
  ['open'],
  ['dashboard'],
  ['mcp'],
]

describe('--json', () => {
  it('is of the documented shape, for every command', async () => {
    const seen = new Set<string>()
    for (const [name, ...args] of CALLS) {
      const row = COMMAND_ROWS.find((command) => command.name === name)
      if (!row) throw new Error(`there is no command ${name}`)
      const given = args.map((one) =>
        one === 'NOW' ? new Date().toISOString() : one.replace('RECEIVER', receiver.origin),
      )
      const { stdout, code, json } = await run([...name.split(' '), ...given])
      expect(code, `${name}: ${stdout}`).toBe(0)
      const whole = { ok: z.literal(true), command: z.literal(name), ...row.shape.shape }
      const parsed = z.strictObject(whole).safeParse(json)
      expect(parsed.error?.issues, `${name}: ${stdout}`).toBeUndefined()
      expect(stdout.endsWith('}\n')).toBe(true)
      seen.add(name)
    }
    const { json } = await run(['token', 'list'])
    const [{ id = '' } = {}] = (json?.tokens ?? []) as { id?: string }[]
    expect((await run(['token', 'revoke', id, '--yes'])).json).toMatchObject({ id, ok: true })
    seen.add('token revoke')
    const { stdout, json: link } = await run(['preview', '1.0.0'])
    expect(link, stdout).toMatchObject({ ok: true, versions: ['1.0.0'] })
    expect((await run(['previews', 'revoke', String(link?.id), '--yes'])).json).toMatchObject({
      ...{ ok: true, id: link?.id },
    })
    seen.add('previews revoke')
    await run(['export', 'before.json'])
    const { document } = JSON.parse(await readFile(join(folder, 'before.json'), 'utf8'))
    const { main, canary } = document.environments
    Object.assign(main, { version: 'v1', shadow: { to: 'canary', percent: 5 } })
    Object.assign(canary, { version: '1.0.0' })
    await writeFile(join(folder, 'shadowed.json'), JSON.stringify(document))
    await run(['import', 'shadowed.json', '--yes', '--below-floor'])
    const ramp = await run(['shadow', 'ramp', 'main', '--dry-run'])
    const rampOutput = COMMAND_ROWS.find(({ name }) => name === 'shadow ramp')?.shape
    expect(rampOutput?.safeParse(omitOk(ramp.json)).error?.issues, ramp.stdout).toBeUndefined()
    seen.add('shadow ramp')
    let event: { id?: number } | undefined
    await expect
      .poll(async () => {
        const told = (await run(['webhooks', 'deliveries', 'ci'])).json?.deliveries
        event = (told as { id: number; cause: string }[]).find(({ cause }) => cause === 'event')
        return event !== undefined
      })
      .toBe(true)
    expect((await run(['webhooks', 'redeliver', 'ci', String(event?.id)])).json).toMatchObject({
      ...{ ok: true, cause: 'redelivery', outcome: 'delivered', status: 200 },
    })
    expect((await run(['webhooks', 'remove', 'ci', '--yes'])).json).toMatchObject({ ok: true })
    for (const name of ['deliveries', 'redeliver', 'remove']) seen.add(`webhooks ${name}`)
    const [{ manifest = '' } = {}] = ((await run(['versions'])).json?.versions ?? []) as {
      manifest?: string
    }[]
    const begun = { manifest, createdAt: '2026-11-23T12:00:00Z' }
    await edge.call('PUT', '/.holo/api/uploads/crashed', { token: FIRST_TOKEN, json: begun })
    expect((await run(['versions', 'abort', 'crashed'])).json).toMatchObject({
      ...{ ok: true, version: 'crashed', verified: 0 },
    })
    expect((await run(['versions', 'abort', 'crashed'])).code).toBe(1)
    seen.add('versions abort')
    expect([...seen].sort()).toEqual(COMMAND_ROWS.map(({ name }) => name).sort())
  })

  it('says what the baseline of a rollout is, and that the weights are of three', async () => {
    const plan = { steps: [{ weight: 5, gate: 'manual' }], baseline: 'baseline' }
    await writeFile(join(folder, 'beside.json'), JSON.stringify(plan))
    for (const version of ['1.0.1', '1.0.0-fresh'])
      await run(['publish', '.', '--version', version])
    const start = ['rollout', 'start', '1.0.1', '--plan', 'beside.json', '--yes']
    expect((await run([...start, '--baseline-version', '1.0.0-fresh'])).json?.ok).toBe(true)
    const { json: status } = await run(['rollout', 'status'])
    const [rollout] = (status?.rollouts ?? []) as { base: string }[]
    expect(rollout).toMatchObject({
      baseline: { environment: 'baseline', version: '1.0.0-fresh', compared: true },
      weight: 5,
    })
    const { json } = await run(['rollout', 'abort', '--yes'])
    const does = `canary: 5 % → 0 % of the visitors of canary, baseline and ${rollout?.base}`
    expect(json).toMatchObject({ does, rollout: { phase: 'rolledBack' } })
    const missing = await run([...start, '--baseline-version', '9.9.9'])
    expect(missing.code).toBe(1)
    expect(JSON.stringify(missing.json)).toContain('9.9.9')
  })

  it('is of the documented shape for failures of every kind', async () => {
    const failing = [
      ['shift', 'canary=x'],
      ['no-such-command'],
      ['shift', 'canary=1', '--yes', '--if-revision', '1'],
      ['shift', 'main=150', '--yes'],
      ['point', 'canary', 'v9', '--yes'],
      ['validate', 'rules.json'],
      ['status', '--url', 'http://127.0.0.1:9'],
    ]
    const codes: unknown[] = []
    for (const args of failing) {
      const { json, code, stderr } = await run(args)
      expect(failureOutput.safeParse(json).error?.issues, JSON.stringify(json)).toBeUndefined()
      expect(json?.exitCode).toBe(code)
      expect(stderr).toBe('')
      codes.push(((json?.error ?? {}) as { code?: string }).code)
    }
    const expected = ['misuse', 'misuse', 'stale', 'misuse', 'unknown_name', 'invalid_document']
    expect(codes).toEqual([...expected, 'unreachable'])
  })

  it('is a line whenever something changes, with status --watch', async () => {
    const stop = new AbortController()
    const watched = holo(['status', '--watch', '--interval', '0.5', '--json'], {
      ...{ env, signal: stop.signal },
      onOutput: (text) => {
        if (text.includes('"percent":33')) stop.abort()
      },
    })
    await run(['shift', 'canary=33', '--yes'])
    const { stdout, code } = await watched
    const lines = stdout.trim().split('\n')
    expect(code).toBe(0)
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ ok: true, command: 'status' })
    expect(new Set(lines).size).toBe(lines.length)
  })
})

describe('the published JSON schemas', () => {
  it.each(Object.keys(SCHEMA_FILES))('%s is that of the code: npm run schemas', async (name) => {
    const file = new URL(`../../schemas/${name}`, import.meta.url)
    expect(await readFile(file, 'utf8')).toBe(toSchemaText(SCHEMA_FILES[name] ?? {}))
  })
})
