// `holo log --follow`: what happens, as it happens.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { holo, type RunOptions } from '../support/cli.ts'

let edge: AdminEdge
let env: Record<string, string>
beforeAll(async () => {
  edge = await startAdminEdge()
  env = { HOLO_URL: edge.url.origin, HOLO_TOKEN: FIRST_TOKEN }
})
afterAll(() => edge?.stop())

/** Follows until standard output holds `last`; `meanwhile` is done once it has begun. */
async function follow(args: readonly string[], last: string, meanwhile: () => Promise<unknown>) {
  const stop = new AbortController()
  const begun = Promise.withResolvers<void>()
  const options: RunOptions = {
    env,
    signal: stop.signal,
    onOutput: (text) => {
      if (text.includes(last)) stop.abort()
    },
    onNote: (text) => {
      if (text.includes('Waiting for events')) begun.resolve()
    },
  }
  const followed = holo(['log', '--follow', ...args], options)
  // It begins with the newest event: what is done before that call is not told.
  await begun.promise
  await meanwhile()
  return followed
}

const run = async (...args: string[]) => {
  const { code, stderr } = await holo([...args, '--yes'], { env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) })
}

describe('holo log --follow', () => {
  it('prints what happens from now on, in order, and ends with Ctrl-C', async () => {
    const { code, stdout } = await follow([], 'third', async () => {
      await run('shift', 'canary=11', '--reason', 'first')
      await run('shift', 'canary=12', '--reason', 'second')
      await run('shift', 'canary=13', '--reason', 'third')
    })
    expect(code).toBe(0)
    const lines = stdout.trim().split('\n')
    expect(lines).toHaveLength(3)
    for (const [i, reason] of ['first', 'second', 'third'].entries()) {
      expect(lines[i]).toMatch(
        new RegExp(`revision\\.committed  revision \\d+, shift by first token: ${reason}$`),
      )
    }
  })

  it('prints one JSON object a line with --json', async () => {
    const { code, stdout } = await follow(['--json'], 'fourth', async () => {
      await run('shift', 'canary=14', '--reason', 'fourth')
    })
    expect(code).toBe(0)
    const lines = stdout.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { ok: true, command: 'log', event: { kind: 'revision.committed', reason: 'fourth' } },
    ])
  })
})
