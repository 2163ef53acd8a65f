// The bench measures what it says: its statistics, its order, a load that refuses wrong replies, and
// the form of its JSON in a run that is as short as can be. No speed is asserted.

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { ask, send, toGet, toPost } from '../../scripts/bench/ask.ts'
import { measureLoad } from '../../scripts/bench/load.ts'
import { measureMessages, shakeHands } from '../../scripts/bench/messages.ts'
import {
  type AimBy,
  toComparison,
  toLatency,
  toRatios,
  toSpread,
} from '../../scripts/bench/results.ts'
import { interleave } from '../../scripts/bench/rounds.ts'

describe('the statistics', () => {
  it('give the middle and the ends of any number of rounds', () => {
    expect(toSpread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
    expect(toSpread([10, 9, 1, 4])).toEqual({ median: 6.5, min: 1, max: 10 })
    expect(toSpread([7])).toEqual({ median: 7, min: 7, max: 7 })
    expect(() => toSpread([])).toThrow(TypeError)
  })

  it('compare round by round, so that a slow machine slows both', () => {
    expect(toRatios([80, 8, 160], [100, 10, 200])).toEqual({ median: 0.8, min: 0.8, max: 0.8 })
    expect(() => toRatios([1, 2], [1])).toThrow(TypeError)
  })
})

it('gives the percentiles of each round, and their ratios', () => {
  const upTo = (last: number, factor = 1) =>
    Array.from({ length: last }, (_, i) => (last - i) * factor)
  const { p50, p99 } = toLatency('twice', [upTo(100, 2), upTo(10, 2)], [upTo(100), upTo(10)])
  expect(p50.theirs).toEqual({ median: 27.5, min: 5, max: 50 })
  expect(p99.ours).toEqual({ median: 109, min: 20, max: 198 })
  expect(p99.ratio).toEqual({ median: 2, min: 2, max: 2 })
  expect(() => toLatency('none', [[]], [[1]])).toThrow(TypeError)
})

it('takes everybody in turn, and throws the first round away', async () => {
  const order: string[] = []
  const turn = (name: string) => (round: number) => {
    order.push(`${name}${round}`)
    return round
  }
  const measured = await interleave({ a: turn('a'), b: turn('b') }, 2)
  expect(order).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2'])
  expect(measured).toEqual({ a: [1, 2], b: [1, 2] })
})

it('decides an aim by the rate, the CPU time or both, as it is about', () => {
  const toTurns = (perSecond: number, cpuMicros?: number) => [{ perSecond, cpuMicros }]
  const met = (by: AimBy, ours: readonly [number, number?]) => {
    const theirs = { name: 'theirs', turns: toTurns(100, 100) }
    const measured = { name: 'ours', turns: toTurns(...ours) }
    return toComparison('both', 'replies', measured, theirs, 0.8, by).aim
  }
  const fastButCostly = [90, 200] as const
  expect(met('rate', fastButCostly)).toEqual({ atLeast: 0.8, by: 'rate', met: true })
  expect(met('cpu', fastButCostly)).toEqual({ atLeast: 0.8, by: 'cpu', met: false })
  expect(met('both', fastButCostly)).toEqual({ atLeast: 0.8, by: 'both', met: false })
  expect(met('both', [70, 100])).toEqual({ atLeast: 0.8, by: 'both', met: false })
  expect(met('both', [90, 110])).toEqual({ atLeast: 0.8, by: 'both', met: true })
  expect(met('cpu', [90])).toEqual({ atLeast: 0.8, by: 'rate', met: true })
})

describe('the load', () => {
  async function startServer(listener: RequestListener): Promise<URL> {
    const server = createServer(listener).listen(0, '127.0.0.1')
    onTestFinished(() => server.closeAllConnections())
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  }

  it('counts whole replies, also those that come in pieces', async () => {
    let requests = 0
    const url = await startServer((_, response) => {
      requests++
      response.writeHead(200, { 'content-length': 200_000 }).write('x'.repeat(100_000))
      setImmediate(() => response.end('y'.repeat(100_000)))
    })
    const { head, body } = await ask(url, '/')
    const expected = { headBytes: [head.length], bodyBytes: body.length }
    const load = { url, requests: [toGet(url.host, '/')], expected }
    expect(await measureLoad({ ...load, until: { replies: 50 } })).toMatchObject({ count: 50 })
    expect(requests).toBe(51)
  })

  it('stops at a reply that is no 200, and at one of another length', async () => {
    let answered = 0
    let then: RequestListener = () => {}
    const url = await startServer((request, response) => {
      if (answered++ < 30) response.end('four')
      else then(request, response)
    })
    const { head, body } = await ask(url, '/')
    const expected = { headBytes: [head.length], bodyBytes: body.length }
    const load = { url, requests: [toGet(url.host, '/')], expected }
    then = (_, response) => response.writeHead(503).end('four')
    await expect(measureLoad({ ...load, until: { replies: 100 } })).rejects.toThrow('no 200')
    answered = 1
    then = (_, response) => response.end('longer by some')
    await expect(measureLoad({ ...load, until: { replies: 100 } })).rejects.toThrow('not a head of')
  })

  it('counts replies of another status where one is expected', async () => {
    const url = await startServer((request, response) => {
      response.writeHead(request.headers['if-none-match'] === '"a"' ? 304 : 200).end()
    })
    const request = toGet(url.host, '/', { 'If-None-Match': '"a"' })
    const { head } = await send(url, request, 304)
    const expected = { status: 304, headBytes: [head.length], bodyBytes: 0 }
    const load = { url, requests: [request], expected, until: { replies: 20 } }
    expect(await measureLoad(load)).toMatchObject({ count: 20 })
    const wrong = { ...load, expected: { ...expected, status: 200 } }
    await expect(measureLoad(wrong)).rejects.toThrow('no 200')
  })

  it('sends uploads whole', async () => {
    const body = Buffer.alloc(300_000, 'x')
    const received = new Set<number>()
    const url = await startServer((request, response) => {
      let bytes = 0
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      request.on('end', () => {
        received.add(bytes)
        response.end('done')
      })
    })
    const request = toPost(url.host, '/', body)
    const { head } = await send(url, request)
    const expected = { headBytes: [head.length], bodyBytes: 4 }
    await measureLoad({ url, requests: [request], expected, until: { replies: 20 } })
    expect(received).toEqual(new Set([body.length]))
  })
})

describe('the messages', () => {
  async function startRoom(answer: (message: Buffer) => string): Promise<URL> {
    const server = createServer().listen(0, '127.0.0.1')
    const room = new WebSocketServer({ noServer: true })
    server.on('upgrade', (request, socket, head) => {
      onTestFinished(() => void socket.destroy())
      room.handleUpgrade(request, socket, head, (client) => {
        client.on('message', (message: Buffer) => client.send(answer(message)))
      })
    })
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  }

  it('counts those that come back', async () => {
    let messages = 0
    const url = await startRoom((message) => {
      messages++
      return String(message)
    })
    expect((await shakeHands(url, '/')).head).toContain('HTTP/1.1 101')
    const { count } = await measureMessages(url, '/', 50)
    expect(count).toBeGreaterThan(0)
    expect(messages).toBeGreaterThan(count)
  })

  it('stop at one that is not as it was sent', async () => {
    const url = await startRoom((message) => String(message).replace('chat', 'chut'))
    await expect(shakeHands(url, '/')).rejects.toThrow('no echo')
    await expect(measureMessages(url, '/', 50)).rejects.toThrow('not the same')
  })
})

it('prints nothing but JSON in its documented form with --json', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['scripts/bench.ts', '--json', '--rounds', '1', '--seconds', '0.05', '--fonts', '96'],
    { encoding: 'utf8' },
  )
  expect(stderr).toContain('round 1 of 1')
  expect(status).toBe(0)
  const spread = { median: expect.any(Number), min: expect.any(Number), max: expect.any(Number) }
  const contestant = { name: expect.any(String), perSecond: spread }
  const comparison = {
    name: expect.any(String),
    unit: 'replies',
    ours: contestant,
    theirs: contestant,
    ratio: spread,
  }
  const aimed = (limit: string, value: number) => ({
    aim: { [limit]: value, met: expect.any(Boolean) },
  })
  const timing = { name: expect.any(String), ns: spread }
  const counts = { requests: 1000, cacheGets: expect.any(Number), cachePuts: expect.any(Number) }
  const percentile = { ours: spread, theirs: spread, ratio: spread }
  const within = { aim: { atMost: expect.any(Number), met: expect.any(Boolean) } }
  const bounded = { ...percentile, ...within }
  const results = JSON.parse(stdout)
  // Where the system tells CPU time, and a turn was long enough for its clock.
  for (const measured of results.comparisons) {
    if (measured.cpu === undefined) continue
    expect(measured.cpu).toEqual({ oursMicros: spread, theirsMicros: spread, ratio: spread })
    delete measured.cpu
  }
  // Decided by the rate where the CPU time is not known.
  for (const { aim } of results.comparisons) {
    if (aim === undefined) continue
    expect(['rate', 'cpu', 'both']).toContain(aim.by)
    delete aim.by
  }
  const overOfrep = { ...timing, name: '200 flags over OFREP, CPU in workerd' }
  if (results.timings.at(-1).name === overOfrep.name) {
    expect(results.timings.pop()).toEqual({ ...overOfrep, ...aimed('atMost', 2_000_000) })
  }
  expect(results).toEqual({
    machine: {
      ...{ cpu: expect.any(String), cores: expect.any(Number), node: process.version },
      load: { before: expect.any(Number), after: expect.any(Number) },
    },
    effort: { rounds: 1, secondsPerTurn: 0.05, fonts: 96 },
    comparisons: [
      { ...comparison, unit: 'starts', ...aimed('atLeast', 0.67) },
      ...Array.from({ length: 3 }, () => ({ ...comparison, unit: 'starts' })),
      ...Array.from({ length: 4 }, () => ({ ...comparison, ...aimed('atLeast', 0.85) })),
      ...Array.from({ length: 6 }, () => ({ ...comparison, ...aimed('atLeast', 0.9) })),
      // A proxied GET.
      { ...comparison, ...aimed('atLeast', 0.75) },
      { ...comparison, unit: 'MB', ...aimed('atLeast', 0.9) },
      // Uploads.
      { ...comparison, unit: 'MB', ...aimed('atLeast', 0.8) },
      { ...comparison, unit: 'messages', ...aimed('atLeast', 0.9) },
      { ...comparison, ...aimed('atLeast', 1) },
      comparison,
      comparison,
    ],
    timings: [
      ...[timing, timing, { ...timing, name: 'decide, 200 rules', ...aimed('atMost', 20_000) }],
      { ...timing, name: 'decide, 200 indexed rules' },
      ...[timing, timing, timing, timing, timing, timing],
      { ...timing, name: '200 flags, evaluated', ...aimed('atMost', 2_000_000) },
    ],
    latencies: [
      { name: 'no shadow either', p50: percentile, p99: percentile },
      ...Array.from({ length: 5 }, () => ({
        ...{ name: expect.stringContaining('a shadow that'), p50: bounded, p99: bounded },
      })),
      ...Array.from({ length: 6 }, () => ({
        ...{ name: expect.stringContaining('cold data centre'), p50: percentile, p99: percentile },
      })),
    ],
    operations: [
      { name: 'cold isolate, cold data centre', kv: 1, r2: 101, control: 1, ...counts },
      { name: 'cold isolate, warm data centre', kv: 1, r2: 0, control: 0, ...counts },
      { name: 'warm isolate', kv: 0, r2: 0, control: 0, ...counts, aim: { atMost: 0, met: true } },
      {
        name: 'a page, as before, cold data centre',
        kv: 1,
        r2: 14,
        control: 1,
        ...counts,
        requests: 14,
      },
      { name: 'a page, cold data centre', kv: 1, r2: 1, control: 1, ...counts, requests: 14 },
      {
        name: 'a page with large scripts, cold data centre',
        ...{ kv: 1, r2: expect.any(Number), control: 1, ...counts, requests: 14 },
      },
    ],
  })
}, 300_000)

