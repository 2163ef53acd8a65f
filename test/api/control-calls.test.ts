// The control's own calls without the API in front of them: it proves every credential and scope by
// itself, so that a mistake in a route opens nothing.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller, ControlCalls } from '../../src/control/contract.ts'
import type { Command } from '../../src/wire/commands.ts'
import { type AdminEdge, FIRST_TOKEN, freshAddress, startAdminEdge } from '../support/api-edge.ts'

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
