// Checks, before the package is published, that the tag, package.json, the Worker and the changelog say the same version,
// and that the changelog tells of it. So nobody publishes by accident: only the workflow of a release has a tag.

import { readFileSync } from 'node:fs'
import { CHANGELOG, findUnreleased, findVersion, hasEntry } from './changelog.ts'

const VERSION_FILE = 'src/core/holo-version.ts'

const tag = process.argv[2] ?? process.env.GITHUB_REF_NAME ?? ''
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string }
const changelog = readFileSync(CHANGELOG, 'utf8')
const part = findVersion(changelog, version)
const faults = [
  ...(tag === `v${version}` ? [] : [`the tag is "${tag}", and package.json says ${version}`]),
  ...(readFileSync(VERSION_FILE, 'utf8').includes(`'${version}'`)
    ? []
    : [`${VERSION_FILE} does not say ${version}`]),
  ...(part === undefined
    ? [`${CHANGELOG} has no part for ${version}`]
    : hasEntry(part)
      ? []
      : [`${CHANGELOG} says nothing of ${version}`]),
  ...(hasEntry(findUnreleased(changelog) ?? '')
    ? [`${CHANGELOG} has unreleased entries, which this release contains: put them into its part`]
    : []),
]
for (const fault of faults) console.error(fault)
if (faults.length > 0) {
  console.error('"npm version" writes all of them and makes the tag: CONTRIBUTING.md')
  process.exitCode = 1
}
