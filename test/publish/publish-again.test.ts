import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { publishFolder } from '../../src/publish/publish.ts'
import { PublishError } from '../../src/publish/refusal.ts'
import type { PublishTarget } from '../../src/publish/target.ts'
import { makeFolder } from './folder.ts'
import { limitWrites, optionsFor, SITE, useStore } from './store.ts'

const store = useStore()

describe('publishing an id again', () => {
  it('does nothing the second time, and gives the record of the first', async () => {
    const { keys, target } = store()
    const folder = makeFolder(SITE)
    const first = await publishFolder(target, optionsFor(folder))
    const before = await keys()
    const { limited, writes } = limitWrites(target, 0)
    const again = optionsFor(folder, { createdAt: '2027-01-01T00:00:00.000Z' })
    const second = await publishFolder(limited, again)
    expect(second).toEqual({ ...first, uploaded: 0, reused: first.uploaded })
    expect(writes).toEqual([])
    expect(await keys()).toEqual(before)
  })

  it('refuses other content under the same id, and names what differs', async () => {
    const { keys, target } = store()
    const folder = makeFolder(SITE)
    await publishFolder(target, optionsFor(folder))
    const before = await keys()
    writeFileSync(join(folder, 'index.html'), 'other')
    writeFileSync(join(folder, '404.html'), 'gone')
    rmSync(join(folder, 'robots.txt'))
    const services = [{ prefix: '/api/', origins: ['https://api-2.example.com'] }]
    const htmlHandling = 'none'
    const failure = await publishFolder(
      target,
      optionsFor(folder, { services, htmlHandling }),
    ).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(PublishError)
    expect(String(failure).split('\n')).toEqual([
      expect.stringContaining('1.0.0 was published on 2026-11-23T12:00:00.000Z'),
      '  /404.html: added',
      `  /index.html: content changed (${SITE['index.html'].length} → 5 bytes)`,
      '  /robots.txt: removed',
      '  HTML handling: auto-trailing-slash became none',
      '  not-found handling: single-page-application became 404-page',
      expect.stringMatching(/services: .*api-1.* became .*api-2/),
    ])
    expect(await keys()).toEqual(before)
  })

  it('lists twenty differences and counts the rest', async () => {
    const { target } = store()
    const folder = makeFolder(SITE)
    await publishFolder(target, optionsFor(folder))
    for (let i = 0; i < 50; i++) writeFileSync(join(folder, `new-${i}.txt`), '')
    await expect(publishFolder(target, optionsFor(folder))).rejects.toThrow(/and 30 more$/)
  })

  it('refuses other content that somebody else published in the meantime', async () => {
    const { readManifest, target } = store()
    const mine = makeFolder(SITE)
    const theirs = makeFolder({ ...SITE, 'index.html': 'theirs' })
    const late: PublishTarget = {
      ...target,
      createVersion: async (id, record) => {
        await publishFolder(target, optionsFor(theirs))
        return target.createVersion(id, record)
      },
    }
    await expect(publishFolder(late, optionsFor(mine))).rejects.toThrow('/index.html: content')
    expect((await readManifest('1.0.0')).find('/index.html')?.size).toBe(6)
  })

  it('agrees with the same content that somebody else published in the meantime', async () => {
    const { target } = store()
    const folder = makeFolder(SITE)
    const late: PublishTarget = {
      ...target,
      createVersion: async (id, record) => {
        await publishFolder(target, optionsFor(folder, { author: 'first' }))
        return target.createVersion(id, record)
      },
    }
    const { record } = await publishFolder(late, optionsFor(folder, { author: 'second' }))
    expect(record.author).toBe('first')
  })
})

describe('a publication that breaks off', () => {
  it('leaves the old state whole at every write, and is completed by doing it again', async () => {
    const { keys, readBlob, readManifest, remove, target } = store()
    const folder = makeFolder(SITE)
    const { limited: counted, writes: all } = limitWrites(target)
    await publishFolder(counted, optionsFor(folder))
    const whole = await keys()
    for (let allowed = 0; allowed < all.length; allowed++) {
      await remove(whole)
      const old = await publishFolder(
        target,
        optionsFor(makeFolder({ 'old.txt': 'old' }), { id: '0.9.0' }),
      )
      const broken = publishFolder(limitWrites(target, allowed).limited, optionsFor(folder))
      await expect(broken).rejects.toThrow('the connection is lost')
      expect(await target.readVersion('1.0.0')).toBeUndefined()
      expect(await target.readVersion('0.9.0')).toEqual(old.record)
      await readBlob((await readManifest('0.9.0')).find('/old.txt')?.blob)

      const { limited, writes } = limitWrites(target)
      const { uploaded } = await publishFolder(limited, optionsFor(folder))
      const blobsBefore = Math.min(allowed, all.length - 2)
      expect(uploaded).toBe(all.length - 2 - blobsBefore)
      expect(writes.filter((name) => name === 'blob')).toHaveLength(uploaded)
      expect(await keys()).toEqual(expect.arrayContaining(whole))
    }
  })
})
