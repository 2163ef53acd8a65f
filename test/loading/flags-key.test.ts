// Large flags in a key of their own: what is written to KV, and that a reader puts together the same text or none.

import { expect, it } from 'vitest'
import { manyFlags } from '../../scripts/bench/many-flags.ts'
import { MAX_ASSIGNMENTS_BYTES } from '../../src/document/limits.ts'
import {
  LARGE_FLAGS_BYTES,
  readReference,
  restoreFlags,
  splitFlags,
} from '../../src/loading/flags-key.ts'
import { exampleDocument } from '../support/document.ts'

const large = manyFlags(300)
const textOf = (flags: object) => JSON.stringify({ ...exampleDocument(), flags, z: '"flags":{}' })

async function split(text: string) {
  const { flags, ...rest } = await splitFlags(text)
  if (!flags) throw new Error('the flags are large')
  return { ...rest, ...flags, document: rest.text, flagsText: flags.text }
}

it('gives large flags a key named by their hash, and restores exactly the text', async () => {
  const text = textOf(large)
  const indented = JSON.stringify(JSON.parse(text), null, 2)
  const forPeople = await split(indented)
  expect(forPeople.document.length).toBeLessThan(LARGE_FLAGS_BYTES)
  expect(await restoreFlags(forPeople.document, forPeople.key, forPeople.flagsText)).toBe(indented)
  const { document, key, flagsText } = await split(text)
  expect(key).toBe(forPeople.key)
  expect(document.length).toBeLessThan(LARGE_FLAGS_BYTES)
  expect(JSON.parse(document).flags).toEqual({ $kv: key })
  expect(readReference(document)).toBe(key)
  expect(await restoreFlags(document, key, flagsText)).toBe(text)
  const other = await split(textOf(manyFlags(301)))
  expect(other.key).not.toBe(key)
})

it('leaves small flags, other large parts and what is no document as they are', async () => {
  const whole = [
    textOf(manyFlags(3)),
    JSON.stringify({ ...exampleDocument(), rules: 'x'.repeat(40_000) }),
    JSON.stringify({ flags: large }, null, 4),
    `{"flags":${'x'.repeat(40_000)}`,
    '',
  ]
  for (const text of whole) expect(await splitFlags(text)).toEqual({ text, flags: undefined })
})

it('takes flags with replacement patterns and with the name of the reference as they are', async () => {
  const odd = { state: 'ENABLED', variants: { on: { $kv: '$& $1 $$', flags: { $kv: 'x' } } } }
  const text = textOf({ odd, ...large })
  const { document, key, flagsText } = await split(text)
  expect(await restoreFlags(document, key, flagsText)).toBe(text)
  expect(readReference(textOf({ odd }))).toBeUndefined()
  expect(readReference(textOf({ $kv: 'assignments' }))).toBeUndefined()
})

it('never puts a document together with other flags, and none that is too large', async () => {
  const { document, key, flagsText } = await split(textOf(large))
  for (const wrong of ['', '{}', flagsText.slice(0, -1), JSON.stringify(manyFlags(301))]) {
    expect(await restoreFlags(document, key, wrong)).toBeUndefined()
  }
  const padded = document.replace('"z":"', `"z":"${'x'.repeat(MAX_ASSIGNMENTS_BYTES - 50_000)}`)
  expect(await restoreFlags(padded, key, flagsText)).toBe('oversize')
})

it('reads an edit by hand that is indented and keeps the reference', async () => {
  const { document, key, flagsText } = await split(textOf(large))
  const edited = JSON.stringify({ ...JSON.parse(document), revision: 99 }, null, 4)
  const restored = await restoreFlags(edited, key, flagsText)
  expect(JSON.parse(String(restored))).toMatchObject({ revision: 99, flags: large })
})
