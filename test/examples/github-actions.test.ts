// The example pipeline is one that GitHub takes, and its commands are Holo's: GitHub's own parser reads the
// workflows, the command's own table the commands in them.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { optionsOf } from '../../src/cli/program.ts'
import { loadLinter } from '../support/workflow-linter.ts'

const FOLDER = new URL('../../examples/github-actions/.github/workflows/', import.meta.url)
const WORKFLOWS = readdirSync(FOLDER).map((name) => ({
  name,
  text: readFileSync(new URL(name, FOLDER), 'utf8'),
}))

const lint = await loadLinter()

/** Jobs by name, each with its text. */
function jobsOf(text: string): readonly (readonly [string, string])[] {
  const [, jobs = ''] = text.split(/^jobs:\n/m)
  return jobs
    .split(/^ {2}(?=\w+:\n)/m)
    .filter(Boolean)
    .map((job) => [/^\w+/.exec(job)?.[0] ?? '', job] as const)
}

const commandsOf = (text: string) =>
  [...text.matchAll(/npx holo ([^\n|;]+)/g)].map(([, words = '']) => words.trim())

describe.each(WORKFLOWS)('the workflow $name', ({ name, text }) => {
  it('is one that GitHub takes', async () => {
    expect(await lint(name, text)).toEqual([])
  })

  it('names the environment of every job', () => {
    expect(jobsOf(text).length).toBeGreaterThan(0)
    for (const [job, steps] of jobsOf(text)) {
      expect(steps, job).toMatch(/^ {4}environment:(?: \w+|\n {6}name: \w+)$/m)
    }
  })

  it('types commands that there are, with options that they have, and an environment where one is meant', () => {
    const typed = commandsOf(text)
    expect(typed.length).toBeGreaterThan(0)
    for (const words of typed) {
      const row = COMMANDS.find(({ name: command }) => `${words} `.startsWith(`${command} `))
      expect(row, words).toBeDefined()
      if (!row) continue
      const flags = optionsOf(row).map(({ flags }) => /--[\w-]+/.exec(flags)?.[0])
      for (const [flag] of words.matchAll(/(?<=[ +])--[\w-]+/g))
        expect(flags, words).toContain(flag)
      if (row.name === 'shift') expect(words).toContain('--base main')
      if (row.changes) expect(words).toMatch(/--yes .*--reason /)
    }
  })

  it('keeps what people write out of the shell', () => {
    const scripts = text.split(/^ +(?:- )?run: /m).slice(1)
    for (const script of scripts) {
      expect(script.split(/^ {6}- /m)[0]).not.toMatch(
        /\$\{\{ *(?:inputs|github\.event\.(?:pull_request|head))/,
      )
    }
  })
})

const RELEASE = WORKFLOWS.find(({ name }) => name === 'release.yml')?.text ?? ''

it.each([
  ['runs-on: ubuntu-latest', 'runs_on: ubuntu-latest'],
  ['vars.HOLO_URL', 'vras.HOLO_URL'],
  ['needs: canary', 'needs: canry'],
  ['secrets.HOLO_TOKEN }}', 'secrets.HOLO_TOKEN'],
  ['environment: production', 'environment: [production]'],
])('is checked by a linter that sees %s become %s', async (right, wrong) => {
  expect(RELEASE).toContain(right)
  expect(await lint('release.yml', RELEASE.replace(right, wrong))).not.toEqual([])
})
