// What the dashboard shows when nothing is published, something is hostile, or nothing answers, on a running Holo. The
// looks of each state are in dashboard-screens.test.ts.

import type { Browser, Page, WebSocketRoute } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { launchBrowser } from '../support/browser.ts'
import {
  DESKTOP,
  expectNoOverflow,
  findBarriers,
  goTo,
  openDashboard,
} from '../support/dashboard.ts'
import { makeUpRollout } from '../support/made-up-rollout.ts'
import { SOAK } from '../support/made-up-shadow.ts'
import { type Answers, answerFrom, makeUpSite } from '../support/made-up-site.ts'

/** What every object of the page has inherited: a name from outside may have led to `Object.prototype`. */
function findInherited(): string[] {
  const names = []
  for (const name in {}) names.push(name)
  return names
}

const PAGES = [
  ...['now', 'traffic', 'rollouts', 'rollouts/new', 'shadow', 'versions', 'try', 'rules', 'flags'],
  ...['webhooks', 'audit'],
]

let edge: AdminEdge
let browser: Browser

beforeAll(async () => {
  edge = await startAdminEdge({ isEmpty: true })
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await edge?.stop()
})

const LONG = 'n'.repeat(200)
const VERY_LONG = 'x'.repeat(10_000)

/** Text that is dangerous or confusing in a page that does not treat it as text. */
const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '"><svg onload=alert(1)>',
  "';alert(1)//",
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  '{{constructor.constructor("alert(1)")()}}',
  '$\u007Balert(1)}',
  '&lt;b&gt;not bold&lt;/b&gt;',
  '<!--',
  ']]>',
  '</title><script>alert(1)</script>',
  '</style><style>*{display:none}',
  '<base href=//evil.test>',
  '<form action=//evil.test><input name=token>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<a href=//evil.test>click</a>',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  '\u202Egnp.exe',
  'left\u202Aright\u202C',
  '\u2066isolated\u2069',
  'שלום עולם',
  'مرحبا',
  'zero\u200Bwidth\uFEFF',
  'e\u0301\u0301\u0301\u0301\u0301\u0301',
  'tab\tand\nline',
  '\u0000null',
  '__proto__',
  LONG,
  VERY_LONG,
] as const

describe('nothing', () => {
  it('says on every page that nothing has been published, and how to begin', async () => {
    const { page } = await openDashboard(browser, edge.url.origin, { token: FIRST_TOKEN })
    await page.getByRole('heading', { name: 'Nothing has been published yet' }).waitFor()
    await page.getByText('npx holo publish').waitFor()
    for (const path of PAGES) {
      await goTo(page, path)
      expect(await findBarriers(page), path).toEqual([])
      await expectNoOverflow(page)
    }
    // It appears as soon as it is there, without a reload.
    await goTo(page, 'now')
    await edge.publish()
    await page.getByRole('heading', { name: 'Environments' }).waitFor()
  })
})

