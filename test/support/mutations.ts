// Damaged documents: the example with something cut, replaced, doubled or misspelt. The same every
// time, by a seeded generator.

import { exampleDocument } from './document.ts'

const STRANGE: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e300, 2 ** 53, '', ' ', 'x', '\u0000', '__proto__', '0.0.9'],
  ...[
    [],
    {},
    [[]],
    [null],
    { main: 1 },
    [[0, 10_000]],
    [[10_000, 0]],
    'constructor',
    '💥'.repeat(40),
  ],
]

/** `count` texts of what `create` makes; most are no valid documents, and many are no JSON. */
export function mutations(count: number, create: () => unknown = exampleDocument): string[] {
  const random = generator(20_261_123)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  return Array.from({ length: count }, (_, i) => {
    const document = create()
    for (let changes = 1 + Math.floor(random() * 2); changes > 0; changes--) {
      const places = placesOf(document)
      const { holder, key } = pick(places)
      const how = Math.floor(random() * 4)
      if (how === 0) delete holder[key]
      else if (how === 1) holder[key] = pick(STRANGE)
      else if (how === 2) holder[String(pick(STRANGE))] = holder[key]
      else holder[key] = structuredClone(pick(places).holder)
    }
    const text = JSON.stringify(document)
    if (i % 4 > 0) return text
    const at = Math.floor(random() * text.length)
    return random() < 0.5
      ? text.slice(0, at)
      : `${text.slice(0, at)}${pick('{}[],:"0'.split(''))}${text.slice(at + 1)}`
  })
}

type Place = { readonly holder: Record<string, unknown>; readonly key: string }

function placesOf(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, unknown>
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesOf(holder[key])])
}

/** Park and Miller's minimal standard generator (1988). */
export function generator(seed: number): () => number {
  let state = seed % 2147483647
  return () => {
    state = (state * 48271) % 2147483647
    return (state - 1) / 2147483646
  }
}
