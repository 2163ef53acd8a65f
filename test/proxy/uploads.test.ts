import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Backend, startBackend, startRawBackend } from '../support/backend.ts'
import { type Asked, type Forwarder, readWhole, startForwarder } from './forwarder.ts'

const MIB = 2 ** 20
const SHORT_TIMEOUT_MS = 200
const PATIENT = { timeout: 30_000 }
/** More than sockets and streams hold by themselves. */
const LARGE_BYTES = 32 * MIB
/** A small body is watched, a large one is not; in chunks, both are. */
const FORMS = [
  ['a small one with its length', 200_000, true],
  ['a small one in chunks', 200_000, false],
  ['a large one with its length', 3 * MIB, true],
  ['a large one in chunks', 3 * MIB, false],
] as const

let forwarder: Forwarder
const backends: Pick<Backend, 'stop'>[] = []

beforeAll(async () => {
  forwarder = await startForwarder()
})

afterEach(async () => {
  await Promise.all(backends.splice(0).map((backend) => backend.stop()))
})

afterAll(() => forwarder.stop())

/** How many bytes arrived, whether the body came to its end, and whether the connection broke before. */
type Taken = { bytes: number; isWhole: boolean; isBroken: boolean }

async function behindCounting(options: { maxBodyBytes?: number; timeoutMs?: number } = {}) {
  const taken: Taken[] = []
  const backend = await startBackend((request, response) => {
    const one: Taken = { bytes: 0, isWhole: false, isBroken: false }
    taken.push(one)
    request.on('data', (chunk: Buffer) => {
      one.bytes += chunk.length
    })
    request.on('end', () => {
      one.isWhole = true
      response.end('ok')
    })
    request.on('error', () => {
      one.isBroken = true
    })
  })
  backends.push(backend)
  const services = [{ prefix: '/', origins: [backend.origin], ...options }]
  return { services, taken }
}

async function behindRaw(speak: (socket: Socket) => void, timeoutMs: number) {
  const backend = await startRawBackend(speak)
  backends.push(backend)
  return { services: [{ prefix: '/', origins: [backend.origin], timeoutMs }] }
}

function toUpload({ services }: Pick<Asked, 'services'>, bytes: number, hasLength: boolean): Asked {
  const headers = hasLength
    ? ([['Content-Length', String(bytes)]] as const)
    : ([['Transfer-Encoding', 'chunked']] as const)
  return { services, method: 'POST', headers }
}

describe.each(FORMS)('an upload, %s,', (_, bytes, hasLength) => {
  it('may come in drops, for longer than the backend is waited for', async () => {
    const { services, taken } = await behindCounting({ timeoutMs: SHORT_TIMEOUT_MS })
    const { sent, answered } = forwarder.open(toUpload({ services }, bytes, hasLength))
    const drops = 4
    for (let drop = 0; drop < drops; drop++) {
      sent.write(Buffer.alloc(bytes / drops))
      await sleep(1.5 * SHORT_TIMEOUT_MS)
    }
    sent.end()
    expect((await readWhole(await answered)).status).toBe(200)
    expect(taken).toEqual([{ bytes, isWhole: true, isBroken: false }])
  })

  it('that the client breaks off at any tenth looks whole to nobody', async () => {
    const { services, taken } = await behindCounting()
    const tenths = Array.from({ length: 10 }, (_, tenth) => tenth)
    const uploads = tenths.map((tenth) => {
      const { sent, answered } = forwarder.open(toUpload({ services }, bytes, hasLength))
      answered.catch(() => {})
      sent.on('error', () => {})
      sent.write(Buffer.alloc(1 + (tenth * bytes) / 10))
      return sent
    })
    // Each has reached the backend when its client leaves.
    await expect.poll(() => taken.filter((one) => one.bytes > 0), PATIENT).toHaveLength(10)
    for (const sent of uploads) sent.destroy()
    await expect.poll(() => taken.filter((one) => one.isBroken), PATIENT).toHaveLength(10)
    expect(taken.filter(({ isWhole }) => isWhole)).toEqual([])
    // The isolate goes on serving.
    const { services: others } = await behindCounting()
    const whole = toUpload({ services: others }, bytes, hasLength)
    expect((await forwarder.send(whole, Buffer.alloc(bytes))).status).toBe(200)
  })

  // What announces too much is refused before any of it is sent.
  it.each([-1, 0, 1])('is bound by the limit of its service: %i bytes beyond', async (beyond) => {
    const { services, taken } = await behindCounting({ maxBodyBytes: bytes })
    const { sent, answered } = forwarder.open(toUpload({ services }, bytes + beyond, hasLength))
    sent.flushHeaders()
    if (!(hasLength && beyond > 0)) sent.end(Buffer.alloc(bytes + beyond))
    const answer = await readWhole(await answered)
    sent.destroy()
    expect(answer.status).toBe(beyond > 0 ? 413 : 200)
    const whole = taken.filter(({ isWhole }) => isWhole)
    expect(whole).toEqual(
      beyond > 0 ? [] : [{ bytes: bytes + beyond, isWhole: true, isBroken: false }],
    )
  })

  it('may be answered before it is through, and the answer arrives whole', async () => {
    const { services } = await behindRaw((socket) => {
      socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!')
    }, 10_000)
    const { sent, answered } = forwarder.open(toUpload({ services }, bytes, hasLength))
    sent.on('error', () => {})
    sent.write(Buffer.alloc(bytes / 2))
    const answer = await readWhole(await answered)
    expect([answer.status, String(answer.body)]).toEqual([403, 'no!'])
    sent.destroy()
  })

  it('reaches one backend only, also if that hangs up', async () => {
    const { services: second, taken } = await behindCounting()
    const hangsUp = await startRawBackend((socket) => socket.destroy())
    backends.push(hangsUp)
    const origins = [hangsUp.origin, ...(second[0]?.origins ?? [])]
    const asked = toUpload({ services: [{ prefix: '/', origins }] }, bytes, hasLength)
    const { sent, answered } = forwarder.open(asked)
    sent.on('error', () => {})
    sent.end(Buffer.alloc(bytes))
    expect((await answered).statusCode).toBe(502)
    expect(taken).toEqual([])
  })
})

describe('a backend that stops taking a large upload', () => {
  it('is given up when other requests found it down as well', async () => {
    let isUpload = true
    const asked = await behindRaw((socket) => {
      socket.pause()
      isUpload = false
    }, SHORT_TIMEOUT_MS)
    const { sent, answered } = forwarder.open(toUpload(asked, LARGE_BYTES, true))
    sent.on('error', () => {})
    sent.write(Buffer.alloc(LARGE_BYTES / 2))
    await expect.poll(() => isUpload).toBe(false)
    await Promise.all([1, 2, 3].map(() => forwarder.send(asked)))
    const message = await answered
    expect(message.statusCode).toBe(504)
    expect(JSON.parse(String((await readWhole(message)).body)).code).toBe('origin_timeout')
    sent.destroy()
    await once(sent, 'close')
  })
})
