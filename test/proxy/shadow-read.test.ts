// How much of the answers to copies is read: no more than tells whether they differ. Counted in bytes.

import { describe, expect, it } from 'vitest'
import { compareAnswers, type ShadowAnswer } from '../../src/core/shadow/compare.ts'
import { MAX_COMPARED_BYTES } from '../../src/core/shadow/plan.ts'
import {
  type CopiedAnswer,
  GIVEN_UP,
  readAway,
  readBase,
  readBeside,
} from '../../src/proxy/shadow/read.ts'

const MB = 1_000_000
const EXACT = { headers: [], ignore: [], unordered: [], numbers: 0, timesMs: 0, slowerMs: 250 }
const never = new AbortController().signal

type Served = {
  readonly copied: CopiedAnswer
  /** Bytes that were read of the body, and whether the rest was cancelled. */
  readonly count: { read: number; cancelled: boolean }
}

type Options = {
  readonly status?: number
  readonly type?: string
  /** Announces the length. */
  readonly hasLength?: boolean
  /** After so many bytes the body breaks off. */
  readonly breaksAt?: number
}

/** An answer whose body comes byte by byte as it is asked for: a text, or so many bytes of `x`. */
function serve(body: string | number, options: Options = {}): Served {
  const { status = 200, type = 'text/plain', hasLength = false, breaksAt } = options
  const count = { read: 0, cancelled: false }
  const length = typeof body === 'string' ? body.length : body
  const stream = new ReadableStream({
    type: 'bytes',
    pull(controller) {
      const request = controller.byobRequest
      const view = request?.view
      if (!request || !view) throw new TypeError('not read into a buffer')
      if (count.read === breaksAt) return controller.error(new Error('broken off'))
      if (count.read === length) {
        controller.close()
        return request.respond(0)
      }
      const bytes = Math.min(view.byteLength, (breaksAt ?? length) - count.read)
      const into = new Uint8Array(view.buffer, view.byteOffset, bytes)
      const text = typeof body === 'string' ? body.slice(count.read, count.read + bytes) : ''
      if (text === '') into.fill(120)
      else into.set(new TextEncoder().encode(text))
      count.read += bytes
      request.respond(bytes)
    },
    cancel: () => {
      count.cancelled = true
    },
  })
  const headers = {
    'content-type': type,
    ...(hasLength ? { 'content-length': String(length) } : {}),
  }
  const response = new Response(stream, { status, headers })
  const answer = { status, failure: undefined, headers: {}, body: { kind: 'unread' }, waitedMs: 20 }
  return { copied: { answer: answer as ShadowAnswer, response }, count }
}

/** What the shadow differs in from the base. */
async function compare(base: Served, shadow: Served, signal = never) {
  const known = readBase(base.copied, signal)
  const { base: one, answer } = await readBeside(Promise.resolve(shadow.copied), known, signal)
  return one && compareAnswers(one, answer, EXACT)
}

const JSON_TYPE = 'application/json'
const small = () => serve('{"price":10}', { type: JSON_TYPE, hasLength: true })

