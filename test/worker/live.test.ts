// Viewers while the control sleeps: their connections stay, what happens wakes the control and reaches them,
// and a credential that ended meanwhile is noticed within a minute. test/api/live.test.ts has the rest.

import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it, vi } from 'vitest'
import { hashToken, makeToken } from '../../src/control/access/token-text.ts'
import { CALLER_HEADER, type Caller } from '../../src/control/contract.ts'
import { LIVE_CLOSE } from '../../src/wire/live.ts'
import { namespace } from './control-world.ts'

const WAIT = { timeout: 30_000, interval: 20 }

/** A control with one token that may do everything, and a viewer with that token. */
async function createViewed() {
  const stub = namespace.getByName(crypto.randomUUID())
  // The first call creates the tables.
  await stub.watch()
  const { id, token } = makeToken()
  const hash = await hashToken(token)
  const caller: Caller = { credential: { kind: 'token', token }, requestId: 'r', address: '' }
  const query = (sql: string, ...values: (string | ArrayBuffer)[]) =>
    runInDurableObject(stub, (_, state) => [...state.storage.sql.exec(sql, ...values)])
  await query(
    `INSERT INTO tokens (id, name, scopes, hash, created_at, created_by) VALUES (?, 'it', 'admin', ?, 0, '')`,
    ...[id, hash],
  )
  const headers = { upgrade: 'websocket', [CALLER_HEADER]: JSON.stringify(caller) }
  const { webSocket } = await stub.fetch('https://control/live', { headers })
  if (!webSocket) throw new Error('the viewer was refused')
  const heard: { kind: string; event?: { name?: string } }[] = []
  let code: number | undefined
  webSocket.addEventListener('message', ({ data }) => heard.push(JSON.parse(String(data))))
  webSocket.addEventListener('close', (event) => {
    code = event.code
    webSocket.close()
  })
  webSocket.accept()
  await vi.waitFor(() => expect(heard).toHaveLength(1), WAIT)
  return { stub, caller, heard, query, id, codeOf: () => code }
}

describe('a viewer of a control that sleeps', () => {
  it('hears what happens next', async () => {
    const { stub, caller, heard, codeOf } = await createViewed()
    await evictDurableObject(stub, { webSockets: 'hibernate' })
    const asked = { name: 'after the sleep', scopes: ['read'], expiresAt: undefined } as const
    expect(await stub.createToken(caller, asked)).toMatchObject({ ok: true })
    await vi.waitFor(() => expect(heard).toHaveLength(2), WAIT)
    expect(heard[1]).toMatchObject({ kind: 'event', event: { name: 'after the sleep' } })
    expect(codeOf()).toBeUndefined()
  })

  it('hears nothing more when its token ended meanwhile', async () => {
    const { stub, heard, query, id, codeOf } = await createViewed()
    await query('UPDATE tokens SET revoked_at = 1 WHERE id = ?', id)
    await evictDurableObject(stub, { webSockets: 'hibernate' })
    await stub.watch()
    await vi.waitFor(() => expect(codeOf()).toBe(LIVE_CLOSE.signedOut), WAIT)
    expect(heard.map(({ kind }) => kind)).toEqual(['hello', 'bye'])
  })
})
