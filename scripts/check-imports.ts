// Checks src with the import rule of .dependency-cruiser.mjs, and lists every import that breaks it. It also fails
// when a file of src was not read, because the tool silently skips files that it cannot parse.

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

type Violation = { from: string; to: string; cycle?: { name: string }[]; rule: { name: string } }
type Rule = { name: string; comment: string }
type Cruise = {
  modules: { source: string }[]
  summary: { violations: Violation[]; ruleSetUsed: { forbidden: Rule[] } }
}

function cruise(): Cruise {
  const tool = 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'
  const options = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json']
  const run = spawnSync(process.execPath, [tool, 'src', ...options], {
    encoding: 'utf8',
    maxBuffer: Number.POSITIVE_INFINITY,
  })
  if (run.error) throw run.error
  if (run.stdout === '') throw new Error(`dependency-cruiser did not run:\n${run.stderr}`)
  return JSON.parse(run.stdout) as Cruise
}

function filesOfSrc(): string[] {
  const names = readdirSync('src', { recursive: true, encoding: 'utf8' })
  return names.filter((name) => /\.tsx?$/.test(name)).map((name) => `src/${name}`)
}

function describe({ from, to, cycle, rule }: Violation, rules: readonly Rule[]): string {
  const way = cycle ? cycle.map((module) => module.name).join(' → ') : to
  const comment = rules.find((known) => known.name === rule.name)?.comment ?? ''
  return `${rule.name}: ${from} → ${way}\n    ${comment}`
}

const { modules, summary } = cruise()
const read = new Set(modules.map((module) => module.source))
const files = filesOfSrc()
const faults = [
  ...summary.violations.map((violation) => describe(violation, summary.ruleSetUsed.forbidden)),
  ...files.filter((file) => !read.has(file)).map((file) => `not-read: ${file}`),
  ...(files.length === 0 ? ['not-read: src has no TypeScript files'] : []),
]

if (faults.length > 0) {
  console.error(`The import rule is broken (${faults.length}):\n`)
  for (const fault of faults) console.error(`  ${fault}`)
  process.exitCode = 1
} else {
  console.log(`Import rule: ${files.length} files of src keep it.`)
}