/** A site of which everything that a person, a program or a backend can name is hostile. */
function makeUpHostileSite(): Answers {
  const site = makeUpSite()
  const { rollouts } = makeUpRollout('rolledBack')['GET /rollouts'] as { rollouts: object[] }
  const environments = HOSTILE.map((text, i) => ({
    name: `${i} ${text}`,
    version: text,
    restricted: i % 9 === 8,
    hosts: [text],
    percent: i === 0 ? 71 : 1,
  }))
  const change = (text: string, i: number) => ({
    at: 1,
    actor: text,
    action: text,
    reason: text,
    revision: i + 1,
  })
  const refused = {
    problem: {
      status: 400,
      code: 'invalid_request',
      title: HOSTILE[0],
      detail: HOSTILE[1],
      requestId: HOSTILE[2],
      problems: HOSTILE.map((text) => ({ path: text, message: text })),
    },
  }
  const answers = {
    ...site,
    'GET /whoami': { actor: HOSTILE[0], kind: 'session', scopes: ['admin'] },
    'GET /environments': { revision: 12, environments },
    'GET /health': {
      status: 'ok',
      control: {
        revision: 12,
        published: 11,
        publishError: HOSTILE[1],
        externalProblem: HOSTILE[2],
        callsPerSecond: 1,
        nextMs: 0,
        overwritten: 0,
        fill: [],
      },
    },
    'GET /health/services': {
      environments: environments.map(({ name, version }) => ({
        environment: name,
        state: 'Down',
        since: 1,
        why: version,
      })),
      services: environments.map(({ name, version }) => ({
        environment: name,
        version,
        prefix: `/${version}/`,
        state: 'Down',
        since: 1,
        why: version,
        origins: [{ origin: version, path: version, state: 'Down', since: 1, why: version }],
      })),
      down: HOSTILE,
    },
    'GET /versions': {
      revision: 12,
      versions: HOSTILE.map((text, i) => ({
        ...((site['GET /versions'] as unknown as { versions: object[] }).versions[0] ?? {}),
        id: `${i} ${text}`,
        environments: [text],
        services: [{ prefix: text, origins: [text] }],
        record: { files: 1, bytes: 1, commit: text, author: text },
      })),
    },
    'GET /errors': {
      errors: HOSTILE.map((text, i) => ({
        id: String(i).padStart(16, '0'),
        version: text,
        kind: 'error',
        message: text,
        frame: `/a.js:${i}:1`,
        new: i === 0,
        count: 2,
        lastHour: 1,
        lastDay: 2,
        environments: { [text]: 2 },
        firstAt: 1,
        lastAt: 2,
        resolved: { raw: text, source: text, line: 1, column: 1, name: text },
      })),
      found: HOSTILE.length,
      lost: 0,
    },
    'GET /errors/{id}': { stack: HOSTILE.map((text) => ({ raw: text })) },
    'GET /revisions': {
      revisions: HOSTILE.map((text, i) => ({ ...change(text, i), digest: text })),
    },
    'GET /revisions/{revision}': {
      ...change(HOSTILE[0], 1),
      digest: HOSTILE[3],
      text: JSON.stringify({ [HOSTILE[0]]: HOSTILE[4], list: HOSTILE }),
    },
    'GET /audit': {
      rows: HOSTILE.map((text, i) => ({ ...change(text, i), seq: i, detail: { [text]: text } })),
    },
    'GET /assignments': {
      schema: 1,
      revision: 12,
      salt: HOSTILE[0],
      environments: Object.fromEntries(
        HOSTILE.map((text, i) => [
          `${i} ${text}`,
          {
            version: text,
            shadow: { to: text, percent: 1, paths: [text], methods: [text], credentials: [text] },
          },
        ]),
      ),
      traffic: {},
      visitor: { cookie: HOSTILE[1] },
      polled: HOSTILE,
      rules: HOSTILE.map((text) => ({
        name: text,
        environment: text,
        when: { '==': [{ var: text }, text] },
      })),
    },
    'GET /shadow': { shadows: [makeUpHostileShadow()], now: 1 },
    'GET /shadow/soaks': {
      soaks: HOSTILE.map((text, i) => ({
        ...{ ...SOAK, from: `${i} ${text}`, to: text, base: text, shadow: text },
        steps: i === 0 ? SOAK.steps : [],
      })),
    },
    'GET /flags': {
      revision: 12,
      flags: Object.fromEntries(
        HOSTILE.map((text, i) => [
          `${i} ${text}`,
          {
            state: 'ENABLED',
            variants: Object.fromEntries(HOSTILE.map((name) => [name, name])),
            defaultVariant: text,
            targeting: {
              if: HOSTILE.flatMap((name) => [{ '==': [{ var: name }, name] }, name]),
            },
          },
        ]),
      ),
      $evaluators: {},
      metadata: {},
    },
    'GET /flags/counts': {
      counts: HOSTILE.map((text, i) => ({
        ...{ flag: `0 ${HOSTILE[0]}`, variant: text, reason: `${i} ${text}` },
        ...{ count: 1, lastHour: 1, lastDay: 1, lastAt: '2026-11-23T12:00:00.000Z' },
      })),
      lost: 1,
    },
    'GET /experiments': {
      experiments: HOSTILE.map((text, i) => ({
        ...{ flag: `${i} ${text}`, metrics: [text], base: text, weights: { [text]: 1 }, since: 1 },
        comparisons: [{ variant: text, outcome: 'better', sentence: text, visitors: [1, 1] }],
      })),
    },
    'GET /rollouts': {
      rollouts: HOSTILE.map((text, i) => ({
        ...rollouts[0],
        id: i + 1,
        environment: text,
        base: text,
        version: text,
        baseVersion: text,
        startedBy: text,
        phaseText: text,
        reason: text,
        waiting: [text],
      })),
    },
    'GET /freeze': { freeze: { by: HOSTILE[0], since: 1, reason: HOSTILE.join(' ') } },
    'GET /windows': {
      zone: HOSTILE[0],
      windows: HOSTILE.map((text) => ({ days: ['mon'], from: text, to: text })),
      open: false,
    },
    'GET /webhooks': {
      webhooks: HOSTILE.map((text, i) => ({
        ...{ name: `${i} ${text}`, form: text, origin: text, events: [text], createdAt: 1 },
        ...{ createdBy: text, state: 'disabled', waiting: 1, missed: 1, failures: 1 },
        ...{ disabledAt: 1, why: text },
      })),
    },
    'GET /webhooks/{name}/deliveries': {
      deliveries: HOSTILE.map((text, i) => ({
        ...{ id: i, event: i + 1, kind: text, cause: 'event', at: 1, triedAt: 1, attempts: 2 },
        ...{ outcome: 'failed', why: text, ms: 1 },
      })),
    },
    'GET /events': {
      events: [{ id: 1, at: 1, kind: 'freeze.begun', by: HOSTILE[0], reason: HOSTILE.join(' ') }],
      next: 1,
      missed: 0,
    },
    'POST /explain': refused,
    'POST /flags/evaluate': refused,
  }
  return answers as unknown as Answers
}

