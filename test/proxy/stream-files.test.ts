import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { Readable, type Writable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Backend, startBackend } from '../../scripts/local/backend-process.ts'
import { madeBytes } from '../apps/made-bytes.ts'
import { type OneVersion, startOneVersion } from '../apps/one-version.ts'
import { watchWorkerdMemory } from '../apps/workerd-memory.ts'
import { ask } from '../support/http-client.ts'

const MIB = 2 ** 20
const FILE_BYTES = 100_000_000
const HUGE_BYTES = 1024 * MIB
/** What one isolate has on Cloudflare, for everything it does: the half of it is left for the rest. */
const MAX_GROWTH_BYTES = 64 * MIB
const TIMEOUT_MS = 600_000

let files: Backend
let holo: OneVersion

beforeAll(async () => {
  files = await startBackend('test/apps/files.ts', 0)
  holo = await startOneVersion([{ prefix: '/files/', origins: [files.origin] }])
  // What the runtime needs once is not what a body needs.
  await upload(8 * MIB, { 'Content-Length': String(8 * MIB) })
  await digestOf(await download(8 * MIB))
})

afterAll(async () => {
  await holo.stop()
  await files.stop()
})

type Digest = { readonly bytes: number; readonly sha256: string }

async function upload(bytes: number, headers: Record<string, string>): Promise<Digest> {
  const { hostname: host, port } = holo.url
  const sent = request({ host, port, path: '/files/x', method: 'PUT', agent: false, headers })
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>
  await Promise.all([pipeline(Readable.from(madeBytes(bytes)), sent as Writable), answered])
  const [answer] = await answered
  return (await json(answer)) as Digest
}

async function download(bytes: number): Promise<IncomingMessage> {
  const { hostname: host, port } = holo.url
  const sent = request({ host, port, path: `/files/x?bytes=${bytes}`, agent: false })
  sent.end()
  const [answer] = await once(sent, 'response')
  return answer
}

async function digestOf(answer: IncomingMessage): Promise<Digest> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of answer) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** What the backend says the bytes are; asked for past Holo. */
async function expectedDigest(bytes: number): Promise<Digest> {
  const { body } = await ask(new URL(files.origin), `/files/digest?bytes=${bytes}`)
  return JSON.parse(body)
}

describe(`a file of ${FILE_BYTES} bytes`, () => {
  it.each([
    ['with its length', { 'Content-Length': String(FILE_BYTES) }],
    ['in chunks', { 'Transfer-Encoding': 'chunked' }],
  ])('is uploaded byte for byte, %s', { timeout: TIMEOUT_MS }, async (_, headers) => {
    expect(await upload(FILE_BYTES, headers)).toEqual(await expectedDigest(FILE_BYTES))
  })

  it('is downloaded byte for byte', { timeout: TIMEOUT_MS }, async () => {
    const answer = await download(FILE_BYTES)
    expect(answer.headers['content-length']).toBe(String(FILE_BYTES))
    expect(await digestOf(answer)).toEqual(await expectedDigest(FILE_BYTES))
  })
})

describe.runIf(process.platform === 'linux')(`${HUGE_BYTES} bytes`, () => {
  it('take no memory on their way up', { timeout: TIMEOUT_MS }, async () => {
    const memory = await watchWorkerdMemory()
    const headers = { 'Content-Length': String(HUGE_BYTES) }
    expect((await upload(HUGE_BYTES, headers)).bytes).toBe(HUGE_BYTES)
    expect(await memory.stop()).toBeLessThan(MAX_GROWTH_BYTES)
  })

  it('take no memory on their way down', { timeout: TIMEOUT_MS }, async () => {
    const memory = await watchWorkerdMemory()
    const answer = await download(HUGE_BYTES)
    expect((await digestOf(answer)).bytes).toBe(HUGE_BYTES)
    expect(await memory.stop()).toBeLessThan(MAX_GROWTH_BYTES)
  })

  it('wait with the backend while the client takes none', { timeout: TIMEOUT_MS }, async () => {
    const memory = await watchWorkerdMemory()
    const answers = await Promise.all(Array.from({ length: 8 }, () => download(HUGE_BYTES)))
    // Long enough for the backend to send everything, if anybody took it.
    await sleep(1500)
    expect(await memory.stop()).toBeLessThan(MAX_GROWTH_BYTES)
    for (const answer of answers) answer.destroy()
  })
})
