import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MAX_PATH_BYTES } from '../../src/core/site/manifest-paths.ts'
import { PublishError } from '../../src/publish/messages.ts'
import { walkFolder } from '../../src/publish/walk.ts'
import { makeFolder } from './folder.ts'

const paths = async (folder: string) => (await walkFolder(folder)).files.map(({ path }) => path)

describe('walkFolder', () => {
  it('finds every file under its decoded path, with its size, in one order', async () => {
    const folder = makeFolder({
      'index.html': 'page',
      'img/a b.png': 'image',
      'img/ä%20🦊.png': '',
      'a.js': '1',
      'a/b.js': '22',
      'B.js': '333',
    })
    const { files, warnings } = await walkFolder(folder)
    expect(files.map(({ path, size }) => [path, size])).toEqual([
      ['/B.js', 3],
      ['/a.js', 1],
      ['/a/b.js', 2],
      ['/img/a b.png', 5],
      ['/img/ä%20🦊.png', 0],
      ['/index.html', 4],
    ])
    expect(warnings).toEqual([])
  })

  it('leaves out what tools leave behind, without a word', async () => {
    const folder = makeFolder({
      'index.html': '',
      '.DS_Store': '',
      'img/.DS_Store': '',
      '.git/config': '',
      '.vite/manifest.json': '{}',
    })
    expect(await walkFolder(folder)).toMatchObject({
      files: [{ path: '/index.html' }],
      warnings: [],
    })
  })

  it('never serves settings and names with a dot, says so of the latter, and refuses secrets', async () => {
    const folder = makeFolder({
      'index.html': '',
      _headers: '/* x: y',
      _redirects: '/a /b',
      '.env': 'SECRET=1',
      'app/.env.local': 'SECRET=1',
      'app/.eslintrc': '',
      '.github/workflows/ci.yml': '',
      'docs/_headers': 'an ordinary file here',
    })
    const { files, warnings, refused } = await walkFolder(folder)
    expect(files.map(({ path }) => path)).toEqual(['/docs/_headers', '/index.html'])
    expect(warnings.map((line) => line.split(' ')[0])).toEqual(['/.github', '/app/.eslintrc'])
    expect(refused.map(({ path }) => path)).toEqual(['/.env', '/app/.env.local'])
  })

  it('serves /.well-known with its dot files, but no settings of a server in it', async () => {
    const folder = makeFolder({
      '.well-known/security.txt': '',
      '.well-known/.nojekyll': '',
      '.well-known/acme/.proof/.token': '',
      '.well-known/.env': '',
      '.well-known/.env.local': '',
      '.well-known/.htaccess': '',
      '.well-known/.git/config': '',
      '.well-known-too/security.txt': '',
      '.well-known.json': '',
      'docs/.well-known/security.txt': '',
    })
    expect(await paths(folder)).toEqual([
      '/.well-known/.nojekyll',
      '/.well-known/acme/.proof/.token',
      '/.well-known/security.txt',
    ])
  })

  it('follows links to what is published itself', async () => {
    const folder = makeFolder({ 'real/a.js': 'code' })
    symlinkSync('real/a.js', join(folder, 'file.js'))
    symlinkSync('real', join(folder, 'copy'))
    const { files } = await walkFolder(folder)
    expect(files.map(({ path, size }) => [path, size])).toEqual([
      ['/copy/a.js', 4],
      ['/file.js', 4],
      ['/real/a.js', 4],
    ])
  })

  it('refuses every name that cannot be published, in one error', async () => {
    const outside = makeFolder({ 'secret.txt': 'secret', 'deep/a.txt': '' })
    const folder = makeFolder({ 'index.html': '', 'back\\slash.js': '', '.env': 'SECRET=1' })
    symlinkSync(join(outside, 'secret.txt'), join(folder, 'out.txt'))
    symlinkSync(outside, join(folder, 'outside'))
    symlinkSync('nowhere', join(folder, 'broken'))
    symlinkSync('.env', join(folder, 'env.txt'))
    mkdirSync(join(folder, 'loop'))
    symlinkSync('..', join(folder, 'loop/again'))
    execFileSync('mkfifo', [join(folder, 'pipe')])
    const failure = await walkFolder(folder).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(PublishError)
    const lines = String(failure).split('\n').slice(1)
    expect(lines).toEqual([
      '  /back\\slash.js has a backslash in its name, which a URL cannot contain',
      '  /broken is a link that leads nowhere',
      '  /env.txt is a link that leads to /.env, which is not served',
      '  /loop/again is a link that leads to a folder that contains the link',
      '  /out.txt is a link that leads out of the folder',
      '  /outside is a link that leads out of the folder',
      '  /pipe is neither a file nor a folder',
    ])
  })

  it('refuses a path of more bytes than allowed, counted as UTF-8', async () => {
    const folder = makeFolder()
    const name = 'ä'.repeat(100)
    const deep = join(folder, ...Array.from({ length: 5 }, () => name))
    mkdirSync(deep, { recursive: true })
    const used = 5 * 201 + 1
    writeFileSync(join(deep, 'a'.repeat(MAX_PATH_BYTES - used)), '')
    expect(await paths(folder)).toHaveLength(1)
    writeFileSync(join(deep, 'b'.repeat(MAX_PATH_BYTES - used + 1)), '')
    await expect(walkFolder(folder)).rejects.toThrow(`is ${MAX_PATH_BYTES + 1} bytes long`)
  })

  it('refuses a name that is not UTF-8', async () => {
    const folder = makeFolder()
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/bad-`), Buffer.from([0xff])]), '')
    await expect(walkFolder(folder)).rejects.toThrow('not UTF-8')
  })

  it('refuses a folder that is none', async () => {
    const folder = makeFolder({ file: '' })
    await expect(walkFolder(join(folder, 'nowhere'))).rejects.toBeInstanceOf(PublishError)
    await expect(walkFolder(join(folder, 'file'))).rejects.toThrow('is not a folder')
  })
})