/** Names, routes, places and examples come from the document and from backends. */
function makeUpHostileShadow() {
  const counts = {
    ...{ copied: 9, skipped: 1, compared: 8, differing: 4, baselines: 2, noisy: 1 },
    ...{ rate: 0.5, baseMs: 1, shadowMs: 2 },
  }
  const difference = (text: string, i: number) => ({
    kind: (['json', 'status', 'header', 'failure'] as const)[i % 4],
    place: text,
    ...{ count: 4, noise: 0, rate: 0.5, isNoise: i % 7 === 6 },
    examples: [{ at: 1, request: text, base: text, shadow: text }],
  })
  return {
    ...{ from: HOSTILE[0], base: HOSTILE[1], to: HOSTILE[2], shadow: VERY_LONG },
    ...{ since: 1, lastAt: 2, ...counts, lost: 1 },
    routes: HOSTILE.map((text) => ({
      ...{ service: text, route: text, ...counts, differences: HOSTILE.map(difference) },
    })),
  }
}

describe('hostile text', () => {
  it('is 30 texts, and each is text on every page, in every field that people or programs fill', async () => {
    expect(HOSTILE.length).toBe(30)
    const faults: string[] = []
    const { page, faults: others } = await openDashboard(browser, edge.url.origin, {
      prepare: async (opened) => {
        opened.on('dialog', (dialog) => {
          faults.push(dialog.message())
          dialog.dismiss()
        })
        await answerFrom(opened, makeUpHostileSite())
      },
    })
    const look = async (path: string, isShown: boolean) => {
      await expectNoOverflow(page)
      expect(await findMarkup(page), path).toEqual([])
      expect(await page.evaluate(findInherited), path).toEqual([])
      if (!isShown) return
      const shown = await page.evaluate(() => document.querySelector('main')?.textContent ?? '')
      const missing = HOSTILE.filter((text) => !shown.includes(text.slice(0, 40)))
      expect(missing, path).toEqual([])
    }
    const listing = [
      'now',
      'traffic',
      'rollouts',
      'shadow',
      'versions',
      'rules',
      'flags',
      'webhooks',
      'audit',
    ]
    for (const path of listing) {
      await goTo(page, path)
      await look(path, true)
    }
    await goTo(page, 'shadow')
    await page.setViewportSize({ width: 360, height: 780 })
    await expectNoOverflow(page)
    const examples = await page.locator('.examples').allTextContents()
    expect(HOSTILE.filter((text, i) => i % 7 !== 6 && !examples.join().includes(text))).toEqual([])
    await page.setViewportSize(DESKTOP)
    for (const path of [
      'rollouts/new',
      `versions/${encodeURIComponent(`0 ${HOSTILE[0]}`)}`,
      'audit/revision/3',
    ]) {
      await goTo(page, path)
      await look(path, false)
    }
    await goTo(page, `versions/${encodeURIComponent(`0 ${HOSTILE[0]}`)}`)
    await page.getByText('new', { exact: true }).click()
    await page.locator('.stack li').last().waitFor()
    await look('errors', true)
    await goTo(page, 'try')
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.getByRole('alert').waitFor()
    await look('try', true)
    await goTo(page, `flags/${encodeURIComponent(`0 ${HOSTILE[0]}`)}`)
    await look('flag', true)
    await page.getByRole('button', { name: 'Evaluate' }).click()
    await page.getByRole('alert').waitFor()
    await look('evaluation', true)
    await goTo(page, `webhooks/${encodeURIComponent(`0 ${HOSTILE[0]}`)}`)
    await page.locator('summary.delivery').first().click()
    await page.getByText('Releases are frozen by').last().waitFor()
    await look('webhook', true)
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').getByRole('combobox').fill('onerror')
    expect(await page.getByRole('option').count()).toBeGreaterThan(0)
    expect(await findMarkup(page)).toEqual([])
    expect([...faults, ...others]).toEqual([])
  })
})

