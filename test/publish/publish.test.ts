import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { MAX_MANIFEST_BYTES as SERVED_MANIFEST_BYTES } from '../../src/core/site/manifest.ts'
import { MAX_MANIFEST_BYTES, publishFolder } from '../../src/publish/publish.ts'
import type { PublishTarget } from '../../src/publish/target.ts'
import { toCasePath } from '../support/cases.ts'
import { makeFolder } from './folder.ts'
import { limitWrites, optionsFor, SCRIPT, SERVICES, SITE, useStore } from './store.ts'

const store = useStore()

describe('publishFolder', () => {
  it('stores every file under its hash, encoded where that helps, and records the version', async () => {
    const { keys, readBlob, readManifest, target } = store()
    const folder = makeFolder(SITE)
    const { record, files, uploaded, reused, warnings } = await publishFolder(
      target,
      optionsFor(folder, { commit: 'abc123', author: 'team' }),
    )
    expect({ files, reused, warnings }).toEqual({ files: 5, reused: 0, warnings: [] })
    expect(record).toEqual({
      id: '1.0.0',
      manifest: expect.stringMatching(/^[0-9a-f]{64}$/),
      services: SERVICES,
      files: 5,
      bytes: Object.values(SITE).reduce((sum, content) => sum + content.length, 0),
      createdAt: '2026-11-23T12:00:00.000Z',
      commit: 'abc123',
      author: 'team',
    })
    expect(await target.readVersion('1.0.0')).toEqual(record)
    expect((await keys()).filter((key) => key.startsWith('blobs/'))).toHaveLength(uploaded)
    // Four contents, two of them in three encodings.
    expect(uploaded).toBe(4 + 2 * 3)

    const manifest = await readManifest('1.0.0')
    expect(manifest.config).toEqual({
      htmlHandling: 'auto-trailing-slash',
      notFound: 'single-page-application',
    })
    const script = manifest.find('/assets/main.8f3a2b1c.js')
    expect(script).toMatchObject({ type: 'text/javascript; charset=utf-8', hashed: true })
    expect(manifest.find('/assets/copy.js')).toEqual({
      ...script,
      path: '/assets/copy.js',
      hashed: false,
    })
    expect((await readBlob(script?.blob)).toString()).toBe(SCRIPT)
    const br = script?.encodings.find(({ encoding }) => encoding === 'br')
    const encoded = await readBlob(br?.blob)
    expect(encoded.length).toBe(br?.size)
    expect(brotliDecompressSync(encoded).toString()).toBe(SCRIPT)
    expect(manifest.find('/img/a b.png')).toMatchObject({ size: 3_000, encodings: [] })
  })

  it('writes blobs first, then the manifest, then the record', async () => {
    const { target } = store()
    const { limited, writes } = limitWrites(target)
    await publishFolder(limited, optionsFor(makeFolder(SITE)))
    expect(writes.slice(-2)).toEqual(['manifest', 'record'])
    expect(new Set(writes.slice(0, -2))).toEqual(new Set(['blob']))
  })

  it('relies on the names that Vite listed and the globs that were configured', async () => {
    const { readManifest, target } = store()
    const folder = makeFolder({
      ...SITE,
      'assets/index-BqXhYzWk.js': '1',
      'assets/other-elements.js': '2',
      'fixed/a.js': '3',
      '.vite/manifest.json': JSON.stringify({ 'index.html': { file: 'assets/index-BqXhYzWk.js' } }),
    })
    await publishFolder(target, optionsFor(folder, { hashedGlobs: ['/fixed/**'] }))
    const manifest = await readManifest('1.0.0')
    expect(manifest.find('/assets/index-BqXhYzWk.js')?.hashed).toBe(true)
    expect(manifest.find('/assets/other-elements.js')?.hashed).toBe(false)
    expect(manifest.find('/fixed/a.js')?.hashed).toBe(true)
    expect(manifest.find('/.vite/manifest.json')).toBeUndefined()
  })

  it.each(['old', 'new'])(
    'keeps the files of the tools that people use for ever: hashed-names/%s',
    async (build) => {
      const { readManifest, target } = store()
      await publishFolder(target, optionsFor(toCasePath(`hashed-names/${build}`)))
      const entries = [...(await readManifest('1.0.0')).entries()]
      const unhashed = entries.filter(({ hashed }) => !hashed).map(({ path }) => path)
      expect(unhashed).toEqual(['/index.html'])
    },
  )

  it.each([
    [{ 'index.html': '', '404.html': '' }, '404-page'],
    [{ 'index.html': '' }, 'single-page-application'],
    [{ 'docs/index.html': '' }, 'none'],
  ])('handles what is not found as the files %j suggest: %s', async (files, expected) => {
    const { readManifest, target } = store()
    await publishFolder(target, optionsFor(makeFolder(files)))
    expect((await readManifest('1.0.0')).config.notFound).toBe(expected)
  })

  it('handles what is not found as it is told', async () => {
    const { readManifest, target } = store()
    await publishFolder(target, optionsFor(makeFolder(SITE), { notFound: 'none' }))
    expect((await readManifest('1.0.0')).config.notFound).toBe('none')
  })

  it('handles HTML as it is told', async () => {
    const { readManifest, target } = store()
    const folder = makeFolder(SITE)
    await publishFolder(target, optionsFor(folder, { htmlHandling: 'drop-trailing-slash' }))
    expect((await readManifest('1.0.0')).config.htmlHandling).toBe('drop-trailing-slash')
  })

  it('refuses an empty folder unless services answer', async () => {
    const { target } = store()
    const empty = makeFolder()
    await expect(publishFolder(target, optionsFor(empty, { services: [] }))).rejects.toThrow(
      'holds no file',
    )
    expect(await publishFolder(target, optionsFor(empty))).toMatchObject({ files: 0, uploaded: 0 })
  })

  it.each(['', '../1', 'a/b', '-1', 'a'.repeat(65)])('refuses %j as an id', async (id) => {
    const { keys, target } = store()
    await expect(publishFolder(target, optionsFor(makeFolder(SITE), { id }))).rejects.toThrow(
      TypeError,
    )
    expect(await keys()).toEqual([])
  })

  it('refuses a file that changes while it is published', async () => {
    const { target } = store()
    const folder = makeFolder(SITE)
    const changing: PublishTarget = {
      ...target,
      findMissingBlobs: async (hashes) => {
        writeFileSync(join(folder, 'robots.txt'), 'changed')
        return target.findMissingBlobs(hashes)
      },
    }
    await expect(publishFolder(changing, optionsFor(folder))).rejects.toThrow(
      '/robots.txt changed while it was being published',
    )
    expect(await target.readVersion('1.0.0')).toBeUndefined()
  })

  it('tells how far it is, up to the end', async () => {
    const { target } = store()
    const steps: string[] = []
    await publishFolder(target, optionsFor(makeFolder(SITE)), ({ doing, files, ofFiles }) =>
      steps.push(`${doing} ${files}/${ofFiles}`),
    )
    expect(steps).toEqual([
      ...[0, 1, 2, 3, 4, 5].map((n) => `reading ${n}/5`),
      ...[0, 1, 2, 3, 4].map((n) => `storing ${n}/4`),
    ])
  })

  it('publishes no manifest that the edge would not load', () => {
    expect(MAX_MANIFEST_BYTES).toBe(SERVED_MANIFEST_BYTES)
  })
})
