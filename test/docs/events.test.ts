// Something that happens is complete when it has a shape, something that emits it, a line in
// `holo log --follow` (the compiler asks for that), and a row in docs/api.md.

import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EVENT_FIELDS } from '../../src/wire/events.ts'

const ROOT = new URL('../../', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, ROOT), 'utf8')
const control = globSync('src/control/**/*.ts', { cwd: new URL(ROOT) }).map((name) => read(name))
const section = read('docs/api.md').split('\n## Events')[1]?.split('\n## ')[0] ?? ''

describe.each(Object.entries(EVENT_FIELDS))('the event %s', (kind, fields) => {
  it('is emitted by the control', () => {
    expect(control.some((text) => text.includes(`'${kind}'`))).toBe(true)
  })

  it('has a row in docs/api.md that names its own fields', () => {
    const row = section.split('\n').find((line) => line.startsWith(`| \`${kind}\` |`))
    const shared = kind.startsWith('rollout.') ? Object.keys(EVENT_FIELDS['rollout.started']) : []
    const own = Object.keys(fields).filter((field) => !shared.includes(field))
    expect(own.filter((field) => !row?.includes(`\`${field}\``))).toEqual([])
    expect(row).toBeDefined()
  })
})

it('docs/api.md names the fields that all events of a rollout have, and no kind that is gone', () => {
  const shared = Object.keys(EVENT_FIELDS['rollout.started'])
  expect(shared.filter((field) => !section.includes(`\`${field}\``))).toEqual([])
  const kinds = [...section.matchAll(/^\| `([a-z]+\.[a-z]+)` \|/gm)].map(([, kind]) => kind)
  expect(kinds).toEqual(Object.keys(EVENT_FIELDS))
})
