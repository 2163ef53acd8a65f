import { describe, expect, it } from 'vitest'
import { createPatience, SLOWEST_UPLOAD } from '../../src/proxy/patience.ts'

const TIMEOUT_MS = 40
const LONG_TIMEOUT_MS = 60_000
const NOBODY_LEAVES = new AbortController().signal

describe('patience', () => {
  it('ends when the backend has not answered in time', async () => {
    const patience = createPatience(TIMEOUT_MS, NOBODY_LEAVES)
    patience.wait()
    expect([patience.signal.aborted, patience.surrender()]).toEqual([false, undefined])
    await scheduler.wait(3 * TIMEOUT_MS)
    expect([patience.signal.aborted, patience.surrender()]).toEqual([true, 'origin_timeout'])
  })

  it.each(['pause', 'end'] as const)('is not lost on anybody else: %s', async (step) => {
    const patience = createPatience(TIMEOUT_MS, NOBODY_LEAVES)
    patience.wait()
    patience[step]()
    await scheduler.wait(3 * TIMEOUT_MS)
    expect(patience.signal.aborted).toBe(false)
  })

  it('is not begun again once the backend has answered', async () => {
    const patience = createPatience(TIMEOUT_MS, NOBODY_LEAVES)
    patience.end()
    patience.wait()
    await scheduler.wait(3 * TIMEOUT_MS)
    expect(patience.signal.aborted).toBe(false)
  })

  it('ends when the client leaves, before and after the answer', () => {
    for (const hasAnswered of [false, true]) {
      const client = new AbortController()
      const patience = createPatience(LONG_TIMEOUT_MS, client.signal)
      patience.wait()
      if (hasAnswered) patience.end()
      client.abort()
      expect([patience.signal.aborted, patience.surrender()]).toEqual([true, 'client_left'])
    }
  })

  it('is none with a client that has left already', () => {
    const patience = createPatience(LONG_TIMEOUT_MS, AbortSignal.abort())
    expect([patience.signal.aborted, patience.surrender()]).toEqual([true, 'client_left'])
  })

  it('with a body that passes unseen lasts as long as the slowest allowed upload', async () => {
    const bytes = (SLOWEST_UPLOAD * 3 * TIMEOUT_MS) / 1000
    const patience = createPatience(TIMEOUT_MS, NOBODY_LEAVES)
    patience.take('some')
    patience.waitForBody(bytes, () => false)
    await scheduler.wait(2 * TIMEOUT_MS)
    expect([patience.signal.aborted, patience.surrender()]).toEqual([false, undefined])
    await scheduler.wait(4 * TIMEOUT_MS)
    expect(patience.surrender()).toBe('origin_timeout')
    expect([patience.isAboutBody(), patience.waitedMs()]).toEqual([true, 0])
  })

  it('with such a body ends earlier with a backend that is found down twice', async () => {
    const asked: boolean[] = []
    const answers = [true, false, true, true, true]
    const patience = createPatience(TIMEOUT_MS, NOBODY_LEAVES)
    patience.waitForBody(SLOWEST_UPLOAD * 60, () => {
      const answer = answers[asked.length] ?? true
      asked.push(answer)
      return answer
    })
    await scheduler.wait(8 * TIMEOUT_MS)
    expect([asked, patience.surrender()]).toEqual([[true, false, true, true], 'origin_timeout'])
  })

  it.each([
    ['is about the body while a part of it was accepted', 'some', true],
    ['is about the backend once it has the whole body', 'all', false],
  ] as const)('and a failure %s', (_, part, isAboutBody) => {
    const patience = createPatience(TIMEOUT_MS, NOBODY_LEAVES)
    expect(patience.isAboutBody()).toBe(false)
    patience.take(part)
    expect(patience.isAboutBody()).toBe(isAboutBody)
  })

  it('ends for the first of several reasons', () => {
    const client = new AbortController()
    const patience = createPatience(LONG_TIMEOUT_MS, client.signal)
    patience.giveUp('bad_body')
    client.abort()
    expect(patience.surrender()).toBe('bad_body')
  })
})