describe('of the answer of a shadow', () => {
  it('100 MB beside a short text, one byte more than that is read', async () => {
    const base = serve('the same', { hasLength: true })
    const shadow = serve(100 * MB)
    expect(await compare(base, shadow)).toEqual([
      { kind: 'body', place: '', base: '8 bytes', shadow: 'at least 9 bytes' },
    ])
    expect(shadow.count).toEqual({ read: 9, cancelled: true })
  })

  it('100 MB beside JSON, nothing is read, with its length announced and without', async () => {
    for (const hasLength of [true, false]) {
      const shadow = serve(100 * MB, { hasLength })
      expect(await compare(small(), shadow)).toEqual([
        { kind: 'body', place: '', base: 'JSON', shadow: 'not JSON' },
      ])
      expect(shadow.count).toEqual({ read: 0, cancelled: true })
    }
  })

  it('another status, nothing is read, except a short body, whose connection can be used again', async () => {
    const long = serve(100 * MB, { status: 500 })
    const status = { kind: 'status', place: '200 → 500', base: '200', shadow: '500' }
    expect(await compare(small(), long)).toEqual([status])
    expect(long.count).toEqual({ read: 0, cancelled: true })
    const short = serve('no', { status: 500, hasLength: true })
    expect(await compare(small(), short)).toEqual([status])
    expect(short.count).toEqual({ read: 2, cancelled: false })
  })

  it('as much of JSON is read as is compared, because it may be written in more than one way', async () => {
    const spaced = serve('{  "price" : 11  }', { type: JSON_TYPE })
    expect(await compare(small(), spaced)).toMatchObject([{ kind: 'json', place: 'price' }])
    const endless = serve(100 * MB, { type: JSON_TYPE })
    const cut = `at least ${MAX_COMPARED_BYTES} bytes`
    expect(await compare(small(), endless)).toMatchObject([{ kind: 'body', shadow: cut }])
    expect(endless.count).toEqual({ read: MAX_COMPARED_BYTES, cancelled: true })
  })

  it('a long body, the first part is compared and read of both', async () => {
    const [base, shadow] = [serve(MB), serve(2 * MB)]
    expect(await compare(base, shadow)).toEqual([])
    expect([base.count.read, shadow.count.read]).toEqual([MAX_COMPARED_BYTES, MAX_COMPARED_BYTES])
    const shorter = serve(MAX_COMPARED_BYTES - 1)
    expect(await compare(serve(MB), shorter)).toEqual([
      {
        kind: 'body',
        place: '',
        base: cutAt(MAX_COMPARED_BYTES),
        shadow: `${MAX_COMPARED_BYTES - 1} bytes`,
      },
    ])
  })

  it('the same length, the bytes decide', async () => {
    expect(await compare(serve('abc'), serve('abc', { hasLength: true }))).toEqual([])
    expect(await compare(serve('abc'), serve('abd'))).toMatchObject([{ kind: 'body' }])
    expect(await compare(serve(''), serve(''))).toEqual([])
    // JSON by its type alone.
    const text = (body: string) => serve(body, { type: JSON_TYPE })
    expect(await compare(text('{'), text('{'))).toEqual([])
    expect(await compare(text('{'), text('{}'))).toMatchObject([{ shadow: 'at least 2 bytes' }])
  })

  it('a stream of events, nothing is read', async () => {
    const events = serve(100 * MB, { type: 'text/event-stream', hasLength: true })
    expect(await compare(serve('abc'), events)).toEqual([])
    expect(events.count).toEqual({ read: 0, cancelled: true })
  })
})

describe('an answer', () => {
  it('whose body breaks off before that is a failure', async () => {
    const broken = serve(MB, { breaksAt: 4 })
    expect(await compare(serve('the same'), broken)).toMatchObject([
      { kind: 'failure', place: 'broken_body' },
    ])
    const { copied } = serve(MB, { breaksAt: 70_000 })
    expect(await readAway(copied, never)).toMatchObject({ failure: 'broken_body', waitedMs: 20 })
    const base = await readBase(serve(MB, { breaksAt: 0 }).copied, never)
    expect(base.answer).toMatchObject({ status: undefined, failure: 'broken_body' })
  })

  it('that is compared with nothing is read as far as one that is', async () => {
    const { copied, count } = serve(100 * MB)
    expect(await readAway(copied, never)).toBe(copied.answer)
    expect(count).toEqual({ read: MAX_COMPARED_BYTES, cancelled: true })
  })

  it('that came is no failure because the base gives none until the copy is given up', async () => {
    const controller = new AbortController()
    const known = new Promise<{ answer: ShadowAnswer; kept: undefined }>((resolve) => {
      controller.signal.addEventListener('abort', () =>
        resolve({ answer: GIVEN_UP, kept: undefined }),
      )
    })
    const shadow = serve(100 * MB)
    const read = readBeside(Promise.resolve(shadow.copied), known, controller.signal)
    controller.abort()
    expect(await read).toEqual({ base: GIVEN_UP, answer: shadow.copied.answer })
    expect(shadow.count).toEqual({ read: 0, cancelled: true })
  })

  it('whose body does not come is given up with the copy', async () => {
    const controller = new AbortController()
    const response = new Response(
      new ReadableStream({ type: 'bytes', pull: () => new Promise(() => {}) }),
    )
    const { answer } = serve('').copied
    const read = readAway({ answer, response }, controller.signal)
    controller.abort()
    expect(await read).toBe(GIVEN_UP)
  })
})

const cutAt = (bytes: number) => `at least ${bytes} bytes`
