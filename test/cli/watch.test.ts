// `holo watch`: when it asks again and what it does while nobody answers, that it leaves the terminal as it was, and the
// command itself.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CliFailure, EXIT } from '../../src/cli/failure.ts'
import { type LiveLoop, type LiveState, runLiveLoop } from '../../src/cli/live/loop.ts'
import { enterScreen } from '../../src/cli/live/screen.ts'
import { HOLO, holo, makeConfigHome, NODE } from '../support/cli.ts'
import { ENVIRONMENTS, LAST, PAGE, SHADOW } from '../support/live-page.ts'
import { exampleRollout, toSummary } from '../support/rollout-api.ts'
import { cleanEnvironment } from '../support/start-process.ts'

const UNREACHABLE = new CliFailure('unreachable', EXIT.unreachable, 'nobody answers')
const EXPIRED = new CliFailure('unauthenticated', EXIT.refused, 'the token is not accepted')

/** Runs the loop with a clock that jumps; each of `replies` is a page, a failure, or a page after some seconds. */
async function runLoop(
  replies: readonly ('page' | CliFailure | number)[],
  changes: Partial<LiveLoop> = {},
  wanted: (now: number) => boolean = () => false,
) {
  let now = 0
  let underWay = 0
  const stop = new AbortController()
  const asked: number[] = []
  const drawn: (LiveState & { readonly at: number })[] = []
  const queue = [...replies]
  const clock: LiveLoop['clock'] = {
    now: () => now,
    sleep: async (ms, signal) => {
      // Replies that take no time come before the clock goes on.
      await new Promise(setImmediate)
      signal.throwIfAborted()
      now += ms
    },
    isWanted: () => wanted(now),
  }
  await runLiveLoop({
    load: async () => {
      if (underWay++ > 0) throw new Error('two refreshes at the same time')
      try {
        asked.push(now)
        const next = queue.shift()
        if (next === undefined) {
          stop.abort()
          throw stop.signal.reason
        }
        if (next instanceof CliFailure) throw next
        const until = typeof next === 'number' ? now + next * 1000 : now
        while (now < until) await new Promise(setImmediate)
        return { ...PAGE, at: now }
      } finally {
        underWay--
      }
    },
    draw: (state) => drawn.push({ ...state, at: now }),
    isTicking: false,
    everyMs: 5000,
    clock,
    signal: stop.signal,
    ...changes,
  })
  return { asked: asked.map((at) => at / 1000), drawn }
}

describe('the loop', () => {
  it('refreshes at its pace, one refresh at a time', async () => {
    expect((await runLoop(['page', 'page', 'page'])).asked).toEqual([0, 5, 10, 15])
  })

  it('keeps the page while nobody answers, asks less and less often, and recovers', async () => {
    const failures = Array.from({ length: 6 }, () => UNREACHABLE)
    const { asked, drawn } = await runLoop(['page', ...failures, 'page'])
    expect(asked).toEqual([0, 5, 10, 20, 40, 80, 140, 200, 205])
    expect(drawn.slice(1, 7).map(({ page, failed }) => [page.at, failed?.since])).toEqual(
      Array.from({ length: 6 }, () => [0, 5000]),
    )
    expect(drawn[7]).toMatchObject({ page: { at: 200_000 } })
    expect(drawn[7]).not.toHaveProperty('failed')
  })

  it('asks once a minute with a token that has expired', async () => {
    expect((await runLoop(['page', EXPIRED, EXPIRED, 'page'])).asked).toEqual([0, 5, 65, 125, 130])
  })

  it('asks at once when somebody wants it, and at most once a second', async () => {
    const { asked } = await runLoop(
      ['page', EXPIRED, 'page'],
      { isTicking: true },
      (now) => now > 0,
    )
    expect(asked).toEqual([0, 1, 2, 3])
  })

  it('draws each second on a terminal, also while a reply is slow', async () => {
    const { asked, drawn } = await runLoop(['page', 3], { isTicking: true })
    expect(asked).toEqual([0, 5, 13])
    expect(drawn.map(({ at }) => at / 1000)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12, 13,
    ])
    expect(drawn.filter(({ nextAt }) => nextAt === undefined).map(({ at }) => at)).toEqual([
      6000, 7000, 8000,
    ])
  })

  it('ends after so many refreshes', async () => {
    expect((await runLoop(['page', UNREACHABLE, 'page', 'page'], { times: 3 })).asked).toEqual([
      0, 5, 10,
    ])
  })

  it('fails where the first refresh does', async () => {
    await expect(runLoop([UNREACHABLE])).rejects.toBe(UNREACHABLE)
  })
})

