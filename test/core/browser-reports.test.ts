// Pure parts of what browsers report: folding, the shapes that are taken, and that nothing spoils a batch.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  MAX_PROVEN_REPORTS,
  MAX_REPORTING_CLIENTS,
  MAX_REPORTS_OF_CLIENT,
  REPORTS_WINDOW_MS,
  ReportLimits,
} from '../../src/beacon/limits.ts'
import {
  isErrorGroup,
  MAX_BATCH_ERROR_GROUPS,
  MAX_FRAME_CHARACTERS,
  MAX_MESSAGE_CHARACTERS,
  MAX_STACK_CHARACTERS,
} from '../../src/core/browser/error-groups.ts'
import { foldFrame, foldMessage, foldStack } from '../../src/core/browser/fold-message.ts'
import { MAX_BEACON_ERRORS, parseBeacon } from '../../src/core/browser/parse-beacon.ts'
import { MAX_API_REPORTS, parseApiReports } from '../../src/core/browser/parse-reports.ts'
import { isSampled } from '../../src/core/browser/sampling.ts'
import { permitConnection, permitInlineScript } from '../../src/core/script-permit.ts'
import {
  MAX_GROUPS_OF_CLIENT,
  MAX_UNPROVEN_GROUPS,
  PendingErrors,
} from '../../src/metrics/error-groups.ts'

const HOST = 'shop.example.com'

describe('a message', () => {
  it.each([
    ['Order 17 of anna@example.com failed', 'Order # of <email> failed'],
    [
      "Cannot read properties of undefined (reading 'total')",
      "Cannot read properties of undefined (reading 'total')",
    ],
    ['Unexpected token, "Anna Smith" is not valid JSON', 'Unexpected token, "…" is not valid JSON'],
    [
      'GET https://u:p@shop.example.com/api/me?token=abc failed',
      'GET https://shop.example.com/api/me failed',
    ],
    ['no session 3f2a9c1e-77aa-4b0e-9d5e-0123456789ab', 'no session #-#-#-#-#'],
    ['key AKbvcxzlkjhgfdsapoiuytrewqmnbvcxzlkjhgfdsa is bad', 'key # is bad'],
    ['two\nlines\u202e', 'two lines\ufffd'],
  ])('%j becomes %j', (text, folded) => {
    expect(foldMessage(text)).toBe(folded)
  })

  it('is short whatever it was, and the same when it is folded again', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400, unit: 'binary' }), (text) => {
        expect(foldMessage(text).length).toBeLessThanOrEqual(MAX_MESSAGE_CHARACTERS)
      }),
    )
    expect(foldMessage('a b '.repeat(1000))).toHaveLength(MAX_MESSAGE_CHARACTERS)
  })

  it.each(['"', "'", 'a"\'`', 'a://', 'a@', '1a', 'é'])('made of many %j costs little', (text) => {
    const began = performance.now()
    foldMessage(text.repeat(5000))
    foldFrame(text.repeat(5000), HOST)
    expect(performance.now() - began).toBeLessThan(500)
  })
})

describe('a stack', () => {
  it('keeps the frames of the page, without queries, in the form of one browser', () => {
    const chromium = `TypeError: x
    at new Cart (https://${HOST}/assets/app.js?v=1:10:5)
    at chrome-extension://abc/x.js:1:1
    at https://${HOST}/orders/17?id=2:3:4`
    expect(foldStack(chromium, HOST)).toEqual({
      frame: '/assets/app.js:10:5',
      stack: 'Cart@/assets/app.js:10:5\n@/orders/:id:3:4',
    })
    expect(
      foldStack(`buy@https://${HOST}/assets/app.js:10:5\n@https://x.org/a.js:1:1`, HOST),
    ).toEqual({
      frame: '/assets/app.js:10:5',
      stack: 'buy@/assets/app.js:10:5',
    })
  })
})

