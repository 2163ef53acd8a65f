// Documents that somebody puts into KV beside the control, seen from several isolates: what each of
// them ends in, and that all agree again.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Fleet, startFleet } from '../../scripts/bench/rollback/fleet.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'

const WAIT = { timeout: 20_000, interval: 100 }

let data: string
let fleet: Fleet
let isolates: readonly URL[]
let kv: Awaited<ReturnType<Fleet['miniflare']['getKVNamespace']>>

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'holo-edits-'))
  fleet = await startFleet(2, data, { KV_REFRESH_MS: '200', CONTROL_REFRESH_MS: '200' })
  isolates = [...fleet.busy, ...fleet.quiet]
  kv = await fleet.miniflare.getKVNamespace('ASSIGNMENTS', 'control')
  await allServe('1')
})
afterAll(async () => {
  await fleet?.dispose()
  await rm(data, { recursive: true, force: true })
})

/** Until every isolate gives a page of this version, and goes on doing so. */
async function allServe(version: string): Promise<void> {
  let agreed = 0
  await vi.waitFor(async () => {
    const pages = await Promise.all(isolates.map((url) => ask(url, '/', { headers: DOCUMENT })))
    const same = pages.every(({ headers }) => headers['holo-version'] === version)
    agreed = same ? agreed + 1 : 0
    expect(agreed).toBeGreaterThan(10)
  }, WAIT)
}

type Newest = { readonly revision: number; readonly text: string; readonly action: string }

async function newest(): Promise<Newest> {
  const { revisions } = JSON.parse(await (await fleet.call('GET', '/revisions?limit=1')).text())
  const { revision } = revisions[0]
  return JSON.parse(await (await fleet.call('GET', `/revisions/${revision}`)).text())
}

/** Until KV holds the control's newest revision, byte for byte; isolates report while they serve. */
async function kvAgrees(): Promise<Newest> {
  return vi.waitFor(async () => {
    await Promise.all(isolates.map((url) => ask(url, '/', { headers: DOCUMENT })))
    const last = await newest()
    expect(await kv.get('assignments')).toBe(last.text)
    return last
  }, WAIT)
}

const health = async () => JSON.parse(await (await fleet.call('GET', '/health')).text()).control

async function edit(change: (document: AssignmentsDocument) => object): Promise<void> {
  const { text } = await kvAgrees()
  await kv.put('assignments', JSON.stringify(change(JSON.parse(text))))
}

const pointTo = (version: string) => ({ main: { version } })

/** Cron does not run by itself here. */
async function passMinute(): Promise<void> {
  const worker = await fleet.miniflare.getWorker('control')
  await worker.scheduled({ cron: '* * * * *' })
}

describe('a document that is put into KV by hand', () => {
  it('with a higher revision is adopted under the next one', async () => {
    const before = await newest()
    await edit((document) => ({
      ...document,
      revision: document.revision + 1,
      environments: pointTo('2'),
    }))
    await allServe('2')
    const { revision, action } = await kvAgrees()
    expect(revision).toBe(before.revision + 2)
    expect(action).toBe('adopt')
  })

  it('that forgot to raise its revision is refused by the edge, and adopted by the control', async () => {
    const before = await newest()
    await edit((document) => ({ ...document, environments: pointTo('1') }))
    await allServe('1')
    const { revision, action } = await kvAgrees()
    expect(revision).toBe(before.revision + 1)
    expect(action).toBe('adopt')
  })

  it('with a lower revision is replaced, kept, and decides about nobody', async () => {
    const before = await newest()
    await edit((document) => ({ ...document, revision: 1, environments: pointTo('2') }))
    await allServe('1')
    const { revision } = await kvAgrees()
    expect(revision).toBe(before.revision)
    expect(await health()).toMatchObject({ overwritten: 1 })
  })

  it.each([
    ['of a newer schema', { schema: 2 }, 'schema'],
    ['with revision 2^53', { revision: 2 ** 53 }, 'revision'],
    ['with a revision that leaves no number to follow', { revision: 2 ** 40 - 1 }, 'at most 2^39'],
    ['that is no document', { versions: 'none' }, 'versions'],
  ])(
    '%s decides about nobody, is told about, and gives way to the next change',
    async (_, change, named) => {
      const before = await newest()
      await edit((document) => ({ ...document, environments: pointTo('2'), ...change }))
      await passMinute()
      expect((await health()).externalProblem).toContain(named)
      await allServe('1')
      expect((await newest()).revision).toBe(before.revision)
      await fleet.change('PUT', '/environments/main', { version: '2' })
      await allServe('2')
      await fleet.change('PUT', '/environments/main', { version: '1' })
      await allServe('1')
      await kvAgrees()
      expect((await health()).externalProblem).toBeUndefined()
    },
  )

  it('between two changes of the API ends with all of them in the history, and one document', async () => {
    await fleet.change('PUT', '/environments/canary', { version: '2' })
    await edit((document) => ({
      ...document,
      revision: document.revision + 1,
      environments: { ...document.environments, ...pointTo('2') },
    }))
    await allServe('2')
    // Reports of isolates cause few reads of KV, and the tests above may have used them up.
    await passMinute()
    expect((await kvAgrees()).action).toBe('adopt')
    await fleet.change('PUT', '/environments/qa', { version: '1', restricted: true })
    const { text } = await kvAgrees()
    expect(JSON.parse(text).environments).toMatchObject({
      main: { version: '2' },
      canary: { version: '2' },
      qa: { version: '1' },
    })
    const verified = await fleet.call('POST', '/audit/verify', {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ copy: text }),
    })
    expect(await verified.json()).toMatchObject({ problems: [] })
  })
})
