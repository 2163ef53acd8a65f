// How `holo explain --at` finds the revision of a time. test/cli/json.test.ts asks a real Holo.

import { describe, expect, it } from 'vitest'
import type { Api } from '../../src/cli/api.ts'
import { findRevision, makeLink, parseMoment, toLinkLine } from '../../src/cli/then.ts'

/** Revisions with gaps, as after an edit of KV by hand that was adopted. */
const NUMBERS = [2, 3, 7, 8, 40, 41, 42, 99, 1000]
const HISTORY = NUMBERS.map((revision) => ({
  revision,
  at: revision * 10,
  actor: 'a',
  action: 'b',
}))

function apiOf(history: typeof HISTORY, asked: string[] = []): Api {
  const ask: Api['ask'] = async (shape, method, path, call) => {
    asked.push(`${method} ${path}`)
    const before = Number(call?.query?.before ?? Number.POSITIVE_INFINITY)
    const revisions = history.filter(({ revision }) => revision < before).slice(-1)
    return shape.parse({ revisions, revision: 1, versions: [] })
  }
  return { ask } as Api
}

describe('the revision in force', () => {
  it('is the newest that is not younger than the time, whatever gaps the numbers have', async () => {
    for (let at = 20; at <= 10_050; at += 5) {
      const expected = HISTORY.findLast((one) => one.at <= at)?.revision
      expect((await findRevision(apiOf(HISTORY), at)).revision, String(at)).toBe(expected)
    }
  })

  it('is found with few calls in a long history', async () => {
    const long = Array.from({ length: 300_000 }, (_, i) => ({
      ...HISTORY[0],
      revision: i + 1,
      at: i,
    }))
    const asked: string[] = []
    const found = await findRevision(apiOf(long as typeof HISTORY, asked), 1234)
    expect(found.revision).toBe(1235)
    expect(asked.length).toBeLessThan(25)
  })

  it('is refused before there was one', async () => {
    await expect(findRevision(apiOf(HISTORY), 19)).rejects.toThrow(
      'Holo had no revision at 1970-01-01',
    )
    await expect(findRevision(apiOf([]), 19)).rejects.toThrow('has no revision yet')
  })
})

describe('a link to the version of that time', () => {
  it('is not made for a version that is gone or withdrawn, and that is no failure', async () => {
    const asked: string[] = []
    const gone = await makeLink(apiOf(HISTORY, asked), 'v1', '/')
    expect(toLinkLine('v1', gone)).toBe('No link: version v1 is no longer retained')
    const ask = async (_: unknown, method: string, path: string) => {
      asked.push(`${method} ${path}`)
      return { versions: [{ id: 'v1', withdrawn: true }] }
    }
    const withdrawn = await makeLink({ ask } as unknown as Api, 'v1', '/')
    expect(withdrawn).toEqual({ link: null, why: 'version v1 is withdrawn' })
    expect(asked).toEqual(['GET /versions', 'GET /versions'])
  })
})

describe('a time', () => {
  it('has a zone, and is over', () => {
    expect(parseMoment('2026-11-23T14:03Z')).toBe(Date.UTC(2026, 10, 23, 14, 3))
    expect(parseMoment('2026-11-23T15:03:00+01:00')).toBe(Date.UTC(2026, 10, 23, 14, 3))
    for (const bad of ['yesterday', '2026-11-23T14:03', '2026-11-23', '2026-13-23T14:03Z'])
      expect(() => parseMoment(bad)).toThrow('a time with its zone')
    expect(() => parseMoment('9999-01-01T00:00Z')).toThrow('this time is not over yet')
  })
})
