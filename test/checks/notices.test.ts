// What THIRD-PARTY-NOTICES.txt is made of: which packages a bundle contains, and where their licences are found. That the
// package has all of them is in test/cli/pack.test.ts.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  findBundled,
  findInside,
  readInsideNotice,
  readNotice,
  renderNotices,
  toPackageFolder,
} from '../../scripts/notices.ts'

function makeRoot(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'holo-notices-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}
const packageJson = (name: string) => JSON.stringify({ name, version: '1.0.0', license: 'MIT' })

describe('the packages of a bundle', () => {
  it.each([
    ['src/router.ts', undefined],
    ['node_modules/a/index.js', 'node_modules/a'],
    ['node_modules/@b/c/dist/d/e.js', 'node_modules/@b/c'],
    ['node_modules/a/node_modules/@b/c/d.js', 'node_modules/a/node_modules/@b/c'],
    ['packages\\one\\node_modules\\a\\b.js', 'packages/one/node_modules/a'],
    ['node_modules/stray.js', undefined],
  ])('are told by the path of a module: %s', (path, folder) => {
    expect(toPackageFolder(path)).toBe(folder)
  })

  it('also are those that a file of another package contains', () => {
    const code = [
      '//#region ../../node_modules/.pnpm/ajv@8.18.0/node_modules/ajv/dist/core.js',
      'const a = 1',
      '//#endregion',
      '//#region ../../node_modules/.pnpm/@x+y@2.0.0_ajv@8.18.0/node_modules/@x/y/index.js',
      '// node_modules/plain/index.js',
      'const path = "//#region node_modules/text/index.js"',
    ].join('\n')
    expect(findInside(code)).toEqual(['ajv@8.18.0', '@x/y@2.0.0', 'plain@'])
    const root = makeRoot({ 'node_modules/a/index.js': code, 'src/a.ts': code })
    expect(findBundled(root, ['node_modules/a/index.js', join(root, 'src/a.ts')])).toEqual({
      folders: ['node_modules/a'],
      inside: ['@x/y@2.0.0', 'ajv@8.18.0', 'plain@'],
    })
  })
})

describe('the notice of a package', () => {
  const root = () =>
    makeRoot({
      'node_modules/a/package.json': packageJson('a'),
      'node_modules/a/LICENSE.md': 'Copyright of a\r\nFree.\r\n',
      'node_modules/a/NOTICE': 'a has parts of z',
      'node_modules/b/package.json': packageJson('b'),
      'node_modules/b/README.md': '# b\n\n## License\n\nMIT\n\n## More\n\nCopyright law is hard.\n',
      'node_modules/c/package.json': packageJson('c'),
      'node_modules/c/README.md': '# c\n\nLicense (MIT)\n---\nCopyright of c\n\nFree.\n',
    })

  it('is the text of its licence and its NOTICE, or the last part of its README', () => {
    const notices = ['a', 'c'].map((name) => readNotice(root(), `node_modules/${name}`))
    expect(notices.map(({ texts }) => texts)).toEqual([
      ['Copyright of a\nFree.', 'a has parts of z'],
      ['License (MIT)\n---\nCopyright of c\n\nFree.'],
    ])
    const text = renderNotices([...notices, ...notices].reverse())
    expect(text.match(/^[ac] 1\.0\.0 \(MIT\)$/gm)).toEqual(['a 1.0.0 (MIT)', 'c 1.0.0 (MIT)'])
  })

  it('is missed where there is none, also inside of another package', () => {
    expect(() => readNotice(root(), 'node_modules/b')).toThrow('b 1.0.0 has no text of its licence')
    expect(() => readInsideNotice(root(), 'd@2.0.0')).toThrow('scripts/licence-texts')
    expect(readInsideNotice(root(), 'a@0.9.0')).toMatchObject({ name: 'a', version: '0.9.0' })
    expect(readInsideNotice('.', 'content-type@1.0.5').texts[0]).toContain('Permission is hereby')
  })
})
