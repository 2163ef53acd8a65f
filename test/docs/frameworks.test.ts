// The table of docs/frameworks.md is what the tests build: frameworks, versions and folders.

import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { toMarkdownTable } from '../../scripts/markdown.ts'
import { APPS, type App } from '../builds/apps.ts'
import { expectShownInDocs } from '../support/shown-in-docs.ts'

type Manifest = {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** The packages of the folder that has the last word. */
function packagesOf({ sources }: App): Record<string, string> {
  const files = sources.map(
    (name) => new URL(`../builds/apps/${name}/package.json`, import.meta.url),
  )
  const last = files.findLast((file) => existsSync(file))
  if (!last) throw new Error(`no folder of ${sources} has a package.json`)
  const { dependencies, devDependencies }: Manifest = JSON.parse(readFileSync(last, 'utf8'))
  return { ...dependencies, ...devDependencies }
}

it('names every build that is tried, with its version and folder', () => {
  const rows = APPS.map((app) => {
    const versions = app.shown.map((name) => `${name} ${packagesOf(app)[name]}`)
    return [app.name, versions.join(', '), `\`${app.output}\``]
  })
  const table = toMarkdownTable(['build', 'tried with', 'publish'], rows)
  expectShownInDocs('docs/frameworks.md', 'frameworks', table)
})

it.each(APPS)('pins the packages of $name exactly', (app) => {
  const ranges = Object.entries(packagesOf(app)).filter(([, at]) => !/^\d+\.\d+\.\d+$/.test(at))
  expect(Object.keys(packagesOf(app))).toEqual(expect.arrayContaining([...app.shown]))
  expect(ranges).toEqual([])
})
