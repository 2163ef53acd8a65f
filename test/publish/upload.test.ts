// Publishing a folder over the API of a real Holo: what is stored then, what a repetition does, and
// what is left when it breaks off.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { CliFailure } from '../../src/cli/failure.ts'
import { PublishError } from '../../src/publish/messages.ts'
import type { UploadTarget } from '../../src/publish/upload-target.ts'
import { toWords } from '../support/dictionary-site.ts'
import { makeFolder } from './folder.ts'
import { CREATED_AT, limitWrites, SERVICES, toScript, toSite, useHolo, type Write } from './holo.ts'

const holo = useHolo()

/** Four contents, two of them in two encodings. */
const BLOBS = 4 + 2 * 2

async function toFailure(upload: Promise<unknown>): Promise<CliFailure> {
  const failure = await upload.catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(CliFailure)
  return failure as CliFailure
}

const toLines = ({ details }: CliFailure) => details.problems?.map(({ message }) => message)

describe('uploadFolder', () => {
  it('stores every file under its hash, encoded where that helps, and records the version', async () => {
    const { keys, readBlob, readManifest, readRecord, upload } = holo()
    const site = toSite('stored')
    const options = { folder: makeFolder(site), id: 's1', commit: 'abc123', author: 'team' }
    const result = await upload(options)
    const bytes = Object.values(site).reduce((sum, content) => sum + content.length, 0)
    const counts = { files: 5, bytes, uploaded: BLOBS, reused: 0, isKnown: false }
    expect(result).toMatchObject({ ...counts, revision: undefined })
    expect(await readRecord('s1')).toEqual({
      schema: 1,
      id: 's1',
      manifest: result.manifest,
      services: SERVICES,
      files: 5,
      bytes,
      createdAt: CREATED_AT,
      commit: 'abc123',
      author: 'team',
    })
    expect((await keys()).filter((key) => key.startsWith('blobs/'))).toHaveLength(BLOBS)

    const manifest = await readManifest('s1')
    const script = manifest.find('/assets/main.8f3a2b1c.js')
    expect(script).toMatchObject({ type: 'text/javascript; charset=utf-8', hashed: true })
    expect(manifest.find('/assets/copy.js')).toEqual({
      ...script,
      path: '/assets/copy.js',
      hashed: false,
    })
    expect((await readBlob(script?.blob)).toString()).toBe(toScript('stored'))
    const br = script?.encodings.find(({ encoding }) => encoding === 'br')
    const encoded = await readBlob(br?.blob)
    expect(encoded.length).toBe(br?.size)
    expect(brotliDecompressSync(encoded).toString()).toBe(toScript('stored'))
    expect(manifest.find('/img/a b.png')).toMatchObject({ size: 3_000, encodings: [] })
  })

  it('sends the manifest first, then the blobs, and asks for the end last', async () => {
    const { target, upload } = holo()
    const { limited, writes } = limitWrites(target)
    await upload({ folder: makeFolder(toSite('order')), id: 'o1' }, limited)
    expect(writes).toEqual(['manifest', 'begin', 'pack', 'finalise'])
  })

  it('tells how far it is, up to the end', async () => {
    const { upload } = holo()
    const steps: string[] = []
    const options = { folder: makeFolder(toSite('progress')), id: 'g1' }
    await upload(options, undefined, ({ doing, files, ofFiles }) =>
      steps.push(`${doing} ${files}/${ofFiles}`),
    )
    expect(steps).toEqual([
      ...[0, 1, 2, 3, 4, 5].map((n) => `reading ${n}/5`),
      ...[0, 1, 2].map((n) => `compressing ${n}/2`),
      ...Array.from({ length: BLOBS + 1 }, (_, n) => `uploading ${n}/${BLOBS}`),
    ])
  })

  it.each([
    ['before it is compressed', 'index.html', 'compressing'],
    ['before it is uploaded', 'robots.txt', 'uploading'],
  ])('refuses a file that changes %s', async (_, name, doing) => {
    const { readRecord, upload } = holo()
    const folder = makeFolder(toSite(`changing ${doing}`))
    const id = `c-${doing}`
    const refused = upload({ folder, id }, undefined, (step) => {
      if (step.doing === doing) writeFileSync(join(folder, name), 'changed')
    })
    await expect(refused).rejects.toThrow(PublishError)
    await expect(refused).rejects.toThrow(`${name} changed while it was being published`)
    expect(await readRecord(id)).toBeUndefined()
  })
})

