// The calls of the control: it proves every credential and scope by itself, so that a mistake in a route
// opens nothing, and a request of the API makes no call of the control only to prove who asks.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller, ControlCalls } from '../../src/control/contract.ts'
import type { Command } from '../../src/wire/commands.ts'
import { type AdminEdge, FIRST_TOKEN, freshAddress, startAdminEdge } from '../support/api-edge.ts'
import { holo } from '../support/cli.ts'
import { readRoutes, SOAK, toAsk } from './api-routes.ts'

const SCOPES = ['read', 'publish', 'shift', 'admin'] as const

let edge: AdminEdge
const tokens = new Map<string, string>()

beforeAll(async () => {
  edge = await startAdminEdge()
  for (const scope of SCOPES) tokens.set(scope, await edge.createToken([scope]))
})
afterAll(() => edge.stop())

const toCaller = (token: string): Caller => ({
  credential: { kind: 'token', token },
  requestId: 'r1',
  address: freshAddress(),
})

type Called = (control: ControlCalls, caller: Caller) => Promise<unknown>
const change =
  (command: Command): Called =>
  (control, caller) =>
    control.change(caller, { command, expectedRevision: 1, reason: undefined, dryRun: true })
const page = { before: undefined, limit: 1 }

type Row = readonly [called: Called, enough: readonly (typeof SCOPES)[number][]]
const PUBLISH = ['publish', 'admin'] as const
const SHIFT = ['shift', 'admin'] as const
const UPLOAD = { version: 'none', serial: 1 }
const MANIFEST = 'a'.repeat(64)
const RECORD = { id: 'none', manifest: MANIFEST, services: [], files: 0, bytes: 0 }
const START = { version: 'v1', environment: 'canary', base: 'main', plan: 'standard' }

