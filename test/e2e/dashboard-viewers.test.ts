// In Chromium on the real system: what a viewer of the dashboard costs the control, and what a page of another
// origin can do with the session of a viewer.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { COUNTING_FORM } from '../../src/core/counting/batch.ts'
import { toWindow } from '../../src/core/counting/limits.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { launchBrowser } from '../support/browser.ts'
import { openDashboard } from '../support/dashboard.ts'

const WAIT = { timeout: 30_000, interval: 50 }

let edge: AdminEdge
let browser: Browser
let elsewhere: Server
beforeAll(async () => {
  ;[edge, browser] = await Promise.all([startAdminEdge(), launchBrowser()])
  elsewhere = createServer((_, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>Elsewhere</title>')
  })
  await new Promise<void>((resolve) => elsewhere.listen(0, resolve))
})
afterAll(async () => {
  await browser?.close()
  elsewhere?.close()
  await edge?.stop()
})

const settle = async () => {
  let calls: string[] = []
  await vi.waitFor(async () => {
    calls = await edge.control.takeCalls()
    expect(calls).toEqual([])
  }, WAIT)
}

describe('the calls of the control', () => {
  let ahead = 0
  let sequence = 0
  const told: number[] = []
  let observer: WebSocket

  beforeAll(() => {
    observer = new WebSocket(`ws://${edge.url.host}/.holo/api/live`, {
      headers: { authorization: `Bearer ${FIRST_TOKEN}` },
    } as never)
    observer.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data))
      if (message.kind === 'window') told.push(message.at)
    })
  })
  afterAll(async () => {
    observer.close()
    await edge.control.setClockAhead(0)
  })

  const report = () => {
    const window = toWindow(Date.now() + ahead)
    sequence += 1
    const windows = [{ window, groups: [] }]
    const batch = { form: COUNTING_FORM, isolate: 'test', sequence, windows, dropped: 0 }
    return edge.control.sync({ held: undefined, kv: undefined, batch } as never)
  }

  /** A window of counts is stored, and every viewer is told of it. */
  async function storeWindow(): Promise<void> {
    const before = told.length
    await report()
    ahead += 60_000
    await edge.control.setClockAhead(ahead)
    await report()
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(before), WAIT)
  }

  const setVisibility = (page: Page, state: 'visible' | 'hidden') =>
    page.evaluate((visibility) => {
      Object.defineProperty(document, 'visibilityState', { value: visibility, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }, state)

  /** What a page asks for in two windows of counts, a window each: it is waited for all that is expected. */
  async function callsOfWindows(
    pass: () => Promise<void>,
    expected: readonly string[],
  ): Promise<string[][]> {
    // What a page reads when it is opened, and once more when it hears of a newer revision.
    for (let i = 0; i < 3; i++) {
      await pass()
      await settle()
    }
    const seen: string[][] = []
    for (let i = 0; i < 2; i++) {
      await storeWindow()
      await pass()
      const calls: string[] = []
      await vi.waitFor(async () => {
        calls.push(...(await edge.control.takeCalls()))
        expect(calls).toEqual(expect.arrayContaining([...expected]))
      }, WAIT)
      await pass()
      calls.push(...(await edge.control.takeCalls()))
      seen.push(calls.sort())
    }
    return seen
  }

  const openPage = async () => {
    const { page } = await openDashboard(browser, edge.url.origin, {
      token: FIRST_TOKEN,
      prepare: (opened) => opened.clock.install(),
    })
    return { page, pass: () => page.clock.fastForward(5000) }
  }

  it('are two for each window and viewer, none while the page is hidden or nobody has it open', async () => {
    const { page, pass } = await openPage()
    const calls = ['metrics', 'services']
    expect(await callsOfWindows(pass, calls)).toEqual([calls, calls])
    await setVisibility(page, 'hidden')
    await storeWindow()
    for (let i = 0; i < 12; i++) await pass()
    expect(await edge.control.takeCalls()).toEqual([])
    // It reads everything anew once it is looked at: so it would have read before, if it had not been hidden.
    await setVisibility(page, 'visible')
    await vi.waitFor(async () => expect(await edge.control.takeCalls()).toContain('metrics'), WAIT)
    await page.context().close()
    await settle()
    await storeWindow()
    expect(await edge.control.takeCalls()).toEqual([])
  })

  it('are four while a rollout runs', async () => {
    const started = await edge.call('POST', '/.holo/api/rollouts', {
      token: FIRST_TOKEN,
      headers: { 'if-match': '"1"' },
      json: {
        version: 'v2',
        environment: 'canary',
        plan: { steps: [{ weight: 50, gate: 'manual' }] },
      },
    })
    expect(started.status, started.body).toBe(200)
    const { page, pass } = await openPage()
    const calls = ['metrics', 'rollout', 'rollouts', 'services']
    expect(await callsOfWindows(pass, calls)).toEqual([calls, calls])
    await page.context().close()
    const aborted = await edge.call('POST', '/.holo/api/rollouts/1/abort', {
      token: FIRST_TOKEN,
      json: {},
    })
    expect(aborted.status, aborted.body).toBe(200)
  })
})

