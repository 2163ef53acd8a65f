// Part of `npm version 1.2.3`, which makes the commit and the tag of a release. Before npm changes anything, `--check`
// refuses a release of which the changelog says nothing. Then this gives the unreleased entries the version and the date, and writes the
// version where else it stands.

import { readFileSync, writeFileSync } from 'node:fs'
import { CHANGELOG, cutChangelog, findCutFaults } from './changelog.ts'

/** The packed file is named in them. */
const DOCS = ['docs/package.md', 'docs/getting-started.md', 'examples/github-actions/README.md']
const VERSION_FILE = 'src/core/holo-version.ts'

/** npm says it before it writes it. */
const version = process.env.npm_new_version || readVersion()
const changelog = readFileSync(CHANGELOG, 'utf8')
const faults = findCutFaults(changelog, version)
if (faults.length > 0) {
  for (const fault of faults) console.error(fault)
  process.exitCode = 1
} else if (!process.argv.includes('--check')) {
  const today = new Date().toISOString().slice(0, 10)
  writeFileSync(CHANGELOG, cutChangelog(changelog, version, today))
  replaceIn(VERSION_FILE, /'[^']+'/, `'${version}'`)
  for (const file of DOCS) {
    replaceIn(file, /holo-edge-\d+\.\d+\.\d+(?:-[\w.]+)?\.tgz/g, `holo-edge-${version}.tgz`)
  }
}

function readVersion(): string {
  return JSON.parse(readFileSync('package.json', 'utf8')).version
}

/** @throws Error when the file has nothing like it any more. */
function replaceIn(file: string, part: RegExp, by: string): void {
  const text = readFileSync(file, 'utf8')
  if (text.search(part) === -1) throw new Error(`${file} has nothing like ${part}`)
  writeFileSync(
    file,
    text.replace(part, () => by),
  )
}