/** Every call but those that need no credential. One that is missing here does not compile. */
const CALLS: Record<Exclude<keyof ControlCalls, 'sync' | 'watch' | 'change'>, Row> = {
  authenticate: [(control, caller) => control.authenticate(caller), SCOPES],
  document: [(control, caller) => control.document(caller), SCOPES],
  revisions: [(control, caller) => control.revisions(caller, page), SCOPES],
  revision: [(control, caller) => control.revision(caller, 1), SCOPES],
  audit: [(control, caller) => control.audit(caller, page), SCOPES],
  verify: [(control, caller) => control.verify(caller, undefined), SCOPES],
  health: [(control, caller) => control.health(caller), SCOPES],
  services: [(control, caller) => control.services(caller), SCOPES],
  events: [(control, caller) => control.events(caller, undefined, 1), SCOPES],
  metrics: [
    (control, caller) => control.metrics(caller, { resolution: 'minute', from: 0, to: 1 }),
    SCOPES,
  ],
  flagCounts: [(control, caller) => control.flagCounts(caller), SCOPES],
  metricsSince: [(control, caller) => control.metricsSince(caller), SCOPES],
  experiments: [(control, caller) => control.experiments(caller), SCOPES],
  tokens: [(control, caller) => control.tokens(caller), ['admin']],
  createToken: [
    (control, caller) =>
      control.createToken(caller, { name: 'x', scopes: ['admin'], expiresAt: undefined }),
    ['admin'],
  ],
  previews: [(control, caller) => control.previews(caller), SCOPES],
  createPreview: [(control, caller) => control.createPreview(caller, { versions: ['v1'] }), SHIFT],
  revokePreview: [(control, caller) => control.revokePreview(caller, 'abcdefghijkl'), SHIFT],
  rotatePreviewKeys: [(control, caller) => control.rotatePreviewKeys(caller, false), ['admin']],
  webhooks: [(control, caller) => control.webhooks(caller), SCOPES],
  deliveries: [(control, caller) => control.deliveries(caller, 'none'), SCOPES],
  addWebhook: [
    (control, caller) =>
      control.addWebhook(caller, {
        name: 'chat',
        url: 'https://hooks.example/',
        form: 'slack',
        dashboard: 'https://shop.example/.holo/',
      }),
    ['admin'],
  ],
  removeWebhook: [(control, caller) => control.removeWebhook(caller, 'none'), ['admin']],
  resumeWebhook: [(control, caller) => control.resumeWebhook(caller, 'none', false), ['admin']],
  testWebhook: [(control, caller) => control.testWebhook(caller, 'none'), ['admin']],
  redeliver: [(control, caller) => control.redeliver(caller, 'none', 1), ['admin']],
  errors: [
    (control, caller) =>
      control.errors(caller, {
        version: undefined,
        environment: undefined,
        isNew: undefined,
        limit: 1,
      }),
    SCOPES,
  ],
  error: [(control, caller) => control.error(caller, '0'.repeat(16)), SCOPES],
  shadows: [
    (control, caller) => control.shadows(caller, { environment: undefined, limit: 1 }),
    SCOPES,
  ],
  soaks: [(control, caller) => control.soaks(caller), SCOPES],
  keepSoak: [(control, caller) => control.keepSoak(caller, SOAK), ['admin']],
  revokeToken: [(control, caller) => control.revokeToken(caller, '0'.repeat(16)), ['admin']],
  signIn: [(control, caller) => control.signIn(caller), SCOPES],
  makeCode: [(control, caller) => control.makeCode(caller), SCOPES],
  signOut: [(control, caller) => control.signOut(caller, true), SCOPES],
  openUpload: [
    (control, caller) =>
      control.openUpload(caller, { ...RECORD, createdAt: '2026-11-23T12:00:00Z' }, false),
    PUBLISH,
  ],
  upload: [(control, caller) => control.upload(caller, 'none'), SCOPES],
  abortUpload: [(control, caller) => control.abortUpload(caller, 'none'), PUBLISH],
  finalisedManifests: [(control, caller) => control.finalisedManifests(caller), PUBLISH],
  beginVerification: [
    (control, caller) => control.beginVerification(caller, 'none', MANIFEST),
    PUBLISH,
  ],
  recordVerified: [(control, caller) => control.recordVerified(caller, UPLOAD, 0, 1), PUBLISH],
  finishUpload: [(control, caller) => control.finishUpload(caller, UPLOAD), PUBLISH],
  versionUses: [(control, caller) => control.versionUses(caller), SCOPES],
  filesToCheck: [(control, caller) => control.filesToCheck(caller), SCOPES],
  lostFiles: [(control, caller) => control.lostFiles(caller), PUBLISH],
  recordFiles: [(control, caller) => control.recordFiles(caller, { lost: [], whole: [] }), SCOPES],
  protection: [(control, caller) => control.protection(caller), ['admin']],
  retire: [(control, caller) => control.retire(caller, true), ['admin']],
  collect: [
    (control, caller) => control.collect(caller, { kind: 'parts', keys: [], searched: [] }),
    ['admin'],
  ],
  startRollout: [
    (control, caller) =>
      control.startRollout(caller, {
        ...START,
        expectedRevision: 1,
        reason: undefined,
        dryRun: true,
      }),
    SHIFT,
  ],
  commandRollout: [(control, caller) => control.commandRollout(caller, 99, 'abort', {}), SHIFT],
  readFreeze: [(control, caller) => control.readFreeze(caller), SCOPES],
  freeze: [(control, caller) => control.freeze(caller, { reason: 'tried' }), SHIFT],
  unfreeze: [(control, caller) => control.unfreeze(caller, undefined), SHIFT],
  readWindows: [(control, caller) => control.readWindows(caller), SCOPES],
  setWindows: [
    (control, caller) => control.setWindows(caller, { zone: 'UTC', windows: [] }, undefined),
    SHIFT,
  ],
  rollouts: [(control, caller) => control.rollouts(caller, page), SCOPES],
  rollout: [(control, caller) => control.rollout(caller, 1), SCOPES],
  explainRollout: [(control, caller) => control.explainRollout(caller, 1), SCOPES],
  rolloutEvents: [(control, caller) => control.rolloutEvents(caller, 1, undefined), SCOPES],
}

