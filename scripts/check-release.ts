// Checks, before a release, that the tag, package.json and the changelog say the same version.

import { readFileSync } from 'node:fs'

const [tag = ''] = process.argv.slice(2)
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string }
const changelog = readFileSync('CHANGELOG.md', 'utf8')
const faults = [
  ...(tag === `v${version}` ? [] : [`the tag is "${tag}", and package.json says ${version}`]),
  ...(changelog.includes(`\n## [${version}] - `)
    ? []
    : [`CHANGELOG.md has no part for ${version}`]),
]
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exitCode = 1
