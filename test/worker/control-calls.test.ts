import { createScheduledController } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import type { ControlCalls } from '../../src/control/contract.ts'
import { createControl } from '../../src/control/control.ts'
import { SCOPE_OF_COMMAND } from '../../src/wire/commands.ts'
import worker from '../../src/worker.ts'
import { exampleDocument } from '../support/document.ts'
import { ALICE, env, namespace, toCaller, toChange, World } from './control-world.ts'

const REPLACE = toChange({ kind: 'replace', document: exampleDocument() }, 0)
const RECORD = {
  id: 'v1',
  manifest: '0'.repeat(64),
  services: [],
  files: 1,
  bytes: 1,
  createdAt: '2026-11-23T12:00:00Z',
}
const READER = toCaller('reader')
const PAGE = { before: undefined, limit: 10 }
const DENIED = { ok: false, error: { kind: 'denied', denial: 'unauthenticated' } }

describe('the calls of the deployed control', () => {
  it('answer isolates and the watchdog, who show no credential', async () => {
    const stub = namespace.getByName(crypto.randomUUID())
    expect(await stub.sync({ held: undefined, kv: undefined })).toEqual({
      current: undefined,
      text: undefined,
      nextMs: 2000,
    })
    expect(await stub.watch()).toBeUndefined()
  })

  it('tell and change nothing for whoever is not known', async () => {
    const stub = namespace.getByName(crypto.randomUUID()) as unknown as ControlCalls
    let calls = 0
    const caller = () => ({ ...ALICE, address: `192.0.2.${++calls}` })
    const answers = [
      stub.authenticate(caller()),
      stub.change(caller(), REPLACE),
      stub.document(caller()),
      stub.revisions(caller(), PAGE),
      stub.revision(caller(), 1),
      stub.audit(caller(), PAGE),
      stub.verify(caller(), undefined),
      stub.health(caller()),
      stub.tokens(caller()),
      stub.createToken(caller(), { name: 'mine', scopes: ['admin'], expiresAt: undefined }),
      stub.revokeToken(caller(), 'id'),
      stub.signIn(caller()),
      stub.makeCode(caller()),
      stub.signOut(caller(), true),
      stub.openUpload(caller(), RECORD, false),
      stub.upload(caller(), 'v1'),
      stub.finalisedManifests(caller()),
      stub.beginVerification(caller(), 'v1', RECORD.manifest),
      stub.recordVerified(caller(), { version: 'v1', serial: 1 }, 0, 1),
      stub.finishUpload(caller(), { version: 'v1', serial: 1 }),
      stub.versionUses(caller()),
      stub.protection(caller()),
      stub.retire(caller(), false),
      stub.collect(caller(), { kind: 'blobs', keys: [], searched: [] }),
    ]
    for (const answer of answers) expect(await answer).toEqual(DENIED)
  })

  it('ask for the scope of each command, and for all of what is no command', async () => {
    const world = await World.create()
    await world.live(async ({ state }) => {
      const asked: string[] = []
      const control = createControl(state, env, {
        createAccess: () => {
          const deny = async () => DENIED as never
          const authorise = async (_: unknown, scope: string) => {
            asked.push(scope)
            return deny()
          }
          return {
            authorise,
            authenticate: deny,
            tokens: deny,
            createToken: deny,
            revokeToken: deny,
            signIn: deny,
            makeCode: deny,
            signOut: deny,
            admit: deny,
            isValid: async () => false,
          }
        },
      })
      const commands: [string, object][] = [
        ['replace', { document: {} }],
        ['set-environment', { name: 'main', version: '1' }],
        ['remove-environment', { name: 'main' }],
        ['shift', { weights: {} }],
        ['swap', { environments: ['main', 'canary'] }],
        ['set-rules', { rules: [] }],
        ['set-flags', { flags: {} }],
        ['set-tab-pins', { on: true }],
        ['set-services', { version: '1', services: [] }],
        ['rollback', { to: 1 }],
        ['withdraw', { version: '1' }],
      ]
      for (const [kind, more] of commands) {
        await control.change(ALICE, toChange({ kind, ...more } as never, 1))
      }
      expect(asked).toEqual(Object.values(SCOPE_OF_COMMAND))
      for (const kind of ['shift', 'toString', 'unknown']) {
        await control.change(ALICE, toChange({ kind, to: 1 } as never, 1))
      }
      expect(asked.slice(-3)).toEqual(['admin', 'admin', 'admin'])
    })
  })

  it('of uploads and collections ask for their scopes', async () => {
    const world = await World.create()
    await world.live(async ({ control }) => {
      const scoped = [
        ['publish', () => control.openUpload(READER, RECORD, false)],
        ['publish', () => control.finalisedManifests(READER)],
        ['publish', () => control.beginVerification(READER, 'v1', RECORD.manifest)],
        ['publish', () => control.recordVerified(READER, { version: 'v1', serial: 1 }, 0, 1)],
        ['publish', () => control.finishUpload(READER, { version: 'v1', serial: 9 })],
        ['admin', () => control.protection(READER)],
        ['admin', () => control.retire(READER, false)],
        ['admin', () => control.collect(READER, { kind: 'blobs', keys: [], searched: [] })],
        ['read', () => control.upload(READER, 'v1')],
        ['read', () => control.versionUses(READER)],
      ] as const
      for (const [scope, call] of scoped) {
        world.asked.length = 0
        await call()
        expect(world.asked).toEqual([scope])
      }
    })
  })

  it('name what is wrong with a command', async () => {
    const world = await World.create()
    await world.live(async ({ control }) => {
      const answer = await control.change(ALICE, toChange({ kind: 'rollback', to: 0 }, 0))
      expect(answer).toMatchObject({
        ok: false,
        error: { kind: 'invalid', problems: [{ path: 'to' }] },
      })
      const long = await control.change(ALICE, { ...REPLACE, reason: 'x'.repeat(501) })
      expect(long).toMatchObject({ error: { kind: 'invalid', problems: [{ path: 'reason' }] } })
    })
  })
})