describe('publishing an id again', () => {
  it('sends nothing the second time, and leaves the record of the first', async () => {
    const { keys, readRecord, target, upload } = holo()
    const folder = makeFolder(toSite('again'))
    const first = await upload({ folder, id: 'a1' })
    const before = await keys()
    const { limited, writes } = limitWrites(target)
    const createdAt = '2027-01-01T00:00:00.000Z'
    const second = await upload({ folder, id: 'a1', createdAt }, limited)
    const nothing = { uploaded: 0, uploadedBytes: 0, reused: first.uploaded, isKnown: true }
    expect(second).toEqual({ ...first, ...nothing })
    expect(writes).toEqual(['manifest', 'begin', 'finalise'])
    expect(await keys()).toEqual(before)
    expect((await readRecord('a1'))?.createdAt).toBe(CREATED_AT)
  })

  it('sends what the store has lost or damaged, and the manifest, though the id is published', async () => {
    const { damage, readBlob, readManifest, readRecord, upload } = holo()
    const site = toSite('healed')
    const folder = makeFolder(site)
    const first = await upload({ folder, id: 'h1' })
    const manifest = await readManifest('h1')
    const [page, image] = ['/index.html', '/img/a b.png'].map((path) => manifest.find(path)?.blob)
    await damage(`blobs/${page}`, 'rubbish')
    await damage(`blobs/${image}`)
    await damage(`manifests/${(await readRecord('h1'))?.manifest}`)
    const second = await upload({ folder, id: 'h1' })
    expect(second).toMatchObject({ manifest: first.manifest, isKnown: true, uploaded: 2 })
    expect((await readBlob(page)).toString()).toBe(site['index.html'])
    expect(await readBlob(image)).toHaveLength(3_000)
    expect((await readManifest('h1')).find('/robots.txt')).toBeDefined()
  })

  it('makes what the store has lost of its encodings and deltas again', async () => {
    const { damage, readBlob, readManifest, upload } = holo()
    const script = `globalThis.words = "${toWords(900)}"\n`
    const site = (release: string) => makeFolder({ [`app-BqXhYz${release}.js`]: script + release })
    const older = await upload({ folder: site('W1'), id: 'h2' })
    const before = { id: 'h2', manifest: older.manifest, open: true }
    const folder = site('W2')
    const { manifest } = await upload({ folder, id: 'h3', retained: [before] })
    const forms = (await readManifest('h3')).find('/app-BqXhYzW2.js')?.encodings ?? []
    expect(forms.map(({ encoding }) => encoding).sort()).toEqual(['br', 'dcb', 'dcz', 'gzip'])
    for (const { blob } of forms) await damage(`blobs/${blob}`)
    // The command compares with every version, this one too, and by now there are newer ones.
    const newer = await upload({ folder: site('W4'), id: 'h4' })
    const retained = [
      { id: 'h4', manifest: newer.manifest, open: false },
      { id: 'h3', manifest, open: true },
      { ...before, open: false },
    ]
    const again = await upload({ folder, id: 'h3', retained })
    expect(again).toMatchObject({ manifest, isKnown: true, uploaded: forms.length })
    for (const { blob, size } of forms) expect(await readBlob(blob)).toHaveLength(size)
  })

  it('refuses other content under the same id, and names what differs', async () => {
    const { readManifest, upload } = holo()
    const site = toSite('other')
    const folder = makeFolder(site)
    await upload({ folder, id: 'a2' })
    writeFileSync(join(folder, 'index.html'), 'other')
    writeFileSync(join(folder, '404.html'), 'gone')
    rmSync(join(folder, 'robots.txt'))
    const services = [{ prefix: '/api/', origins: ['https://api-2.example.com'] }]
    const failure = await toFailure(upload({ folder, id: 'a2', services, htmlHandling: 'none' }))
    expect(failure.code).toBe('version_differs')
    expect(toLines(failure)?.sort()).toEqual([
      '/404.html: added',
      `/index.html: content changed (${site['index.html'].length} → 5 bytes)`,
      '/robots.txt: removed',
      'HTML handling: auto-trailing-slash became none',
      'not-found handling: single-page-application became 404-page',
      expect.stringMatching(/services: .*api-1.* became .*api-2/),
    ])
    expect((await readManifest('a2')).find('/robots.txt')).toBeDefined()
  })

  it('refuses other rules under the same id', async () => {
    const { upload } = holo()
    const rules = { 'index.html': 'rules', _headers: '/*\n  X-A: 1' }
    await upload({ folder: makeFolder(rules), id: 'a6' })
    const headers = makeFolder({ ...rules, _headers: '/*\n  X-A: 2' })
    const redirects = makeFolder({ ...rules, _redirects: '/a /b' })
    expect(toLines(await toFailure(upload({ folder: headers, id: 'a6' })))).toEqual([
      '_headers: other rules',
    ])
    expect(toLines(await toFailure(upload({ folder: redirects, id: 'a6' })))).toEqual([
      '_redirects: other rules',
    ])
  })

  it('lists fifty differences and counts the rest', async () => {
    const { upload } = holo()
    const folder = makeFolder(toSite('many'))
    await upload({ folder, id: 'a3' })
    for (let i = 0; i < 80; i++) writeFileSync(join(folder, `new-${i}.txt`), '')
    const lines = toLines(await toFailure(upload({ folder, id: 'a3' }))) ?? []
    expect(lines).toHaveLength(51)
    expect(lines.at(-1)).toBe('and 30 more')
  })

  it('refuses other content that somebody else published in the meantime', async () => {
    const { readManifest, target, upload } = holo()
    const mine = makeFolder(toSite('meantime'))
    const theirs = makeFolder({ ...toSite('meantime'), 'index.html': 'theirs' })
    const late: UploadTarget = {
      ...target,
      begin: async (id, wanted) => {
        await upload({ folder: theirs, id })
        return target.begin(id, wanted)
      },
    }
    const failure = await toFailure(upload({ folder: mine, id: 'a4' }, late))
    expect(toLines(failure)).toEqual([expect.stringContaining('/index.html: content changed')])
    expect((await readManifest('a4')).find('/index.html')?.size).toBe(6)
  })

  it('agrees with the same content that somebody else published in the meantime', async () => {
    const { readRecord, target, upload } = holo()
    const folder = makeFolder(toSite('agreed'))
    const late: UploadTarget = {
      ...target,
      begin: async (id, wanted) => {
        await upload({ folder, id, author: 'first' })
        return target.begin(id, wanted)
      },
    }
    await upload({ folder, id: 'a5', author: 'second' }, late)
    expect((await readRecord('a5'))?.author).toBe('first')
  })
})