describe('a page of another origin, in the browser of an operator', () => {
  /** Tries everything that a page can send without being asked. */
  const tryAll = (page: Page, target: string) =>
    page.evaluate(async (origin) => {
      const swap = `${origin}/.holo/api/swap?if-match=1`
      const body = '{"environments":["main","canary"]}'
      const framed = (frame: HTMLIFrameElement) =>
        new Promise((resolve) => {
          frame.addEventListener('load', resolve)
          document.body.append(frame)
        })
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data',
      ]) {
        const frame = document.createElement('iframe')
        frame.name = `answer-${type}`
        const form = document.createElement('form')
        Object.assign(form, { method: 'POST', action: swap, enctype: type, target: frame.name })
        const field = document.createElement('input')
        Object.assign(field, { name: '{"environments":["main","canary"],"x":"', value: '"}' })
        form.append(field)
        await framed(frame)
        document.body.append(form)
        const answered = new Promise((resolve) => frame.addEventListener('load', resolve))
        form.submit()
        await answered
      }
      const send = (init: RequestInit) =>
        fetch(swap, { method: 'POST', credentials: 'include', body, ...init }).then(
          ({ type }) => type,
          () => 'refused',
        )
      const blind = await send({ mode: 'no-cors' })
      const read = await fetch(`${origin}/.holo/api/tokens`, { credentials: 'include' }).then(
        ({ type }) => type,
        () => 'refused',
      )
      const asked = await send({
        headers: { 'holo-request': '1', 'content-type': 'application/json' },
      })
      const socket = await new Promise((resolve) => {
        const opened = new WebSocket(`${origin.replace('http', 'ws')}/.holo/api/live`)
        opened.addEventListener('open', () => resolve('open'))
        opened.addEventListener('error', () => resolve('refused'))
      })
      const frame = document.createElement('iframe')
      frame.src = `${origin}/.holo/`
      await framed(frame)
      return { blind, read, asked, socket }
    }, target)

  const takeStock = () => edge.control.query('SELECT count(*) AS audited FROM audit')

  async function openElsewhere(context: BrowserContext, host: string): Promise<Page> {
    const page = await context.newPage()
    await page.goto(`http://${host}:${(elsewhere.address() as AddressInfo).port}/`)
    return page
  }

  it('changes nothing, reads nothing and shows nothing', async () => {
    const { page } = await openDashboard(browser, edge.url.origin, { token: FIRST_TOKEN })
    // The session is one that may do everything, from its own page.
    const { headers } = await edge.call('GET', '/.holo/api/assignments', { token: FIRST_TOKEN })
    const own = await page.evaluate(async (revision) => {
      const headers = {
        'holo-request': '1',
        'if-match': revision,
        'content-type': 'application/json',
      }
      const body = '{"environments":["main","canary"]}'
      return (await fetch('/.holo/api/swap?dryRun=true', { method: 'POST', headers, body })).status
    }, String(headers.etag))
    expect(own).toBe(200)
    const context = page.context()
    await page.close()
    await settle()
    const before = await takeStock()
    // The second one is the same site to browsers, which send the cookie from it.
    for (const host of ['localhost', '127.0.0.1']) {
      const other = await openElsewhere(context, host)
      expect([host, await tryAll(other, edge.url.origin)]).toEqual([
        host,
        { blind: 'refused', read: 'refused', asked: 'refused', socket: 'refused' },
      ])
      expect(other.frames().length).toBeGreaterThan(4)
      for (const frame of other.frames()) expect(await frame.title()).not.toContain('Holo')
      await other.close()
    }
    expect(await takeStock()).toEqual(before)
    // A read of the dashboard may still have been under way when it was closed; what the other pages ask for is not
    // among its reads.
    const calls = await edge.control.takeCalls()
    for (const name of ['change', 'tokens', 'authenticate']) expect(calls).not.toContain(name)
  })
})
