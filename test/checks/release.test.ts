// What stands between a commit and the registry: the workflow that publishes, what it checks, and the licences of what
// comes with the package.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkLicences } from '../../scripts/licences.ts'
import { HOLO_VERSION } from '../../src/core/holo-version.ts'
import { cleanEnvironment } from '../support/start-process.ts'
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

  it('refuses a tag that is not the version, a Worker of another, and what the changelog does not tell', () => {
    const told = '## [1.2.3] - 2026-12-01\n\n- Faster.\n'
    const folder = makeFolder({
      'package.json': '{ "version": "1.2.3" }',
      'src/core/holo-version.ts': "export const HOLO_VERSION = '1.2.3'\n",
      'CHANGELOG.md': `# Changelog\n\n## [Unreleased]\n\n${told}`,
    })
    const check = (tag = 'v1.2.3') =>
      spawnSync(process.execPath, [resolve('scripts/check-release.ts'), tag], {
        ...{ cwd: folder, encoding: 'utf8' },
      })
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
    expect(check().status).toBe(0)
    expect(check('v1.2.4').stderr).toContain('package.json says 1.2.3')
    write('CHANGELOG.md', '## [Unreleased]\n')
    expect(check().stderr).toContain('CHANGELOG.md has no part for 1.2.3')
    write(
      'CHANGELOG.md',
      '# Changelog\n\n## [1.2.3] - 2026-12-01\n\n## [1.2.2] - 2026-11-01\n\n- Smaller.\n',
    )
    expect(check().stderr).toContain('CHANGELOG.md says nothing of 1.2.3')
    write('CHANGELOG.md', `## [Unreleased]\n\n- More.\n\n${told}`)
    expect(check().stderr).toContain('CHANGELOG.md has unreleased entries')
    write('src/core/holo-version.ts', "export const HOLO_VERSION = '1.2.2'\n")
    expect(check()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('does not say 1.2.3'),
    })
  })
})

describe('npm version', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))

  /** A repository as a release begins with it. */
  function makeRepository(changelog: string) {
    const folder = makeFolder({
      'package.json': JSON.stringify({
        ...{ name: 'holo-edge', version: '0.1.0', type: 'module' },
        scripts: { preversion: scripts.preversion, version: scripts.version },
      }),
      'src/core/holo-version.ts': readFileSync('src/core/holo-version.ts', 'utf8'),
      'CHANGELOG.md': changelog,
      'docs/package.md': 'vendor/holo-edge-0.1.0.tgz, and once more: holo-edge-0.1.0.tgz',
      'docs/getting-started.md': './holo-edge-0.1.0.tgz',
      'examples/github-actions/README.md': '`holo-edge-0.1.0.tgz`',
    })
    symlinkSync(resolve('scripts'), join(folder, 'scripts'))
    const run = (command: string, ...args: string[]) => {
      const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com']
      return spawnSync(command, command === 'git' ? [...who, ...args] : args, {
        ...{ cwd: folder, encoding: 'utf8' },
        env: {
          ...cleanEnvironment(),
          ...{ GIT_AUTHOR_NAME: 'Test', GIT_AUTHOR_EMAIL: 'test@example.com' },
          ...{ GIT_COMMITTER_NAME: 'Test', GIT_COMMITTER_EMAIL: 'test@example.com' },
          ...{ npm_config_update_notifier: 'false' },
        },
      })
    }
    run('git', 'init', '--quiet')
    run('git', 'add', '.')
    expect(run('git', 'commit', '--quiet', '--message', 'begin').status).toBe(0)
    return { run, read: (name: string) => readFileSync(join(folder, name), 'utf8') }
  }

  it('gives the unreleased entries the version, writes it everywhere, and tags a commit that can be published', () => {
    const old = '## [0.1.0] - 2026-11-01\n\n- Begun.\n'
    const { run, read } = makeRepository(`# Changelog\n\n## [Unreleased]\n\n- Faster.\n\n${old}`)
    const made = run('npm', 'version', 'minor')
    expect(made.status, made.stderr).toBe(0)
    const today = new Date().toISOString().slice(0, 10)
    expect(read('CHANGELOG.md')).toBe(
      `# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - ${today}\n\n- Faster.\n\n${old}`,
    )
    expect(read('src/core/holo-version.ts')).toContain("HOLO_VERSION = '0.2.0'")
    expect(read('docs/package.md').match(/holo-edge-0\.2\.0\.tgz/g)).toHaveLength(2)
    expect(run('git', 'status', '--porcelain').stdout).toBe('')
    expect(run('git', 'describe', '--exact-match', '--tags').stdout.trim()).toBe('v0.2.0')
    expect(run(process.execPath, 'scripts/check-release.ts', 'v0.2.0').status).toBe(0)
  })

  it('changes nothing while the changelog tells nothing', () => {
    const { run } = makeRepository('# Changelog\n\n## [Unreleased]\n\n### Added\n')
    const made = run('npm', 'version', 'minor')
    expect(made.status).toBe(1)
    expect(made.stderr).toContain('has nothing under "## [Unreleased]"')
    expect(run('git', 'status', '--porcelain').stdout).toBe('')
    expect(run('git', 'tag').stdout).toBe('')
  })

  it('is of one version: the Worker says the one of package.json', () => {
    expect(JSON.parse(readFileSync('package.json', 'utf8')).version).toBe(HOLO_VERSION)
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