/** Elements that the page never has by itself, handlers, and links that lead to a script. */
function findMarkup(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('body *')]
      .filter(
        (element) =>
          element.matches('script, style, iframe, img, base, math, object, embed, template') ||
          element.getAttributeNames().some((name) => name.startsWith('on') || name === 'srcdoc') ||
          /^\s*(javascript|data|vbscript):/i.test(element.getAttribute('href') ?? '') ||
          (element.matches('form') && element.hasAttribute('action')),
      )
      .map((element) => element.outerHTML.slice(0, 120)),
  )
}

describe('no answer', () => {
  it('keeps what was read, says how old it is, and goes on when Holo answers again', async () => {
    const channels: WebSocketRoute[] = []
    const { page } = await openDashboard(browser, edge.url.origin, {
      token: FIRST_TOKEN,
      prepare: (opened) =>
        opened.routeWebSocket(/live$/, (channel) => {
          channel.connectToServer()
          channels.push(channel)
        }),
    })
    await page.getByRole('heading', { name: 'Environments' }).waitFor()
    await page.routeWebSocket(/live$/, (channel) => channel.close())
    for (const channel of channels) await channel.close()
    await page.route(
      (url) => url.pathname.startsWith('/.holo/api/'),
      (route) => route.abort(),
    )
    await page.getByText(/^Data are \d+.s old/).waitFor({ timeout: 60_000 })
    expect(await page.getByRole('heading', { name: 'Environments' }).count()).toBe(1)
    await page.getByText('Holo does not answer.').first().waitFor()
    expect(await findBarriers(page)).toEqual([])
    await page.unrouteAll()
    await page.getByText(/^Live/).waitFor({ timeout: 60_000 })
  })

  it('comes back by itself after sleep, when the connection is gone and nothing has said so', async () => {
    const channels: WebSocketRoute[] = []
    const { page } = await openDashboard(browser, edge.url.origin, {
      token: FIRST_TOKEN,
      prepare: async (opened) => {
        await opened.clock.install()
        await opened.routeWebSocket(/live$/, (channel) => {
          channels.push(channel)
          // The first one is dead: what is sent is lost, and nobody is told.
          if (channels.length > 1) channel.connectToServer()
          else channel.send(JSON.stringify({ kind: 'hello', revision: 1, now: Date.now() }))
        })
      },
    })
    await page.getByRole('heading', { name: 'Environments' }).waitFor()
    await page.getByText(/^Live/).waitFor()
    const asleep = await edge.call('GET', '/.holo/api/environments', { token: FIRST_TOKEN })
    const { revision } = JSON.parse(asleep.body)
    const changed = await edge.call('PUT', '/.holo/api/traffic', {
      token: FIRST_TOKEN,
      headers: { 'if-match': `"${revision}"` },
      json: { weights: { canary: 42 } },
    })
    expect(changed.status, changed.body).toBe(200)
    // An hour later the machine wakes up.
    await page.clock.fastForward(3_600_000)
    await page
      .getByText(/^42.%$/)
      .first()
      .waitFor()
    await page.clock.runFor(20_000)
    await vi.waitFor(() => expect(channels.length).toBeGreaterThan(1), { timeout: 20_000 })
    await page.getByText(/^Live/).waitFor()
  })

  it('shows the words of the API when the control is down from the start, and goes on when it is back', async () => {
    const { page } = await openDashboard(browser, edge.url.origin, {
      token: FIRST_TOKEN,
      prepare: async (opened) => {
        await opened.routeWebSocket(/live$/, (channel) => channel.close())
        await opened.route(
          (url) => url.pathname.startsWith('/.holo/api/') && !url.pathname.endsWith('/whoami'),
          (route) =>
            route.request().method() === 'GET'
              ? route.fulfill({
                  status: 503,
                  contentType: 'application/problem+json',
                  body: JSON.stringify({
                    code: 'control_unavailable',
                    title: 'The control does not answer: nothing was changed.',
                    status: 503,
                    requestId: 'r-1',
                  }),
                })
              : route.continue(),
        )
      },
    })
    await page.getByRole('alert').getByText('The control does not answer').waitFor()
    await page.getByText('r-1').waitFor()
    await page.getByText(/^Data are/).waitFor()
    expect(await findBarriers(page)).toEqual([])
    await page.unrouteAll()
    await page.getByRole('heading', { name: 'Environments' }).waitFor()
  })
})

describe('the page', () => {
  it('is served under a strict policy, alone from its address, and never as a file of the site', async () => {
    const page = await edge.call('GET', '/.holo/')
    expect(page.status).toBe(200)
    expect(page.headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    expect(page.headers).toMatchObject({
      'cache-control': 'no-cache',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    expect(page.body).not.toMatch(/<style|<script(?![^>]*\ssrc=)|\son\w+=|style="/)
    const [script = ''] = /\/\.holo\/assets\/[^"]+\.js/.exec(page.body) ?? []
    const file = await edge.call('GET', script)
    expect(file.headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(file.headers['cache-control']).toContain('immutable')
    expect((await edge.call('GET', '/.holo')).headers.location).toBe('/.holo/')
    expect((await edge.call('POST', '/.holo/')).status).toBe(405)
    for (const path of [
      '/.holo/assets/',
      '/.holo/assets/none.js',
      '/.holo/assets/..%2findex.html',
      '/.holo/index.html',
      script.replace('/.holo/', '/'),
    ]) {
      const answer = await edge.call('GET', path)
      expect([404, 401], path).toContain(answer.status)
      expect(answer.body).not.toContain('id="app"')
    }
  })
})
