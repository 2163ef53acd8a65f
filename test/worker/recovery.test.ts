// The control put back to an earlier moment, as the platform's point-in-time recovery does, while KV and R2 stay
// as they are (docs/operations.md). Nothing of the newest document is lost, and the log says what happened.

import { beforeEach, expect, it, vi } from 'vitest'
import { make, PublicationWorld } from './publication-world.ts'

beforeEach(() => {
  vi.spyOn(console, 'error')
    .mockReset()
    .mockImplementation(() => undefined)
  vi.spyOn(console, 'warn')
    .mockReset()
    .mockImplementation(() => undefined)
})

it('adopts what KV has beyond it, keeps its log intact, and knows what was published in between', async () => {
  const before = await PublicationWorld.create()
  const [one, two, three] = [
    await make({ '/index.html': 'one' }),
    await make({ '/index.html': 'two' }),
    await make({ '/index.html': 'three' }),
  ]
  const rows = await before.live(async (client, life) => {
    await client.publish('1', one)
    await client.first('1', one)
    // An upload that is open at the moment of the recovery.
    await client.begin('2', two)
    await life.runAlarms()
    return life.dump()
  })
  const last = await before.live(async (client, life) => {
    await client.publish('2', two)
    await client.publish('3', three)
    await client.point('main', '2')
    await client.point('canary', '3')
    await life.runAlarms()
    return life.document()
  })
  expect(last?.identity.revision).toBe(5)

  const after = await before.recover(rows)
  after.world.now += 3_600_000
  await after.live(async (client, life) => {
    expect((await life.health()).revision).toBe(1)
    // An isolate still has the newer document, and the watchdog comes.
    await life.report(last?.text)
    await life.control.watch()
    await life.settle()
    await life.runAlarms()
    const now = JSON.parse((await life.document())?.text ?? '{}')
    const { revision, audit: _, ...content } = now
    expect(revision).toBe(6)
    const { revision: __, audit: ___, ...was } = JSON.parse(last?.text ?? '{}')
    expect(content).toEqual(was)
    expect(await life.world.read()).toBe((await life.document())?.text)
    expect((await life.actions())[0]).toBe('adopt')
    expect((await life.verify()).problems).toEqual([])
    expect((await life.verify(last?.text)).problems).toMatchObject([
      { message: expect.stringContaining('the copy is of revision 5') },
    ])

    for (const [version, made] of [
      ['2', two],
      ['3', three],
    ] as const) {
      const { answer } = await client.publish(version, made)
      expect(answer.body).toEqual({
        ...{ state: 'finalised', version, manifest: made.manifest, revision: 6 },
      })
    }
    expect((await client.call('POST', '/files/verify', {})).body.lost).toEqual([])
    // The collection leaves what the adopted document names.
    after.isAllOld = true
    expect(await client.collect(false)).toMatchObject({ versions: [], manifests: 0, blobs: 0 })
  })
})
