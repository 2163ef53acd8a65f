// The headers that are remembered for a file are those of the usual reply alone.

import { describe, expect, it } from 'vitest'
import {
  isUsual,
  recallHeaders,
  type Selection,
  toContentHeaders,
  toValidatorHeaders,
} from '../../src/assets/representation.ts'
import type { ManifestEntry } from '../../src/core/site/manifest-entry.ts'
import type { Decision } from '../../src/core/types.ts'
import { toStamp } from '../../src/http/stamp.ts'

const SMALL = { encoding: 'br', blob: 'b'.repeat(64), size: 10 } as const
const ENTRY: ManifestEntry = {
  ...{ path: '/app.1a2b3c4d.svg', type: 'image/svg+xml', hashed: true },
  ...{ blob: 'a'.repeat(64), size: 100, encodings: [SMALL] },
}
const USUAL: Selection = {
  ...{ entry: ENTRY, choice: ENTRY, status: 200, isElsewhere: false, isServiceWorker: false },
}

it('gives each form, part and unusual reply its own headers, however often it is asked', () => {
  const selections: readonly Selection[] = [
    USUAL,
    { ...USUAL, choice: SMALL },
    { ...USUAL, isElsewhere: true },
    { ...USUAL, isServiceWorker: true },
    { ...USUAL, status: 404 },
    { ...USUAL, choice: SMALL, isElsewhere: true },
  ]
  const toEntries = (headers: HeadersInit) => [...new Headers(headers)]
  for (const selected of [...selections, ...selections]) {
    expect(toEntries(recallHeaders(selected, 'content'))).toEqual(
      toEntries(toContentHeaders(selected)),
    )
    expect(toEntries(recallHeaders(selected, 'validators'))).toEqual(
      toEntries(toValidatorHeaders(selected)),
    )
  }
  expect(recallHeaders(USUAL, 'content')).toBe(recallHeaders(USUAL, 'content'))
})

describe('the stamp of a version', () => {
  const ALL = new Set(['version', 'environment', 'bucket', 'timing'] as const)
  const decided = (id: string, environment: string) =>
    ({ version: { id }, environment }) as unknown as Decision
  const stampOf = (id: string, environment: string, expose: typeof ALL = ALL) =>
    toStamp(expose, decided(id, environment))
  const read = (headers: HeadersInit) => {
    const all = new Headers(headers)
    return ['holo-version', 'holo-environment', 'server-timing'].map((name) => all.get(name))
  }
  const FROM_MEMORY = 'holo-assignments;desc="memory"'

  it('says which version answered, in which environment, and whether bytes were read', () => {
    const stamp = stampOf('1.0.0', 'main')
    expect(read(recallHeaders(USUAL, 'content', stamp))).toEqual([
      ...['1.0.0', 'main', `${FROM_MEMORY}, holo-bytes;desc="memory"`],
    ])
    expect(read(recallHeaders(USUAL, 'validators', stamp))).toEqual([
      ...['1.0.0', 'main', `${FROM_MEMORY}, holo-bytes;desc="none"`],
    ])
  })

  it('is that of the reply, also where two environments have the same file in turn', () => {
    for (const [id, environment] of [
      ...[['1.0.0', 'main'] as const, ['1.0.1', 'main'] as const, ['1.0.1', 'canary'] as const],
      ...[['1.0.0', 'main'] as const, ['1.0.1', 'canary'] as const],
    ]) {
      const headers = recallHeaders(USUAL, 'content', stampOf(id, environment))
      expect(read(headers).slice(0, 2)).toEqual([id, environment])
    }
    expect(read(recallHeaders(USUAL, 'content'))).toEqual([null, null, null])
  })

  it('says only what the document lets replies say', () => {
    const stamp = stampOf('1.0.0', 'main', new Set([]) as unknown as typeof ALL)
    expect(read(recallHeaders(USUAL, 'content', stamp))).toEqual([null, null, null])
    const other = stampOf('1.0.0', 'main', new Set(['version']) as unknown as typeof ALL)
    expect(read(recallHeaders(USUAL, 'content', other))).toEqual(['1.0.0', null, null])
  })

  it('is the same object for the same version and environment, so that headers are kept', () => {
    const stamp = stampOf('1.0.0', 'main')
    expect(stampOf('1.0.0', 'main')).toBe(stamp)
    expect(recallHeaders(USUAL, 'content', stamp)).toBe(recallHeaders(USUAL, 'content', stamp))
  })

  it('is on no reply whose headers are not remembered', () => {
    const stamp = stampOf('1.0.0', 'main')
    for (const selected of [
      ...[
        { ...USUAL, status: 404 as const },
        { ...USUAL, isElsewhere: true },
      ],
      ...[{ ...USUAL, isServiceWorker: true }],
    ]) {
      expect(isUsual(selected)).toBe(false)
      expect(read(recallHeaders(selected, 'content', stamp))).toEqual([null, null, null])
    }
  })
})
