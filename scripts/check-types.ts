// Type-checks the repository with every tsconfig of the root and of the examples, so that a new one cannot be
// forgotten. Each tsconfig says what it covers. What the compiler learned is kept, so that a second run only
// looks at what has changed.

import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'

const COMPILER = 'node_modules/typescript/bin/tsc'
const CACHE = 'node_modules/.cache/types'

function compile(project: string): Promise<boolean> {
  const known = `${CACHE}/${project.replaceAll('/', '-')}.tsbuildinfo`
  const run = spawn(
    process.execPath,
    [COMPILER, '-p', project, '--pretty', 'false', '--incremental', '--tsBuildInfoFile', known],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  )
  return new Promise((resolve, reject) => {
    run.once('error', reject)
    run.once('close', (code) => resolve(code === 0))
  })
}

const projects = globSync(['tsconfig*.json', 'examples/*/tsconfig*.json']).sort()
const broken: string[] = []
for (const project of projects) if (!(await compile(project))) broken.push(project)

if (broken.length > 0) {
  console.error(`Types: errors in ${broken.join(', ')}`)
  process.exitCode = 1
} else {
  console.log(`Types: ${projects.join(', ')} are sound.`)
}
