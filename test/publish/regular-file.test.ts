// What lies in a folder that is published may be anything: only regular files below it are read, and the
// others are refused at once, without a word of what is in them.

import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadBuildLists } from '../../src/publish/build-lists.ts'
import { hashFile } from '../../src/publish/content-hash.ts'
import { readRegularFile } from '../../src/publish/regular-file.ts'
import { loadSiteRules } from '../../src/publish/site-rules.ts'
import { walkFolder } from '../../src/publish/walk.ts'
import { makeFolder } from './folder.ts'

const SECRET = 'root:x:0:0:a secret'

/** What stands in the place of a file. */
const KINDS: readonly (readonly [
  kind: string,
  make: (file: string, outside: string) => unknown,
])[] = [
  ['a pipe', (file) => execFileSync('mkfifo', [file])],
  ['a link out of the folder', (file, outside) => symlinkSync(join(outside, 'secret'), file)],
  [
    'a link to a link out of it',
    (file, outside) => {
      symlinkSync(join(outside, 'secret'), `${file}.first`)
      symlinkSync(`${file}.first`, file)
    },
  ],
  ['a link to a device', (file) => symlinkSync('/dev/zero', file)],
  [
    'a link to a pipe',
    (file) => {
      execFileSync('mkfifo', [`${file}.pipe`])
      symlinkSync(`${file}.pipe`, file)
    },
  ],
  ['a folder', (file) => mkdirSync(file)],
  [
    'a socket',
    async (file) => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(file, resolve))
      onTestFinished(() => void server.close())
    },
  ],
]

const makeOutside = () => makeFolder({ secret: SECRET })

describe.each(KINDS)('%s', (kind, make) => {
  it.each(['_headers', '_redirects'])('in the place of %s ends a publication', async (name) => {
    const folder = makeFolder({ 'index.html': 'x' })
    await make(join(folder, name), makeOutside())
    const failure = await loadSiteRules(folder, {
      files: [],
      config: { htmlHandling: 'auto-trailing-slash', notFound: 'none' },
      reading: undefined,
    }).catch((cause: Error) => cause)
    expect(failure).toBeInstanceOf(Error)
    expect(String(failure)).toContain(`/${name} `)
    expect(String(failure)).not.toContain('secret')
  })

  it('in the place of the list of Vite is not read', async () => {
    const folder = makeFolder({ '.vite/x': '' })
    await make(join(folder, '.vite', 'manifest.json'), makeOutside())
    const { hashed, warnings } = await loadBuildLists(folder, [])
    expect(hashed.size).toBe(0)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).not.toContain('secret')
  })

  it('in the place of a file that was surveyed is not read', async () => {
    const folder = makeFolder()
    await make(join(folder, 'app.js'), makeOutside())
    await expect(hashFile(join(folder, 'app.js'))).rejects.toThrow(
      /is a link|is not a regular file/,
    )
  })

  it('among the files is named, at once', async () => {
    if (kind === 'a folder') return
    const folder = makeFolder({ 'index.html': 'x' })
    await make(join(folder, 'app.js'), makeOutside())
    await expect(walkFolder(folder)).rejects.toThrow('/app.js')
  })
})

describe('a file', () => {
  it('behind a folder that is a link is not read', async () => {
    const outside = makeFolder({ 'manifest.json': SECRET })
    const folder = makeFolder()
    symlinkSync(outside, join(folder, '.vite'))
    expect((await loadBuildLists(folder, [])).warnings).toEqual([
      '.vite/manifest.json is a link, or is reached through one, so hashed names are detected from the names alone',
    ])
  })

  it.each(['../secret', 'a/../../secret', '/etc/passwd', '..'])(
    'at %s is none of the folder',
    async (name) => {
      const folder = makeFolder()
      await expect(readRegularFile(folder, name, 100)).rejects.toThrow('leads out of the folder')
    },
  )

  it('has a largest size, and is nothing where there is none', async () => {
    const folder = makeFolder({ a: '12345' })
    expect((await readRegularFile(folder, 'a', 5))?.toString()).toBe('12345')
    await expect(readRegularFile(folder, 'a', 4)).rejects.toThrow('has more than 4 bytes')
    expect(await readRegularFile(folder, 'b', 4)).toBeUndefined()
    expect(await readRegularFile(folder, 'a/b', 4)).toBeUndefined()
  })

  it('whose list of names is broken is not quoted', async () => {
    const folder = makeFolder({ '.vite/manifest.json': SECRET })
    expect((await loadBuildLists(folder, [])).warnings.join()).not.toContain('root')
  })

  it('with a name of several lines is named on one', async () => {
    const folder = makeFolder({ 'index.html': 'x' })
    writeFileSync(join(folder, 'a\\b\n  index.html is fine\u001b[2J'), '')
    const failure = String(await walkFolder(folder).catch((cause: Error) => cause))
    expect(failure.split('\n')).toHaveLength(2)
    expect(failure).not.toContain('\u001b')
  })
})
