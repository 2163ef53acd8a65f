// How fresh the document is that a request is decided with, whatever the control does: answers, is
// slow, fails, lies, or asks for fewer calls. Faults are put in the control's place.

import { describe, expect, it, vi } from 'vitest'
import type { Collected } from '../../src/core/counting/batch.ts'
import { toCheckedForm } from '../../src/loading/checked.ts'
import { createColo } from '../../src/loading/colo.ts'
import type { LoaderOptions } from '../../src/loading/load.ts'
import { digestText, type SyncReply, type SyncReport } from '../../src/loading/sync.ts'
import {
  CONTROL_REFRESH_MS,
  controlWith,
  DOCUMENT_WAIT_MS,
  hang,
  STALE_AFTER_MS,
  setUp,
  textOf,
  watchWarnings,
} from './loader.ts'

const FORM = toCheckedForm(false)

const delayed = <T>(ms: number, value: () => T | Promise<T>) =>
  new Promise<T>((resolve) => setTimeout(() => resolve(value()), ms))

const warn = watchWarnings()

describe('a new isolate', () => {
  it('decides its first document on what the control says, not on what KV still has', async () => {
    const { load } = setUp({
      readKv: async () => textOf(42),
      askControl: (report) => delayed(50, () => controlWith(() => textOf(43))(report)),
    })
    expect(await load(true)).toMatchObject({
      origin: 'control',
      assignments: { revision: 43 },
      isStale: false,
    })
  })

  it('lets nothing but documents wait for the control', async () => {
    const { load } = setUp({ readKv: async () => textOf(42), askControl: hang })
    expect(await load(false)).toMatchObject({ origin: 'kv', isStale: false })
  })

  it('starts with the control alone when KV is down', async () => {
    const { load } = setUp({
      readKv: () => Promise.reject(new Error('KV is down')),
      askControl: controlWith(() => textOf(43)),
    })
    expect(await load(true)).toMatchObject({ origin: 'control', assignments: { revision: 43 } })
  })

  it('starts with KV alone when the control is down, and says that it may be stale', async () => {
    const { loader, load } = setUp({
      readKv: async () => textOf(42),
      askControl: () => Promise.reject(new Error('overloaded')),
    })
    expect(await load(true)).toMatchObject({ origin: 'kv', isStale: true })
    expect(loader.counters.staleDocuments).toBe(1)
    expect(loader.refusals['control-unreachable']).toBe(1)
  })

  it('tells the control what it holds and what KV has', async () => {
    const reports: SyncReport[] = []
    const { load, pass, settle } = setUp({
      readKv: async () => textOf(42),
      askControl: async (report) => {
        reports.push(report)
        return controlWith(() => textOf(43))(report)
      },
    })
    await load(true)
    await settle()
    pass(CONTROL_REFRESH_MS * 1.5)
    await load()
    await settle()
    expect(reports.at(-1)).toEqual({
      held: { revision: 43, digest: await digestText(textOf(43)) },
      kv: { revision: 42, digest: await digestText(textOf(42)) },
    })
  })
})

describe('a warm isolate', () => {
  it('asks the control once in an interval, behind the reply, however many requests come', async () => {
    const { loader, load, pass, settle } = setUp({
      readKv: async () => textOf(42),
      askControl: controlWith(() => textOf(42)),
    })
    await load(true)
    await settle()
    for (let i = 0; i < 100; i++) expect(await load(true)).toMatchObject({ isStale: false })
    expect(loader.counters.controlCalls).toBe(1)
    pass(CONTROL_REFRESH_MS + 1)
    for (let i = 0; i < 100; i++) expect(await load(true)).toMatchObject({ origin: 'memory' })
    await settle()
    expect(loader.counters.controlCalls).toBe(2)
  })

  it('takes a newer revision at the next call', async () => {
    let text = textOf(42)
    const { load, pass, settle } = setUp({
      readKv: async () => textOf(42),
      askControl: controlWith(() => text),
    })
    await load(true)
    await settle()
    text = textOf(43)
    pass(CONTROL_REFRESH_MS + 1)
    await load()
    await settle()
    expect(await load()).toMatchObject({ origin: 'memory', assignments: { revision: 43 } })
  })

  it('that has slept decides no document on the past, and lets nothing else wait', async () => {
    let text = textOf(42)
    const { load, pass, settle } = setUp({
      readKv: async () => textOf(42),
      askControl: (report) => delayed(100, () => controlWith(() => text)(report)),
    })
    await load(true)
    await settle()
    text = textOf(43)
    pass(3_600_000)
    expect((await load(false)).assignments?.revision).toBe(42)
    expect(await load(true)).toMatchObject({ assignments: { revision: 43 }, isStale: false })
  })

  it('shares one call among all documents that wait', async () => {
    let text = textOf(42)
    const { loader, load, pass, settle } = setUp({
      readKv: async () => textOf(42),
      askControl: (report) => delayed(100, () => controlWith(() => text)(report)),
    })
    await load(true)
    await settle()
    text = textOf(43)
    pass(STALE_AFTER_MS * 2)
    const all = await Promise.all(Array.from({ length: 50 }, () => load(true)))
    expect(all.every(({ assignments }) => assignments?.revision === 43)).toBe(true)
    expect(loader.counters.controlCalls).toBe(2)
  })
})

