// The example pipeline is one that GitHub takes, and its commands are Holo's: GitHub's own parser reads the
// workflows, the command's own table the commands in them.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { COMMAND_ROWS } from '../../src/cli/commands.ts'
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
  [...text.matchAll(/npx --no-install holo ([^\n|;]+)/g)].map(([, words = '']) => words.trim())

describe.each(WORKFLOWS)('the workflow $name', ({ name, text }) => {
  it('is one that GitHub takes', async () => {
    expect(await lint(name, text)).toEqual([])
  })

  it('names the environment of every job that has a token', () => {
    expect(jobsOf(text).length).toBeGreaterThan(0)
    for (const [job, steps] of jobsOf(text)) {
      if (!steps.includes('secrets.')) continue
      expect(steps, job).toMatch(/^ {4}environment:(?: \w+|\n {6}name: \w+)$/m)
    }
  })

  it('types commands that there are, with options that they have, and an environment where one is meant', () => {
    const typed = commandsOf(text)
    if (text.includes('secrets.')) expect(typed.length).toBeGreaterThan(0)
    for (const words of typed) {
      const row = COMMAND_ROWS.find(({ name: command }) => `${words} `.startsWith(`${command} `))
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

/** What runs code of whoever opened the pull request, or takes its word for something. */
const FOREIGN_CODE = [
  ...[/npm (?:ci|install|i)\b(?!.*--ignore-scripts)/, /npm (?:run|test|start|exec)\b/],
  ...[/npx (?!--no-install holo )/, /\bnode \b/, /\bcache:/, /uses: \.\//],
  ...[/ref:.*(?:head|pull|merge)/, /refs\/pull/, /git (?:fetch|checkout|pull)/, /\bgh pr checkout/],
]

describe('a preview', () => {
  const jobs = WORKFLOWS.flatMap(({ name, text }) =>
    jobsOf(text).map(([job, steps]) => ({
      name,
      job,
      steps,
      events: text.split(/^jobs:/m)[0] ?? '',
    })),
  )
  const isPreview = ({ name }: { name: string }) => name.startsWith('preview')

  it('has its token where no code of the pull request runs', () => {
    const withToken = jobs.filter((job) => isPreview(job) && job.steps.includes('secrets.'))
    expect(withToken.map(({ job }) => job)).toEqual(['publish', 'remove'])
    for (const { job, steps, events } of withToken) {
      // A workflow on pull_request is the pull request's own.
      expect(events, job).not.toMatch(/^ {2}pull_request:/m)
      for (const pattern of FOREIGN_CODE) expect(steps, `${job} ${pattern}`).not.toMatch(pattern)
      // Every checkout is one of the default branch.
      const count = (pattern: RegExp) => steps.match(pattern)?.length ?? 0
      expect(count(/uses: actions\/checkout/g), job).toBe(1)
      expect(count(/ref: \$\{\{ github\.event\.repository\.default_branch \}\}/g), job).toBe(1)
      expect(steps, job).toMatch(/head(?:_repository|\.repo)\.full_name == github\.repository/)
    }
  })

  it('is built where there is no secret', () => {
    const building = jobs.filter((job) => isPreview(job) && /npm run build/.test(job.steps))
    expect(building).toHaveLength(1)
    for (const { steps, events } of building) {
      expect(steps + events).not.toMatch(/secrets\.|pull_request_target|environment:/)
      expect(events).toMatch(/^permissions:\n {2}contents: read\n/m)
    }
  })

  it('is named by what GitHub says and not by what the pull request says', () => {
    for (const { steps } of jobs.filter(isPreview)) {
      expect(steps).not.toMatch(
        /head_branch|head\.ref|pull_request\.title|display_title|head_commit/,
      )
    }
  })

  it('has a token that is limited to previews, as the page tells', () => {
    const page = readFileSync(new URL('../../README.md', FOLDER), 'utf8')
    const [command = ''] = /holo token create ci-preview .*/.exec(page) ?? []
    expect(command).toContain("--environments 'pr-*' --versions 'pr-*' --hosts 'pr-*.")
    expect(command).not.toContain('admin')
    expect(page).toContain('Deployment branches')
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
