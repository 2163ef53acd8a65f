// No page, example or message makes anybody install or run a package under a name that is not ours: the
// command is not on npm, and `holo` there is a stranger's.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PACKAGE = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))
const OURS = [PACKAGE.name, 'holo']

const files = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) =>
    /^(?:README|CONTRIBUTING|CHANGELOG|docs\/|examples\/|scripts\/|src\/)/.test(file),
  )
  .filter((file) => /\.(?:md|ya?ml|ts|json)$/.test(file))

const text = (file: string) => readFileSync(ROOT + file, 'utf8')

it('looks at every page, example and message', () => {
  expect(files.length).toBeGreaterThan(300)
  expect(files).toContain('docs/cli.md')
  expect(files).toContain('examples/github-actions/README.md')
})

it.each(files)('%s installs no package of our name from a registry', (file) => {
  const installs =
    /\b(?:npm (?:i|install|add|exec)|pnpm (?:add|dlx)|yarn (?:add|dlx)|bunx?|npx -p)\b([^\n`]*)/g
  for (const [line, words = ''] of text(file).matchAll(installs)) {
    const named = words.split(/\s+/).map((word) => word.replace(/(?<=.)@.*$/, ''))
    for (const name of OURS) expect(named, line).not.toContain(name)
  }
})

it('runs the command outside of a checkout only where it is installed', () => {
  for (const file of files.filter((name) => name.startsWith('examples/'))) {
    expect(text(file), file).not.toMatch(/npx holo\b/)
  }
})

it('is not published by accident: only with a tag that is its version', () => {
  expect(PACKAGE.private).toBeUndefined()
  expect(PACKAGE.scripts.prepublishOnly).toBe('node scripts/check-release.ts')
  expect(PACKAGE.bin).toHaveProperty('holo')
})
