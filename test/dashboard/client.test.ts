// What a call of the page does with an answer that comes late.

import { afterEach, describe, expect, it, vi } from 'vitest'
import { call } from '../../src/dashboard/api/client.ts'
import { endSession, signIn } from '../../src/dashboard/api/session.ts'

const ADA = { actor: 'ada', kind: 'session', scopes: ['read'] } as const
const BO = { actor: 'bo', kind: 'session', scopes: ['read'] } as const

/** Asks for the webhooks; the returned function lets the answer come. */
function begin() {
  const { promise, resolve } = Promise.withResolvers<Response>()
  vi.stubGlobal('fetch', () => promise)
  const result = call('GET /webhooks')
  return () => {
    resolve(Response.json({ webhooks: [] }))
    return result
  }
}

afterEach(() => {
  vi.unstubAllGlobals()
  endSession(undefined)
})

describe('an answer that comes after the end of the session', () => {
  it('is dropped, also if somebody else has signed in meanwhile', async () => {
    signIn.value = { kind: 'in', account: ADA }
    const first = begin()
    endSession('You are signed out.')
    expect(await first()).toMatchObject({ ok: false, error: { code: 'unauthenticated' } })

    signIn.value = { kind: 'in', account: ADA }
    const second = begin()
    signIn.value = { kind: 'in', account: BO }
    expect((await second()).ok).toBe(false)
    expect(signIn.value.account.actor).toBe('bo')
  })

  it('is used while the same one is signed in', async () => {
    signIn.value = { kind: 'in', account: ADA }
    const answer = begin()
    expect(await answer()).toEqual({ ok: true, value: { webhooks: [] } })
  })
})