it('is all that npm prints with --silent', () => {
  const help = (command: string, args: readonly string[]) =>
    spawnSync(command, [...args, '--help'], { encoding: 'utf8' }).stdout
  const printed = help('npm', ['run', '--silent', 'bench', '--'])
  expect(printed).toContain('--json')
  expect(printed).toBe(help(process.execPath, ['scripts/bench.ts']))
})

it('refuses options that make no sense, with a message', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/bench.ts', '--rounds', 'many'], {
    encoding: 'utf8',
  })
  expect(status).toBe(2)
  expect(stderr).toContain('--rounds takes a whole number')
})

it('publishes, and sends the same to a server that only takes it', () => {
  const args = ['--silent', 'bench:publish', '--', '--json', '--files', '20', '--rounds', '1']
  const { stdout, status } = spawnSync('npm', ['run', ...args], { encoding: 'utf8' })
  expect(status).toBe(0)
  const { rows } = JSON.parse(stdout)
  const all = { median: expect.any(Number), min: expect.any(Number), max: expect.any(Number) }
  const row = { seconds: all, cpuSeconds: all, maxMB: all, requests: all, ratio: all }
  expect(rows).toEqual([
    { name: 'first publication', ...row },
    { name: 'one PUT for each file, to a server that keeps nothing', ...row },
    { name: 'again, under another id', ...row },
    { name: 'one file changed', ...row },
  ])
}, 120_000)