describe('a slow control', () => {
  it('lets a document wait no longer than it may, which is counted, and is used when it answers', async () => {
    const { loader, load, pass, settle } = setUp({
      readKv: async () => textOf(42),
      askControl: (report) =>
        delayed(DOCUMENT_WAIT_MS + 100, () => controlWith(() => textOf(43))(report)),
    })
    expect(await load(true)).toMatchObject({ assignments: { revision: 42 }, isStale: true })
    // Nobody else waits for a control that has let somebody wait in vain.
    expect(await load(true)).toMatchObject({ assignments: { revision: 42 }, isStale: true })
    expect(loader.counters.staleDocuments).toBe(2)
    await settle()
    expect(await load(true)).toMatchObject({ assignments: { revision: 43 }, isStale: false })
    pass(CONTROL_REFRESH_MS)
    expect(await load(true)).toMatchObject({ isStale: false })
  })

  it('cannot bring back an old revision with a late answer', async () => {
    const answers: ((reply: SyncReply) => void)[] = []
    const { load, pass } = setUp({
      readKv: async () => textOf(42),
      askControl: () => new Promise((resolve) => answers.push(resolve)),
    })
    const first = load(true)
    await vi.waitFor(() => expect(answers).toHaveLength(1), 20_000)
    const answer = async (i: number, text: string) =>
      answers[i]?.(await controlWith(() => text)({ held: undefined, kv: undefined }))
    await answer(0, textOf(43))
    await first
    for (const calls of [2, 3]) {
      pass(10_000)
      await load()
      await vi.waitFor(() => expect(answers).toHaveLength(calls), 20_000)
    }
    await answer(2, textOf(45))
    await vi.waitFor(async () => expect((await load()).assignments?.revision).toBe(45), 20_000)
    await answer(1, textOf(44))
    await delayed(20, () => undefined)
    expect((await load()).assignments?.revision).toBe(45)
  })
})

describe('a control that fails', () => {
  const good = controlWith(() => textOf(42))
  const faults: [string, LoaderOptions['askControl']][] = [
    ['throws', () => Promise.reject(new Error('Durable Object is overloaded'))],
    ['hangs', hang],
    ['answers nothing', async () => undefined as never],
    ['answers garbage', async () => ({ current: 'x', text: 7, nextMs: 'soon' }) as never],
    ['answers an older revision', controlWith(() => textOf(41))],
    ['answers the same revision with other content', controlWith(() => textOf(42, { salt: 'x' }))],
    [
      'sends another text than it names',
      async (report) => ({ ...(await controlWith(() => textOf(43))(report)), text: textOf(44) }),
    ],
    [
      'sends a document that is none',
      async () => ({ current: { revision: 43, digest: 'x' }, text: '{}', nextMs: 2000 }),
    ],
  ]

  it.each(faults)('%s: the document stays, and documents do not queue up', async (_, fault) => {
    let askControl = good
    const { loader, load, pass, settle } = setUp({
      readKv: async () => textOf(42),
      askControl: (report) => askControl(report),
    })
    await load(true)
    await settle()
    askControl = fault
    pass(60_000)
    const began = loader.counters.controlCalls
    for (let i = 0; i < 300; i++) {
      expect(await load(true)).toMatchObject({ assignments: { revision: 42 }, isStale: true })
    }
    expect(loader.counters.staleDocuments).toBe(300)
    expect(loader.counters.controlCalls - began).toBeLessThanOrEqual(2)
    // And it recovers by itself.
    askControl = controlWith(() => textOf(43))
    pass(120_000)
    await load(true)
    await settle()
    pass(120_000)
    expect(await load(true)).toMatchObject({ assignments: { revision: 43 }, isStale: false })
    expect(warn).toHaveBeenCalled()
  })

  it('is asked ever more seldom, and not by all isolates at once when it comes back', async () => {
    const calls: number[] = []
    const isolates = Array.from({ length: 200 }, (_, i) => {
      const isolate = setUp({
        readKv: async () => textOf(42),
        random: () => ((i * 7919 + calls.length * 104_729) % 1000) / 1000,
        askControl: async () => {
          calls.push(second)
          throw new Error('down')
        },
      })
      return isolate
    })
    let second = 0
    for (; second < 600; second++) {
      for (const { load, pass } of isolates) {
        pass(1000)
        await load(false)
      }
    }
    const perSecond = (from: number, to: number) =>
      calls.filter((at) => at >= from && at < to).length / (to - from)
    // At most one call in 24 s for each of them: the longest back-off, less its jitter.
    expect(perSecond(120, 600)).toBeLessThan(200 / 24)
    const busiest = Math.max(
      ...Array.from({ length: 480 }, (_, i) => calls.filter((at) => at === 120 + i).length),
    )
    expect(busiest).toBeLessThan(60)
  })
})

