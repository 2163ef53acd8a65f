// Checks, before the package is published, that the tag, package.json and the changelog say the same version. So nobody
// publishes by accident: only the workflow of a release has a tag.

import { readFileSync } from 'node:fs'

const tag = process.argv[2] ?? process.env.GITHUB_REF_NAME ?? ''
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
