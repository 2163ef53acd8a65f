import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import { CONTROL_NAME } from '../../src/control/contract.ts'
import type { SyncReply, SyncReport } from '../../src/loading/sync.ts'
import { exampleDocument } from '../support/document.ts'

const NOTHING: SyncReport = { held: undefined, kv: undefined }

type Control = { readonly sync: (report: SyncReport) => Promise<SyncReply> }

async function getControl({ miniflare }: Edge): Promise<Control> {
  const namespace = await miniflare.getDurableObjectNamespace('CONTROL')
  return namespace.get(namespace.idFromName(CONTROL_NAME)) as unknown as Control
}

async function start(dataDir: string): Promise<Edge> {
  const edge = await startEdge({ host: '127.0.0.1', port: 0, dataDir })
  onTestFinished(() => edge.dispose())
  return edge
}

/** The document of the control, once it has one that KV has, too. */
async function waitForPublication(edge: Edge): Promise<string> {
  const control = await getControl(edge)
  const kv = await edge.miniflare.getKVNamespace('ASSIGNMENTS')
  return expect
    .poll(
      async () => {
        const { text } = await control.sync(NOTHING)
        return text !== undefined && text === (await kv.get('assignments')) ? text : undefined
      },
      { timeout: 20_000 },
    )
    .toBeDefined()
    .then(async () => (await control.sync(NOTHING)).text ?? '')
}

it('keeps its history on disk, and publishes by a real alarm', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'holo-control-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const first = await start(dataDir)
  const kv = await first.miniflare.getKVNamespace('ASSIGNMENTS')
  await kv.put('assignments', JSON.stringify(exampleDocument()))
  const text = await waitForPublication(first)
  expect(JSON.parse(text)).toMatchObject({ revision: 43, audit: expect.any(String) })
  await first.dispose()

  const second = await start(dataDir)
  const emptied = await second.miniflare.getKVNamespace('ASSIGNMENTS')
  await emptied.delete('assignments')
  expect((await (await getControl(second)).sync(NOTHING)).text).toBe(text)
})