describe('publishing beside retained versions', () => {
  it('sends only what another version does not have', async () => {
    const { readManifest, target, upload } = holo()
    const site = toSite('beside')
    const first = await upload({ folder: makeFolder(site), id: 'b1' })
    const folder = makeFolder({ ...site, 'robots.txt': 'User-agent: b2' })
    const { limited, writes } = limitWrites(target)
    const retained = [{ id: 'b1', manifest: first.manifest }]
    const second = await upload({ folder, id: 'b2', retained }, limited)
    expect(writes).toEqual(['manifest', 'begin', 'pack', 'finalise'])
    expect(second).toMatchObject({ uploaded: 1, reused: first.uploaded - 1 })
    const script = '/assets/copy.js'
    const [older, newer] = [await readManifest('b1'), await readManifest('b2')]
    expect(newer.find(script)).toEqual(older.find(script))
  })

  it('does not rely on a name under which a retained version has other bytes', async () => {
    const { readManifest, upload } = holo()
    const site = toSite('contradiction')
    const first = await upload({ folder: makeFolder(site), id: 'b3' })
    const path = '/assets/main.8f3a2b1c.js'
    const folder = makeFolder({ ...site, [path.slice(1)]: `${toScript('b4')}// other` })
    const retained = [{ id: 'b3', manifest: first.manifest }]
    const { manifest, warnings } = await upload({ folder, id: 'b4', retained })
    expect(warnings).toContainEqual(expect.stringContaining(`${path} looks hashed, but version b3`))
    expect((await readManifest('b4')).find(path)?.hashed).toBe(false)

    // Neither the contradiction nor its end makes a published version another one.
    expect(await upload({ folder, id: 'b4' })).toMatchObject({ isKnown: true })
    const others = [{ id: 'b4', manifest }]
    const again = await upload({ folder: makeFolder(site), id: 'b3', retained: others })
    expect(again).toMatchObject({ isKnown: true })
  })

  it('goes on with a warning where the manifest of a retained version cannot be read', async () => {
    const { upload } = holo()
    const retained = [{ id: 'b0', manifest: '9'.repeat(64) }]
    const folder = makeFolder(toSite('unreadable'))
    const { warnings } = await upload({ folder, id: 'b5', retained })
    expect(warnings).toContainEqual(
      expect.stringContaining(
        'the manifest of version b0 cannot be read, so its names were not compared',
      ),
    )
  })
})

describe('a publication that breaks off', () => {
  it('leaves the old state whole at every write, and is completed by doing it again', async () => {
    const { keys, readBlob, readManifest, readRecord, target, upload } = holo()
    const old = await upload({ folder: makeFolder({ 'old.txt': 'old' }), id: 'k-old' })
    // All blobs of so small a site travel together.
    const order: Write[] = ['manifest', 'begin', 'pack', 'finalise']
    for (let allowed = 0; allowed < order.length; allowed++) {
      const folder = makeFolder(toSite(`broken ${allowed}`))
      const id = `k${allowed}`
      const broken = upload({ folder, id }, limitWrites(target, allowed).limited)
      await expect(broken).rejects.toThrow('the connection is lost')
      expect(await readRecord(id)).toBeUndefined()
      expect((await readRecord('k-old'))?.manifest).toBe(old.manifest)
      await readBlob((await readManifest('k-old')).find('/old.txt')?.blob)

      const { limited, writes: again } = limitWrites(target)
      const { manifest, uploaded } = await upload({ folder, id }, limited)
      const isSent = allowed > order.indexOf('pack')
      expect(uploaded).toBe(isSent ? 0 : BLOBS)
      expect(again.includes('pack')).toBe(!isSent)
      expect((await readRecord(id))?.manifest).toBe(manifest)
      const stored = new Set(await keys())
      for (const { blob, encodings } of (await readManifest(id)).entries()) {
        for (const hash of [blob, ...encodings.map((form) => form.blob)]) {
          expect(stored.has(`blobs/${hash}`)).toBe(true)
        }
      }
    }
  })
})