it('cuts what is too long, and leaves out a path that no batch could hold', () => {
  const line = `at ${'f'.repeat(60)} (https://${HOST}/${'a'.repeat(200)}.js:1:1)\n`
  const { stack, frame } = foldStack(line.repeat(30), HOST)
  expect(stack.length).toBeGreaterThan(MAX_STACK_CHARACTERS / 2)
  expect(stack.length).toBeLessThanOrEqual(MAX_STACK_CHARACTERS)
  expect(frame).toMatch(/^\/a+\.js:1:1$/)
  expect(foldFrame(`https://${HOST}/${'a'.repeat(MAX_FRAME_CHARACTERS)}.js:1:1`, HOST)).toBe('')
})

describe('a report of the script', () => {
  it('holds as many errors as the script sends at most, and no more', () => {
    const of = (count: number) => {
      const errors = Array(count).fill({ kind: 'error', message: 'x' })
      return parseBeacon(JSON.stringify({ pin: '1@main', errors }), HOST)
    }
    expect(of(MAX_BEACON_ERRORS)?.errors).toHaveLength(MAX_BEACON_ERRORS)
    expect(of(MAX_BEACON_ERRORS + 1)).toBeUndefined()
  })

  it('is folded, and groups of it fit into a batch', () => {
    const text = fc.string({ maxLength: 200, unit: 'binary' })
    fc.assert(
      fc.property(text, text, text, (message, frame, stack) => {
        const errors = [{ kind: 'error', message, frame, stack, count: 1000 }]
        const said = parseBeacon(JSON.stringify({ pin: '1@main', errors }), HOST)
        const group = { environment: 'main', version: '1', ...said?.errors[0] }
        expect(isErrorGroup(structuredClone(group))).toBe(true)
      }),
    )
  })

  it('of any other form is refused, and nothing throws', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        parseBeacon(text, HOST)
        parseApiReports(text, HOST)
      }),
    )
  })
})

describe('reports of the browser', () => {
  const url = `https://${HOST}/cart?id=7`
  const of = (type: string, body: object, from = url) =>
    parseApiReports(JSON.stringify([{ type, url: from, body }]), HOST)

  it('of four types become errors without anything private', () => {
    expect(of('crash', { reason: 'oom' })).toEqual([
      { kind: 'crash', message: 'oom', frame: '', count: 1 },
    ])
    const csp = {
      effectiveDirective: 'script-src-elem',
      blockedURL: 'https://evil.example/x.js?id=7',
      sourceFile: `https://${HOST}/app.js?v=1`,
      lineNumber: 3,
      columnNumber: 9,
    }
    expect(of('csp-violation', csp)).toEqual([
      {
        kind: 'csp',
        message: 'script-src-elem blocks https://evil.example',
        frame: '/app.js:3:9',
        count: 1,
      },
    ])
    expect(of('deprecation', { id: 'Unload', message: 'gone in 200' })?.[0]?.message).toBe(
      'Unload: gone in #',
    )
  })

  it('are read up to a number', () => {
    const many = Array(MAX_API_REPORTS + 1).fill({ type: 'crash', url, body: {} })
    expect(parseApiReports(JSON.stringify(many), HOST)).toHaveLength(MAX_API_REPORTS)
  })

  it('of other types and of other origins are left out', () => {
    expect(of('network-error', {})).toEqual([])
    expect(of('crash', {}, 'https://other.example/')).toEqual([])
    expect(parseApiReports('{}', HOST)).toBeUndefined()
  })
})

describe('groups of errors', () => {
  const group = (message: string) =>
    ({ environment: 'main', version: '1', kind: 'error', message, frame: '', count: 2 }) as const

  it('of strangers leave room for others, and what has no room is counted', () => {
    const groups = new PendingErrors()
    for (let i = 0; i < 100; i++) groups.add(group(`forged ${i}`), `client ${i}`, false)
    for (let i = 0; i < 100; i++) groups.add(group(`real ${i}`), `client ${i}`, true)
    groups.add(group('real 1'), 'another', false)
    const { errorGroups = [], lostErrors } = groups.take()
    expect(errorGroups).toHaveLength(MAX_BATCH_ERROR_GROUPS)
    expect(errorGroups.filter(({ message }) => message.startsWith('forged'))).toHaveLength(
      MAX_UNPROVEN_GROUPS,
    )
    expect(errorGroups.find(({ message }) => message === 'real 1')?.count).toBe(4)
    expect(lostErrors).toBe(2 * (200 - MAX_BATCH_ERROR_GROUPS))
    expect(groups.isEmpty).toBe(true)
  })
})

