import { describe, expect, it } from 'vitest'
import { publishFolder } from '../../src/publish/publish.ts'
import { makeFolder } from './folder.ts'
import { limitWrites, optionsFor, SCRIPT, SITE, useStore } from './store.ts'

const store = useStore()

describe('publishing beside retained versions', () => {
  it('uploads only what another version does not have', async () => {
    const { readManifest, target } = store()
    const first = await publishFolder(target, optionsFor(makeFolder(SITE)))
    const folder = makeFolder({ ...SITE, 'robots.txt': 'User-agent: other' })
    const { limited, writes } = limitWrites(target)
    const retained = [first.record]
    const second = await publishFolder(limited, optionsFor(folder, { id: '1.0.1', retained }))
    expect(writes).toEqual(['blob', 'manifest', 'record'])
    expect(second).toMatchObject({ uploaded: 1, reused: first.uploaded - 1 })
    const script = '/assets/copy.js'
    const [older, newer] = [await readManifest('1.0.0'), await readManifest('1.0.1')]
    expect(newer.find(script)).toEqual(older.find(script))
  })

  it('makes a form anew that a retained version names but the store has lost', async () => {
    const { readBlob, readManifest, remove, target } = store()
    const first = await publishFolder(target, optionsFor(makeFolder(SITE)))
    const lost = (await readManifest('1.0.0')).find('/assets/copy.js')?.encodings[0]?.blob
    await remove([`blobs/${lost}`])
    const more = { id: '1.0.1', retained: [first.record] }
    const second = await publishFolder(target, optionsFor(makeFolder(SITE), more))
    expect(second.uploaded).toBe(1)
    await readBlob(lost)
  })

  it('does not rely on a name under which a retained version has other bytes', async () => {
    const { readManifest, target } = store()
    const first = await publishFolder(target, optionsFor(makeFolder(SITE)))
    const path = '/assets/main.8f3a2b1c.js'
    const folder = makeFolder({ ...SITE, [path.slice(1)]: `${SCRIPT}// other` })
    const options = optionsFor(folder, { id: '1.0.1', retained: [first.record] })
    const { warnings } = await publishFolder(target, options)
    expect(warnings).toEqual([expect.stringContaining(`${path} looks hashed, but 1.0.0`)])
    expect((await readManifest('1.0.1')).find(path)?.hashed).toBe(false)

    // Neither the contradiction nor its end makes a published version another one.
    await publishFolder(target, optionsFor(folder, { id: '1.0.1' }))
    const second = await target.readVersion('1.0.1')
    const retained = second ? [second] : []
    await publishFolder(target, optionsFor(makeFolder(SITE), { retained }))
  })

  it('goes on with a warning where the manifest of a retained version cannot be read', async () => {
    const { target } = store()
    const retained = [{ id: '0.9.0', manifest: '9'.repeat(64) }]
    const { warnings } = await publishFolder(target, optionsFor(makeFolder(SITE), { retained }))
    expect(warnings).toEqual([expect.stringContaining('the manifest of 0.9.0 is not in the store')])
  })
})
