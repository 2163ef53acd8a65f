import { afterEach, describe, expect, it, vi } from 'vitest'
import { forwardRequest } from '../../src/proxy/forward.ts'
import { createBackends } from '../../src/proxy/origins.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Asks for an upgrade; the backend's answer is made up. */
async function upgrade(answer: Response, init: RequestInit = {}) {
  const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(answer)
  const headers = { Connection: 'Upgrade', Upgrade: 'WebSocket', 'Sec-WebSocket-Protocol': 'a, b' }
  const { response } = await forwardRequest(
    {
      request: new Request('https://shop.example.com/chat/x', { headers, ...init }),
      path: '/chat/x',
      service: {
        prefix: '/chat/',
        origins: ['https://chat.example.com'],
        timeoutMs: 1000,
        stripPrefix: false,
        maxBodyBytes: Number.POSITIVE_INFINITY,
        fallback: undefined,
      },
      fallback: undefined,
      identity: {},
      requestId: 'r1',
      loopId: 'holo-test',
    },
    createBackends({ bindings: {}, now: () => 0, random: () => 0 }),
  )
  const [target, asked] = fetched.mock.calls[0] ?? []
  return { response, asked: new Request(String(target), asked) }
}

function agreement(): { answer: Response; webSocket: WebSocket } {
  const { 0: webSocket } = new WebSocketPair()
  const headers = new Headers([
    ['Sec-WebSocket-Protocol', 'b'],
    ['Holo-Version', 'forged'],
    ['Set-Cookie', 'holo-pin=forged'],
    ['Set-Cookie', 'seat=7'],
  ])
  return { answer: new Response(null, { status: 101, webSocket, headers }), webSocket }
}

describe('an upgrade to WebSocket', () => {
  it('is asked for as one, and never from a cache', async () => {
    const { asked } = await upgrade(agreement().answer)
    expect(asked.headers.get('Upgrade')).toBe('websocket')
    expect(asked.headers.get('Sec-WebSocket-Protocol')).toBe('a, b')
    expect([asked.cache, asked.redirect]).toEqual(['no-store', 'manual'])
  })

  it("hands on the backend's own socket, and nothing in Holo's name", async () => {
    const { answer, webSocket } = agreement()
    const { response } = await upgrade(answer)
    expect(response.status).toBe(101)
    expect(response.webSocket).toBe(webSocket)
    expect(response.headers.get('Sec-WebSocket-Protocol')).toBe('b')
    expect(response.headers.get('Holo-Version')).toBe(null)
    expect(response.headers.getSetCookie()).toEqual(['seat=7'])
  })

  it.each([
    ['another method', { method: 'POST' }],
    ['another protocol', { headers: { Connection: 'Upgrade', Upgrade: 'h2c' } }],
  ])('is not asked for with %s', async (_, init) => {
    const { asked } = await upgrade(new Response('no'), init)
    expect(asked.headers.get('Upgrade')).toBe(null)
  })
})