it.each([
  { kind: 'blank' },
  { message: 'x'.repeat(MAX_MESSAGE_CHARACTERS + 1) },
  { frame: 'x'.repeat(MAX_FRAME_CHARACTERS + 1) },
  { stack: 'x'.repeat(MAX_STACK_CHARACTERS + 1) },
  { count: 0 },
  { count: 1.5 },
  { version: '' },
])('is no group of a batch with %j', (change) => {
  const group = {
    environment: 'main',
    version: '1',
    kind: 'error',
    message: '',
    frame: '',
    count: 1,
  }
  expect([isErrorGroup(group), isErrorGroup({ ...group, ...change })]).toEqual([true, false])
})

it('gives one client a part of the room for groups', () => {
  const groups = new PendingErrors()
  const about = { environment: 'main', version: '1', kind: 'error', frame: '', count: 1 } as const
  for (let i = 0; i < 20; i++) groups.add({ ...about, message: `x ${i}` }, 'one', true)
  expect(groups.take().errorGroups).toHaveLength(MAX_GROUPS_OF_CLIENT)
})

describe('limits of reports', () => {
  it('hold for each client, and clients beyond those that are told apart share one room', () => {
    const limits = new ReportLimits()
    for (let i = 0; i < MAX_REPORTING_CLIENTS; i++) expect(limits.admit(`${i}`, 0)).toBe(true)
    const others = Array.from({ length: MAX_REPORTS_OF_CLIENT + 1 }, (_, i) =>
      limits.admit(`new ${i}`, 0),
    )
    expect(others.filter(Boolean)).toHaveLength(MAX_REPORTS_OF_CLIENT)
    expect(limits.admit('0', 0)).toBe(true)
    expect(limits.admit('new', REPORTS_WINDOW_MS)).toBe(true)
  })

  it('hold for all reports with a proof together', () => {
    const limits = new ReportLimits()
    for (let i = 0; i < MAX_PROVEN_REPORTS; i++) expect(limits.hasRoom(true)).toBe(true)
    expect([limits.hasRoom(true), limits.hasRoom(false)]).toEqual([false, true])
  })
})

it('samples a visitor or not, whatever the version, and about as many as were asked for', () => {
  const ids = Array.from({ length: 5000 }, (_, i) => `visitor-${i}`)
  const few = ids.filter((id) => isSampled(id, 0.2))
  expect(few.length).toBeGreaterThan(900)
  expect(few.length).toBeLessThan(1100)
  expect(few.every((id) => isSampled(id, 0.5))).toBe(true)
})

describe('a policy', () => {
  it.each([
    [null, { nonce: undefined }],
    ["script-src 'self' 'unsafe-inline'", { nonce: undefined }],
    ["script-src 'self'", undefined],
    ["script-src 'unsafe-inline' 'nonce-a'", { nonce: 'a' }],
    ["script-src 'self' 'sha256-x' 'unsafe-inline'", undefined],
    ["default-src 'nonce-a', script-src 'nonce-b'", undefined],
  ])('%j says of a script in the page %j', (policy, permit) => {
    expect(permitInlineScript(policy)).toEqual(permit)
  })

  it.each([
    [null, true],
    ["default-src 'none'; connect-src 'self'", true],
    ["default-src 'none'", false],
    ["script-src 'self', connect-src https://api.example.com", false],
  ])('%j lets a page send reports: %j', (policy, mayConnect) => {
    expect(permitConnection(policy, `https://${HOST}/`)).toBe(mayConnect)
  })
})
