// The calls of the control: it proves every credential and scope by itself, so that a mistake in a route
// opens nothing, and a request of the API makes no call of the control only to prove who asks.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller, ControlCalls } from '../../src/control/contract.ts'
import type { Command } from '../../src/control/document/commands.ts'
import { type AdminEdge, FIRST_TOKEN, freshAddress, startAdminEdge } from '../support/api-edge.ts'
import { holo } from '../support/cli.ts'
import { readRoutes, toAsk } from './api-routes.ts'

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

const CALLS: [string, Called, readonly (typeof SCOPES)[number][]][] = [
  ['authenticate', (control, caller) => control.authenticate(caller), SCOPES],
  ['document', (control, caller) => control.document(caller), SCOPES],
  ['revisions', (control, caller) => control.revisions(caller, page), SCOPES],
  ['revision', (control, caller) => control.revision(caller, 1), SCOPES],
  ['audit', (control, caller) => control.audit(caller, page), SCOPES],
  ['verify', (control, caller) => control.verify(caller, undefined), SCOPES],
  ['health', (control, caller) => control.health(caller), SCOPES],
  ['tokens', (control, caller) => control.tokens(caller), ['admin']],
  [
    'createToken',
    (control, caller) =>
      control.createToken(caller, { name: 'x', scopes: ['admin'], expiresAt: undefined }),
    ['admin'],
  ],
  ['revokeToken', (control, caller) => control.revokeToken(caller, '0'.repeat(16)), ['admin']],
  ['replace', change({ kind: 'replace', document: {} }), ['admin']],
  [
    'set-environment',
    change({ kind: 'set-environment', name: 'qa', version: 'v1' }),
    ['shift', 'admin'],
  ],
  ['remove-environment', change({ kind: 'remove-environment', name: 'qa' }), ['shift', 'admin']],
  ['shift', change({ kind: 'shift', weights: { canary: 5 } }), ['shift', 'admin']],
  ['set-rules', change({ kind: 'set-rules', rules: [] }), ['shift', 'admin']],
  [
    'set-services of a version that nobody sees',
    change({ kind: 'set-services', version: 'v3', services: [] }),
    ['publish', 'admin'],
  ],
  ['rollback', change({ kind: 'rollback', to: 1 }), ['shift', 'admin']],
  ['withdraw', change({ kind: 'withdraw', version: 'v9' }), ['shift', 'admin']],
  ['a command that there is none of', change({ kind: 'drop' } as never), ['admin']],
]

const denied = (denial: string) => ({ ok: false, error: { kind: 'denied', denial } })

describe('the control', () => {
  it.each(CALLS)('proves for itself who may call %s', async (_, called, enough) => {
    for (const scope of SCOPES) {
      const answer = await called(edge.control, toCaller(tokens.get(scope) ?? ''))
      if (enough.includes(scope)) expect(answer).not.toMatchObject({ error: { kind: 'denied' } })
      else expect([scope, answer]).toEqual([scope, denied('forbidden')])
    }
    for (const token of ['', 'x'.repeat(64), `${FIRST_TOKEN}x`]) {
      const answer = await called(edge.control, toCaller(token))
      expect(answer).toEqual(denied('unauthenticated'))
    }
  })

  it('takes no JWT that does not hold', async () => {
    const jwt = await edge.team.sign({ claims: { aud: ['other'] } })
    for (const [, called] of CALLS) {
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
    /^(GET|PUT) .*\/manifests\/|\/blobs\/|^PUT .*\/uploads\/|\/openapi\.json$|^GET .*\/whoami$/

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