describe('a document with the mark of a validator', () => {
  const marked = async (text: string, mark: { form?: string; digest?: string } = {}) => {
    const digest = mark.digest ?? (await digestText(text))
    return { text, mark: { form: mark.form ?? FORM, digest } }
  }
  /** No validator accepts it, and it can be compiled all the same. */
  const unknownField = textOf(43, { unknown: true })

  it('is not validated again by the same validator', async () => {
    const { load } = setUp({ readKv: () => marked(unknownField) })
    expect(await load(true)).toMatchObject({ origin: 'kv', assignments: { revision: 43 } })
  })

  it.each([
    ['another validator', { form: 'another' }],
    ['one with other settings', { form: toCheckedForm(true) }],
    ['the mark of another text', { digest: '0'.repeat(64) }],
  ])('is validated if it comes from %s', async (_, mark) => {
    const { loader, load, settle } = setUp({ readKv: () => marked(unknownField, mark) })
    expect((await load(true)).origin).toBe('default')
    await settle()
    expect(loader.refusals.invalid).toBeGreaterThan(0)
    const valid = setUp({ readKv: () => marked(textOf(43), mark) })
    expect(await valid.load(true)).toMatchObject({ assignments: { revision: 43 } })
  })

  it.each([
    ['no JSON', '{"schema": 1'],
    ['no object', 'null'],
    ['nothing of a document', '{}'],
    ['no environments', textOf(43, { environments: undefined })],
  ])('is refused if it is none all the same: %s', async (_, text) => {
    const { loader, load, settle } = setUp({ readKv: () => marked(text) })
    expect((await load(true)).origin).toBe('default')
    await settle()
    expect(loader.refusals.invalid).toBeGreaterThan(0)
  })

  it('is believed of the control, which is asked for the newest', async () => {
    const digest = await digestText(unknownField)
    const { load } = setUp({
      readKv: async () => null,
      askControl: async () => ({
        current: { revision: 43, digest },
        text: unknownField,
        form: FORM,
        nextMs: 2000,
      }),
    })
    expect(await load(true)).toMatchObject({ origin: 'control', assignments: { revision: 43 } })
  })
})

describe('a control with many callers', () => {
  it('is not asked before the time it names, and documents decided meanwhile are counted as stale', async () => {
    const { loader, load, pass, settle } = setUp({
      readKv: async () => textOf(42),
      askControl: controlWith(() => textOf(42), 60_000),
    })
    await load(true)
    await settle()
    for (let step = 0; step < 40; step++) {
      pass(900)
      await load(true)
      await settle()
    }
    expect(loader.counters.controlCalls).toBe(1)
    expect(loader.counters.staleDocuments).toBe(35)
    pass(40_000)
    expect(await load(true)).toMatchObject({ isStale: false })
    expect(loader.counters.controlCalls).toBe(2)
  })
})

