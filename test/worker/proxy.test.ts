import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Service } from '../../src/core/types.ts'
import { forwardRequest } from '../../src/proxy/forward.ts'
import { createBackends } from '../../src/proxy/origins.ts'

const SERVICE: Service = {
  prefix: '/',
  origins: ['https://backend.example.com'],
  timeoutMs: 1000,
  stripPrefix: false,
  maxBodyBytes: Number.POSITIVE_INFINITY,
  fallback: undefined,
}

afterEach(() => {
  vi.restoreAllMocks()
})

/** Forwards a request; the answer is made up, as no network is needed to see what was asked for. */
async function forward(request: Request, path = '/report.pdf', service = SERVICE) {
  const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response('ok'))
  const { response } = await forwardRequest(
    {
      request,
      path,
      service,
      fallback: undefined,
      identity: {},
      requestId: 'r1',
      loopId: 'holo-test',
    },
    createBackends({ bindings: {}, now: () => 0, random: () => 0 }),
  )
  const [target, init] = fetched.mock.calls[0] ?? []
  return { response, target, init: init as Request }
}

describe('what the platform is asked for', () => {
  it.each(['GET', 'HEAD', 'POST'])(
    'never from its cache, and no redirect followed: %s',
    async (method) => {
      const request = new Request('https://shop.example.com/report.pdf', { method })
      const { init } = await forward(request)
      expect(init.cache).toBe('no-store')
      expect(init.redirect).toBe('manual')
    },
  )

  it("is the path under the service's own origin, wherever the path seems to lead", async () => {
    const request = new Request('https://shop.example.com/')
    const { target } = await forward(request, '//evil.example/x?y')
    expect(target).toBe('https://backend.example.com//evil.example/x?y')
  })
})

describe('the answer', () => {
  it('has headers that can be added to', async () => {
    const { response } = await forward(new Request('https://shop.example.com/'))
    response.headers.set('Holo-Version', '0.0.5')
    expect(response.headers.get('Holo-Version')).toBe('0.0.5')
    expect(await response.text()).toBe('ok')
  })
})

describe('a service without an origin', () => {
  it('is a mistake of the caller, named', async () => {
    const request = new Request('https://shop.example.com/')
    await expect(forward(request, '/x', { ...SERVICE, origins: [] })).rejects.toThrow(
      new TypeError('service.origins: at least one is needed'),
    )
  })
})
