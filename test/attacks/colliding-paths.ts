// Different paths with the same 32-bit hash (MurmurHash3), as an attacker makes them: each stage is two
// texts of eight characters that take the hash from the same state to the same state.

import { murmur3Text } from '../../src/core/murmur3.ts'

const CHARACTERS = 'abcdefghijklmnopqrstuvwxyz012345'

/** The first `count` of 2^12 paths that all have one hash. */
export function collidingPaths(count: number): string[] {
  stages ??= findStages()
  const found: string[] = []
  for (let i = 0; i < count; i++) {
    found.push(`/xyz${stages.map((pair, stage) => pair[(i >> stage) & 1]).join('')}`)
  }
  return found
}

let stages: (readonly [string, string])[] | undefined

function findStages(): (readonly [string, string])[] {
  const all: (readonly [string, string])[] = []
  let before = '/xyz'
  for (let stage = 0; stage < 12; stage++) {
    const pair = findPair(before)
    all.push(pair)
    before += pair[0]
  }
  return all
}

/** Two texts after `before` with the same hash: by the birthday paradox within some 100,000. */
function findPair(before: string): readonly [string, string] {
  const known = new Map<number, string>()
  for (let i = 0; ; i++) {
    const text = toText(i)
    const hash = murmur3Text(before + text)
    const other = known.get(hash)
    if (other !== undefined) return [other, text]
    known.set(hash, text)
  }
}

function toText(number: number): string {
  let text = ''
  for (let i = 0; i < 8; i++) text += CHARACTERS[(number >> (i * 4)) & 15] ?? ''
  return text
}