describe('the isolates of one data centre', () => {
  it('spare each other calls, and what one learns the others decide with', async () => {
    const colo = createColo(await caches.open('shared-confirmations'), FORM)
    let text = textOf(42)
    const isolates = Array.from({ length: 20 }, () =>
      setUp({ readKv: async () => textOf(42), askControl: controlWith(() => text), colo }),
    )
    const round = async () => {
      const loaded = []
      for (const { load, settle } of isolates) {
        loaded.push(await load(true))
        await settle()
      }
      return loaded
    }
    await round()
    const calls = () => isolates.reduce((sum, { loader }) => sum + loader.counters.controlCalls, 0)
    expect(calls()).toBe(1)
    text = textOf(43)
    for (const { pass } of isolates) pass(STALE_AFTER_MS * 1.5)
    const loaded = await round()
    expect(loaded.map(({ assignments }) => assignments?.revision)).toEqual(Array(20).fill(43))
    expect(loaded.every(({ isStale }) => !isStale)).toBe(true)
    expect(calls()).toBe(2)
  })

  it('tell each other whose visitors are collected, and when nobody is any more', async () => {
    const colo = createColo(await caches.open('shared-collection'), FORM)
    const control = controlWith(() => textOf(42))
    const environment = { key: 'secret', bound: 7, metrics: { errors: [7] }, allowance: {} }
    let collected: Collected | undefined = { main: environment, canary: environment }
    const heard: (Collected | undefined)[] = []
    const [first, second] = [0, 1].map((isolate) =>
      setUp({
        readKv: async () => textOf(42),
        askControl: async (report) => ({
          ...(await control(report)),
          ...(collected ? { collected } : {}),
        }),
        colo,
        counting: {
          take: () => undefined,
          arrived: () => undefined,
          failed: () => undefined,
          collect: (next) => {
            heard[isolate] = next
          },
        },
      }),
    ) as [ReturnType<typeof setUp>, ReturnType<typeof setUp>]
    const round = async () => {
      for (const { load, settle } of [first, second]) {
        await load(true)
        await settle()
      }
    }
    await round()
    expect(heard).toEqual([collected, collected])
    collected = undefined
    for (const { pass } of [first, second]) pass(STALE_AFTER_MS * 1.5)
    await round()
    expect(heard).toEqual([undefined, undefined])
    expect(second.loader.counters.controlCalls).toBe(0)
  })

  it('take the document of a control that wants something collected in another form', async () => {
    const control = controlWith(() => textOf(43))
    const heard: unknown[] = []
    const { load, settle } = setUp({
      readKv: async () => textOf(42),
      // As a control of an older release does.
      askControl: async (report) => ({
        ...(await control(report)),
        collected: { main: 7 } as never,
      }),
      colo: createColo(await caches.open('foreign-collection'), FORM),
      counting: {
        take: () => undefined,
        arrived: () => undefined,
        failed: () => undefined,
        collect: (next) => heard.push(next),
      },
    })
    await load(true)
    await settle()
    expect(await load(true)).toMatchObject({ assignments: { revision: 43 }, isStale: false })
    expect(heard).toEqual([undefined])
  })

  it('are not misled by what is no confirmation', async () => {
    const cache = await caches.open('broken-confirmations')
    const identity = JSON.stringify({ revision: 42, digest: await digestText(textOf(42)) })
    for (const kept of [
      'garbage',
      'null',
      '{"identity":{"revision":"42"},"at":0}',
      `{"identity":${identity},"at":${Date.now()},"collected":{"main":"all"}}`,
      `{"identity":${identity},"at":${Date.now()},"collected":{"main":7}}`,
      `{"identity":${identity},"at":${Date.now()},"collected":{"main":{"key":"","bound":7,"metrics":{},"allowance":{}}}}`,
      `{"identity":${identity},"at":${Date.now()},"collected":{"main":{"key":"k","bound":7,"metrics":{"errors":7},"allowance":{}}}}`,
      `{"identity":${identity},"at":${Date.now()},"collected":{"main":{"key":"k","bound":7,"metrics":{},"allowance":{"latency":0}}}}`,
    ]) {
      await cache.put(
        'https://last-good.holo.invalid/confirmation',
        new Response(kept, { headers: { 'cache-control': 'max-age=60' } }),
      )
      const { loader, load } = setUp({
        readKv: async () => textOf(42),
        askControl: controlWith(() => textOf(42)),
        colo: createColo(cache, FORM),
      })
      expect(await load(true)).toMatchObject({ isStale: false })
      expect(loader.counters.controlCalls).toBe(1)
    }
  })
})