/** Every command of a change. */
const COMMANDS: Record<Command['kind'], Row> = {
  replace: [change({ kind: 'replace', document: {} }), ['admin']],
  'set-environment': [change({ kind: 'set-environment', name: 'qa', version: 'v1' }), SHIFT],
  'remove-environment': [change({ kind: 'remove-environment', name: 'qa' }), SHIFT],
  shift: [change({ kind: 'shift', weights: { canary: 5 } }), SHIFT],
  swap: [change({ kind: 'swap', environments: ['main', 'canary'] }), SHIFT],
  'set-rules': [change({ kind: 'set-rules', rules: [] }), SHIFT],
  'set-flags': [change({ kind: 'set-flags', flags: {} }), SHIFT],
  'set-tab-pins': [change({ kind: 'set-tab-pins', on: true }), SHIFT],
  // Of a version that nobody sees.
  'set-services': [change({ kind: 'set-services', version: 'v3', services: [] }), PUBLISH],
  rollback: [change({ kind: 'rollback', to: 1 }), SHIFT],
  withdraw: [change({ kind: 'withdraw', version: 'v9' }), SHIFT],
}

const ROWS = [
  ...Object.entries(CALLS),
  ...Object.entries(COMMANDS),
  ['a command that there is none of', [change({ kind: 'drop' } as never), ['admin']]] as const,
]

const denied = (denial: string) => ({ ok: false, error: { kind: 'denied', denial } })

describe('the control', () => {
  it.each(ROWS)('proves for itself who may call %s', async (_, [called, enough]) => {
    for (const scope of SCOPES) {
      const answer = await called(edge.control, toCaller(tokens.get(scope) ?? ''))
      if ((enough as readonly string[]).includes(scope))
        expect(answer).not.toMatchObject({ error: { kind: 'denied' } })
      else expect([scope, answer]).toEqual([scope, denied('forbidden')])
    }
    for (const token of ['', 'x'.repeat(64), `${FIRST_TOKEN}x`]) {
      const answer = await called(edge.control, toCaller(token))
      expect(answer).toEqual(denied('unauthenticated'))
    }
  })

  it('takes no JWT that does not hold', async () => {
    const jwt = await edge.team.sign({ claims: { aud: ['other'] } })
    for (const [, [called]] of ROWS) {
      const caller: Caller = { ...toCaller(''), credential: { kind: 'access', jwt } }
      expect(await called(edge.control, caller)).toEqual(denied('unauthenticated'))
    }
  })
})

describe('a request of the API', () => {
  const callsOf = async (method: string, path: string, asked: object) => {
    await edge.control.takeCalls()
    const answer = await edge.call(method, path, { token: FIRST_TOKEN, ...asked })
    return { status: answer.status, calls: await edge.control.takeCalls() }
  }
  /** They touch R2, or answer without the control, before they would make a call of their own. */
  const PROVED_BEFORE =
    /^(GET|PUT) .*\/manifests\/|\/blobs(?:\/|$)|^PUT .*\/uploads\/|\/openapi\.json$|^GET .*\/(whoami|live)$/

  it('makes no call only to prove who asks, unless it touches R2 first', async () => {
    const routes = await readRoutes(edge)
    for (const route of routes) {
      const { method, path, asked } = toAsk(route, 1)
      const { calls } = await callsOf(method, path, asked)
      const proofs = calls.filter((name) => name === 'authenticate')
      const shown = `${method} ${path}`
      expect([shown, calls.length > 0, proofs.length]).toEqual([
        shown,
        true,
        PROVED_BEFORE.test(shown.split('?')[0] ?? '') ? 1 : 0,
      ])
    }
  })

  it('proves once where it fails before it would make a call', async () => {
    expect(await callsOf('PUT', '/.holo/api/traffic', { json: {} })).toEqual({
      status: 428,
      calls: ['authenticate'],
    })
  })

  it('reads a large body only after the proof', async () => {
    const json = { weights: { canary: 5 }, more: 'x'.repeat(20_000) }
    const headers = { 'if-match': '"1"' }
    expect(await callsOf('PUT', '/.holo/api/traffic', { json, headers })).toEqual({
      status: 400,
      calls: ['authenticate'],
    })
  })
})

describe('holo shift', () => {
  it('is three requests, and three calls of the control', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'holo-calls-'))
    const env = { HOLO_URL: edge.url.origin, HOLO_TOKEN: FIRST_TOKEN }
    await edge.control.takeCalls()
    const { code, stderr } = await holo(['shift', 'canary=7', '--yes'], { cwd, env })
    await rm(cwd, { recursive: true })
    expect([code, stderr]).toEqual([0, expect.any(String)])
    expect(await edge.control.takeCalls()).toEqual(['document', 'change', 'change'])
  })
})