describe('pages', () => {
  it('of the history and the log are newest first, and of bounded size', async () => {
    const world = await World.create()
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      for (let weight = 10; weight < 15; weight++) {
        await life.change({ kind: 'shift', weights: { canary: weight } })
      }
      const { control } = life
      for (const limit of [2, 0, -1, Number.NaN, 1e9]) {
        const page = { before: 4, limit }
        const revisions = await control.revisions(ALICE, page)
        const audit = await control.audit(ALICE, page)
        if (!revisions.ok || !audit.ok) throw new Error('denied')
        const expected = limit === 2 ? [3, 2] : limit <= 0 ? [3] : [3, 2, 1]
        expect(revisions.value.map(({ revision }) => revision)).toEqual(expected)
        expect(audit.value.map(({ seq }) => seq)).toEqual(expected)
      }
      expect(await control.revision(ALICE, 7)).toEqual({ ok: true, value: undefined })
      const third = await control.revision(ALICE, 3)
      expect(third).toMatchObject({ ok: true, value: { revision: 3, action: 'shift' } })
    })
  })
})

describe('a document that grew too large', () => {
  it('is refused whole, and the one before stays', async () => {
    const world = await World.create()
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      const versions: Record<string, unknown> = { ...exampleDocument().versions }
      for (let i = 0; i < 3000; i++) versions[`v${i}`] = { manifest: 'a'.repeat(64) }
      const document = { ...exampleDocument(), versions }
      await expect(life.change({ kind: 'replace', document })).rejects.toThrow('at most 262144')
      expect((await life.health()).revision).toBe(1)
    })
  })
})

describe('the cron trigger', () => {
  it('lets the control look after itself', async () => {
    await env.ASSIGNMENTS.put('assignments', JSON.stringify(exampleDocument()))
    await worker.scheduled(createScheduledController(), env)
    const reply = await env.CONTROL.getByName('control').sync({ held: undefined, kv: undefined })
    expect(reply.current?.revision).toBe(43)
  })
})