it('measures rollbacks on real isolates', () => {
  const args = [
    '--silent',
    'bench:rollback',
    '--',
    '--json',
    '--rollbacks',
    '1',
    '--seconds',
    '0.5',
    '--control-ms',
    '50',
  ]
  const { stdout, status } = spawnSync('npm', ['run', ...args], { encoding: 'utf8' })
  expect(status).toBe(0)
  const seconds = [expect.any(Number)]
  expect(JSON.parse(stdout)).toEqual([
    {
      controlMs: 50,
      lastDocument: seconds,
      lastPinnedOfBusy: seconds,
      lastPinned: seconds,
      staleDocuments: expect.any(Number),
      requests: expect.any(Number),
    },
  ])
}, 120_000)

it('sends a crowd through a rollout, and gives up on one that decides nothing', () => {
  const args = ['--silent', 'bench:rollout', '--', '--only', '1.2.0', '--minutes', '0.05']
  const { stdout, stderr, status } = spawnSync('npm', ['run', ...args], { encoding: 'utf8' })
  expect(stdout).toBe('')
  expect(stderr).toContain('fails for 3 %: step 1 of 3 (1 %)')
  expect(stderr).toMatch(/nothing decided after \d+ visitors, step 1 of 3/)
  expect(stderr).not.toContain('had no answer')
  expect(status).toBe(1)
}, 120_000)

it.each([
  [['--visitors', 'many'], '--visitors takes a number'],
  [['--only', '9.9.9'], '--only takes versions of 1.1.0'],
])('refuses %j of a rollout', (options, message) => {
  const script = 'scripts/bench-rollout.ts'
  const { status, stderr } = spawnSync(process.execPath, [script, ...options], { encoding: 'utf8' })
  expect(status).toBe(2)
  expect(stderr).toContain(message)
})
