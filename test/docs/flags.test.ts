// What docs/flags.md shows must be what Holo takes.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { compileAssignments } from '../../src/document/compile.ts'
import { flagSettings, flags } from '../../src/document/flags.ts'
import { parseAssignments } from '../../src/document/parse.ts'
import { evaluateFlag, loadEvaluator } from '../../src/flags/evaluate.ts'
import { exampleDocument } from '../support/document.ts'

await loadEvaluator()

const page = readFileSync(new URL('../../docs/flags.md', import.meta.url), 'utf8')
const shown = JSON.parse(/```json\n(.*?)```/s.exec(page)?.[1] ?? '').flags

it('shows flags that are taken as they stand, and that do what it says', () => {
  const text = JSON.stringify({ ...exampleDocument(), flags: shown })
  const parsed = parseAssignments(text, { allowInsecure: false })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  const compiled = compileAssignments(parsed.value).flags
  if (!compiled) throw new Error('there are flags')
  const place = { environment: 'canary', version: '0.0.5' }
  const staff = { targetingKey: 'x', email: 'a@example.com' }
  expect(evaluateFlag(compiled, 'new-checkout', staff, place)).toMatchObject({ value: true })
  expect(evaluateFlag(compiled, 'search-url', {}, place)).toMatchObject({ variant: 'new' })
})

it('has a row for every setting, and names every field of a flag', () => {
  for (const name of Object.keys(flagSettings.shape)) expect(page).toContain(`\n| \`${name}\` |`)
  const flag = flags.safeParse(shown)
  expect(flag.success).toBe(true)
  for (const name of [
    'state',
    'variants',
    'defaultVariant',
    'targeting',
    'metadata',
    'public',
    'backend',
    'defaults',
  ]) {
    expect(page).toContain(`\n| \`${name}\` |`)
  }
})
