// The spelling of every page, by the words of cspell.json and the dictionaries that it names.

import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

const spell = (args: readonly string[], input?: string) =>
  spawnSync('node_modules/.bin/cspell', ['--no-progress', '--no-summary', ...args], {
    encoding: 'utf8',
    ...(input === undefined ? {} : { input }),
  })

it('has no misspelt word on any page', () => {
  const { status, stdout } = spell([])
  expect(stdout).toBe('')
  expect(status).toBe(0)
})

it('would find one', () => {
  expect(spell(['stdin://page.md'], 'A mispelt word.').stdout).toContain('mispelt')
})
