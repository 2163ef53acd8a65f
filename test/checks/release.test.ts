// What stands between a commit and the registry: the workflow that publishes, what it checks, and the licences of what
// comes with the package.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkLicences } from '../../scripts/licences.ts'
import { loadLinter } from '../support/workflow-linter.ts'

const WORKFLOW = readFileSync('.github/workflows/release.yml', 'utf8')

function makeFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'holo-release-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

describe('the workflow of a release', () => {
  it('is one that GitHub takes, runs for tags alone, and needs no secret', async () => {
    const lint = await loadLinter()
    expect(await lint('release.yml', WORKFLOW)).toEqual([])
    expect(WORKFLOW).toMatch(/^on:\n {2}push:\n {4}tags: \["v\*"\]\n\n/m)
    expect(WORKFLOW).not.toContain('secrets.')
    expect(WORKFLOW).toContain('npm publish --provenance --access public')
  })

  it('publishes a package that is not private', () => {
    expect(JSON.parse(readFileSync('package.json', 'utf8')).private).toBeUndefined()
  })

  it('refuses a tag that is not the version, and a version without a part in the changelog', () => {
    const folder = makeFolder({
      'package.json': '{ "version": "1.2.3" }',
      'CHANGELOG.md': '# Changelog\n\n## [1.2.3] - 2026-12-01\n',
    })
    const check = (tag: string) =>
      spawnSync(process.execPath, [resolve('scripts/check-release.ts'), tag], {
        ...{ cwd: folder, encoding: 'utf8' },
      })
    expect(check('v1.2.3').status).toBe(0)
    expect(check('v1.2.4').stderr).toContain('package.json says 1.2.3')
    writeFileSync(join(folder, 'CHANGELOG.md'), '## [Unreleased]\n')
    expect(check('v1.2.3').stderr).toContain('CHANGELOG.md has no part for 1.2.3')
  })
})

describe('the licences of what comes with Holo', () => {
  it('are all allowed', () => {
    const { count, faults } = checkLicences('.')
    expect(faults).toEqual([])
    expect(count).toBeGreaterThan(20)
  })

  it('are looked at by name: one that is not allowed, none at all, and a choice', () => {
    const packages = { '': {}, 'node_modules/a': {}, 'node_modules/b': {}, 'node_modules/c': {} }
    const folder = makeFolder({
      'package-lock.json': JSON.stringify({
        packages: {
          ...packages,
          'node_modules/d': { dev: true },
          'node_modules/preact': { dev: true },
        },
      }),
      'node_modules/a/package.json': '{ "license": "GPL-3.0-only" }',
      'node_modules/b/package.json': '{}',
      'node_modules/c/package.json': '{ "license": "(GPL-3.0-only OR MIT)" }',
      'node_modules/d/package.json': '{ "license": "GPL-3.0-only" }',
      'node_modules/preact/package.json': '{ "license": "MIT AND GPL-3.0-only" }',
    })
    expect(checkLicences(folder).faults).toEqual([
      'a has the licence GPL-3.0-only',
      'b has the licence undefined',
      'preact has the licence MIT AND GPL-3.0-only',
    ])
  })
})