describe('the screen', () => {
  function open(rows: number) {
    const written: string[] = []
    const modes: boolean[] = []
    const heard: string[] = []
    const listeners = new Set<() => void>()
    const stdin = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode: (isRaw: boolean) => modes.push(isRaw),
    })
    const stdout = {
      isTTY: true,
      rows,
      write: (part: string) => written.push(part),
      on: (_: 'resize', listener: () => void) => listeners.add(listener),
      off: (_: 'resize', listener: () => void) => listeners.delete(listener),
    }
    const screen = enterScreen(
      { stdin, stdout, stderr: stdout },
      {
        onQuit: () => heard.push('quit'),
        onRefresh: () => heard.push('refresh'),
        onRedraw: () => heard.push('redraw'),
      },
      (onContinued) => {
        heard.push(`suspended ${modes.at(-1)}`)
        onContinued()
      },
    )
    return { screen, stdin, written, modes, heard, listeners }
  }

  it('is left as it was found', () => {
    const { screen, written, modes, listeners, stdin } = open(24)
    const before = process.listenerCount('exit')
    screen.leave()
    screen.leave()
    expect(written.join('')).toBe('\u001b[?1049h\u001b[?25l\u001b[2J\u001b[?25h\u001b[?1049l')
    expect(modes).toEqual([true, false])
    expect([listeners.size, stdin.listenerCount('data')]).toEqual([0, 0])
    expect(process.listenerCount('exit')).toBe(before - 1)
  })

  it('has keys, and gives the terminal back for Ctrl-Z', async () => {
    const { screen, stdin, heard, written } = open(24)
    stdin.write('xrq\u0003\u001a')
    await new Promise(setImmediate)
    expect(heard).toEqual(['refresh', 'quit', 'quit', 'suspended false', 'redraw'])
    expect(written.slice(-2)).toEqual([
      '\u001b[?25h\u001b[?1049l',
      '\u001b[?1049h\u001b[?25l\u001b[2J',
    ])
    screen.leave()
  })

  it('writes nothing twice, all again in another size, and never more than its rows', () => {
    const { screen, written, listeners } = open(3)
    screen.draw(['a', 'b', 'c', 'd'])
    screen.draw(['a', 'b', 'c', 'd'])
    const text = '\u001b[H\u001b[Ka\r\n\u001b[Kb\r\n\u001b[K… 2 more lines'
    expect(written.slice(1)).toEqual([text])
    for (const listener of listeners) listener()
    screen.draw(['a', 'b', 'c', 'd'])
    expect(written.slice(1)).toEqual([text, text])
    screen.leave()
  })
})

describe('the command', () => {
  let server: Server
  let env: Record<string, string>
  let most = 0
  const calls: string[] = []
  const REPLIES: Readonly<Record<string, object>> = {
    '/environments': { revision: 42, environments: ENVIRONMENTS },
    '/health': { status: 'ok', control: { published: 42, fill: [] } },
    '/health/services': { environments: [], services: [], down: [] },
    '/metrics': { points: [], visitors: {}, compared: [], losses: {} },
    '/rollouts': { rollouts: [toSummary(exampleRollout())] },
    '/rollouts/7': exampleRollout(),
    '/shadow': {
      shadows: [
        { ...SHADOW, lastAt: Date.now(), routes: [] },
        { ...SHADOW, lastAt: 0, routes: [] },
      ],
    },
    '/revisions': { revisions: [LAST] },
  }
  beforeAll(async () => {
    let underWay = 0
    server = createServer((request, response) => {
      most = Math.max(most, ++underWay)
      const path = new URL(request.url ?? '', 'http://x').pathname.replace('/.holo/api', '')
      calls.push(path)
      setImmediate(() => {
        underWay--
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify(REPLIES[path]))
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    env = { HOLO_URL: `http://127.0.0.1:${port}`, HOLO_TOKEN: 'token' }
  })
  afterAll(() => {
    server?.close()
    server?.closeAllConnections()
  })
  beforeEach(() => {
    calls.length = 0
  })

  it('prints one page without a terminal, and never has two calls under way', async () => {
    const { code, stdout } = await holo(['watch'], { env })
    expect(code).toBe(0)
    expect(stdout).toContain('rollout 7  canary v2 against main v1')
    expect(stdout).not.toContain('q quits')
    expect(calls).toEqual(Object.keys(REPLIES))
    expect(most).toBe(1)
  })

  it('prints a line of JSON for each refresh until it is stopped', async () => {
    const stop = new AbortController()
    const { code, stdout } = await holo(['watch', '--json'], {
      ...{ env, signal: stop.signal },
      onOutput: () => stop.abort(),
    })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ ok: true, command: 'watch', revision: 42 },
      rollouts: [{ id: 7 }],
    })
    expect(JSON.parse(stdout).shadows).toHaveLength(1)
  })

  it.each([['1'], ['3601'], ['often']])('does not take --every %s', async (every) => {
    const { code, stderr } = await holo(['watch', '--every', every], { env })
    expect(code).toBe(2)
    expect(stderr).toContain('from 2 to 3600')
  })

  const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') === true

  it.runIf(hasScript)('ends with q on a real terminal, which it restores', async () => {
    const child = spawn('script', ['-qec', `'${NODE}' '${HOLO}' watch`, '/dev/null'], {
      env: { ...cleanEnvironment(), XDG_CONFIG_HOME: makeConfigHome(), TERM: 'xterm', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: 20_000,
    })
    child.stdout.on('data', (part: Buffer) => {
      if (String(part).includes('q quits')) child.stdin.write('q')
    })
    const [shown, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
    expect(code).toBe(0)
    expect(shown.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true)
    expect(shown.trimEnd().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true)
    expect(stripVTControlCharacters(shown)).toContain('rollout 7  canary v2 against main v1')
  })
})
