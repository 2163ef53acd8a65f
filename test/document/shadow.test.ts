// `shadow` of an environment: what is taken, what is refused and why, and what it is compiled to.

import { describe, expect, it } from 'vitest'
import { MAX_COPIED_BODY_BYTES, MAX_SHADOW_TIMEOUT_MS } from '../../src/core/shadow/plan.ts'
import { compileAssignments } from '../../src/document/compile.ts'
import { COMPARE_DEFAULTS, SHADOW_DEFAULTS } from '../../src/document/compile-shadow.ts'
import { parseAssignments } from '../../src/document/parse.ts'

const parse = (shadow: unknown) =>
  parseAssignments(
    JSON.stringify({
      schema: 1,
      revision: 1,
      salt: 'shop',
      environments: { main: { version: 'v1', shadow }, next: { version: 'v1', restricted: true } },
      traffic: { main: 100 },
      versions: { v1: { manifest: '0'.repeat(64) } },
    }),
    { allowInsecure: false },
  )
const compile = (shadow: unknown) => {
  const parsed = parse(shadow)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  return compileAssignments(parsed.value).shadows.get('main')
}

describe('a shadow', () => {
  it('copies GET and HEAD of all paths, without credentials, unless it says otherwise', () => {
    const plan = compile({ to: 'next', percent: 5 })
    expect(plan).toMatchObject({ to: 'next', percent: 5, by: SHADOW_DEFAULTS.by })
    expect([...(plan?.methods ?? [])]).toEqual(['GET', 'HEAD'])
    expect([...(plan?.allowed ?? ['none'])]).toEqual([])
    expect(plan?.matchesPath('/')).toBe(true)
    expect(plan?.compare).toMatchObject(COMPARE_DEFAULTS)
  })

  it('takes every field', () => {
    const plan = compile({
      to: 'next',
      percent: 0.5,
      by: 'request',
      paths: ['/api/**', '/x/*'],
      methods: ['POST'],
      maxBodyBytes: 10,
      credentials: ['cookie', 'access_token'],
      perSecond: 2,
      concurrent: 1,
      timeoutMs: 100,
      baseline: 50,
      repeat: 3,
      since: 3,
      until: 9,
      compare: {
        headers: ['etag'],
        ignore: ['a.*.b'],
        unordered: ['$'],
        numbers: 0.1,
        timesMs: 5,
        slowerMs: 9,
      },
    })
    expect(plan).toMatchObject({ by: 'request', maxBodyBytes: 10, perSecond: 2, baseline: 50 })
    expect(plan).toMatchObject({ repeat: 3, since: 3, until: 9 })
    expect(plan?.compare).toMatchObject({
      headers: ['etag'],
      numbers: 0.1,
      timesMs: 5,
      slowerMs: 9,
    })
    expect(['/api/a/b', '/x/y', '/x/y/z', '/'].map((path) => plan?.matchesPath(path))).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect(plan?.compare.ignore[0]?.('/a/7/b')).toBe(true)
  })

  it('is none while it is off or has no share', () => {
    expect(compile({ to: 'next', percent: 5, off: true })).toBeUndefined()
    expect(compile({ to: 'next', percent: 0 })).toBeUndefined()
    expect(compile(undefined)).toBeUndefined()
  })

  it.each([
    [{ to: 'nowhere', percent: 1 }, 'to', 'no such environment'],
    [{ to: 'main', percent: 1 }, 'to', 'no shadow of itself'],
    [{ percent: 1 }, 'to', ''],
    [{ to: 'next', percent: 101 }, 'percent', ''],
    [{ to: 'next', percent: 0.001 }, 'percent', 'two decimals'],
    [{ to: 'next', percent: 1, methods: ['TRACE'] }, 'methods[0]', ''],
    [{ to: 'next', percent: 1, paths: ['api'] }, 'paths[0]', 'starts with "/"'],
    [{ to: 'next', percent: 1, maxBodyBytes: MAX_COPIED_BODY_BYTES + 1 }, 'maxBodyBytes', ''],
    [{ to: 'next', percent: 1, timeoutMs: MAX_SHADOW_TIMEOUT_MS + 1 }, 'timeoutMs', ''],
    [{ to: 'next', percent: 1, credentials: ['Cookie'] }, 'credentials[0]', 'lower-case'],
    [{ to: 'next', percent: 1, compare: { ignore: ['a..b'] } }, 'compare.ignore[0]', 'dots'],
    [{ to: 'next', percent: 1, off: false }, 'off', ''],
  ])('is refused by name: %j', (shadow, path, message) => {
    const parsed = parse(shadow)
    expect(parsed.ok ? [] : parsed.error.map((one) => one.path)).toContain(
      `environments.main.shadow.${path}`,
    )
    expect(parsed.ok ? '' : parsed.error.map((one) => one.message).join()).toContain(message)
  })
})
