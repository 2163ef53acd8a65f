// A data folder that an older Holo has written: it starts with all that stood in it. Each archive in
// test/fixtures/data-folders was made by `npm start` of that version with the example shop: six
// revisions, two tokens, a rollout on its first step, and the counts of some 3,000 visitors.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findFreePort } from '../../src/local/ports.ts'
import { holo } from '../support/cli.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'
import { makeWorkFolder, type StartProcess, spawnStart } from '../support/start-process.ts'

const ARCHIVES = fileURLToPath(new URL('../fixtures/data-folders', import.meta.url))
const HOST = '127.0.0.1'

describe.each(readdirSync(ARCHIVES))('the data folder %s', (archive) => {
  let folder: Awaited<ReturnType<typeof makeWorkFolder>>
  let started: StartProcess
  let url: URL
  let env: Record<string, string>

  beforeAll(async () => {
    folder = await makeWorkFolder()
    const data = join(folder.path, 'data')
    mkdirSync(data)
    execFileSync('tar', ['-xzf', join(ARCHIVES, archive), '-C', data])
    const port = await findFreePort(HOST)
    started = spawnStart(folder.path, ['--data', 'data', '--no-example', '--port', String(port)])
    url = await started.url()
    env = {
      HOLO_URL: url.origin,
      HOLO_TOKEN: readFileSync(join(data, 'admin-token'), 'utf8').trim(),
    }
  })
  afterAll(async () => {
    await started.destroy()
    await folder.remove()
  })

  async function run(...args: string[]): Promise<Record<string, unknown>> {
    const { code, json, stderr } = await holo([...args, '--json'], { env })
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) })
    return json ?? {}
  }

  it('serves the versions that it holds', async () => {
    const page = await ask(url, '/', { headers: { ...DOCUMENT, cookie: 'staff=1' } })
    expect(page.status).toBe(200)
    expect(page.headers['holo-version']).toBe('0.0.6')
  })

  it('has its history, and the record is whole', async () => {
    const { code, json } = await holo(['log', '--json'], { env })
    expect(code).toBe(0)
    const text = JSON.stringify(json)
    for (const action of ['shift', 'rollback', 'rollout-start', 'env']) {
      expect(text).toContain(action)
    }
    expect(text).toContain('second step')
    await run('verify')
  })

  it('knows its tokens', async () => {
    const tokens = JSON.stringify(await run('token', 'list'))
    expect(tokens).toContain('"pipeline"')
    expect(tokens).toContain('"reader"')
  })

  it('goes on with the rollout that was running: in its step, with an analysis that begins anew', async () => {
    const { rollouts } = await run('rollout', 'status')
    expect(rollouts).toMatchObject([
      { id: 1, environment: 'canary', version: '0.0.6', phase: 'step' },
    ])
    await run('rollout', 'pause', '--yes')
    const { transitions } = (await run('rollout', 'explain', '1')) as {
      transitions: { event: string; reason: string }[]
    }
    expect(transitions.map(({ event }) => event)).toEqual(['start', 'restart', 'pause'])
    expect(transitions[1]?.reason).toMatch(/newer Holo .+ the analysis begins anew/)
  })

  it('says that a replay of what an older judge decided comes to something else', async () => {
    const { code, json } = await holo(['rollout', 'replay', '1', '--json'], { env })
    expect(code).toBe(1)
    expect(json).toMatchObject({
      same: false,
      differences: expect.arrayContaining([expect.stringContaining('an older Holo')]),
    })
  })

  it('has the metrics that were counted', async () => {
    const { record } = (await run('metrics', 'export', '--last', '30d')) as {
      record: { points: unknown[] }
    }
    expect(record.points.length).toBeGreaterThan(0)
  })

  it('takes changes, and an older state comes back', async () => {
    await run('rollout', 'abort', '--yes')
    await run('shift', 'canary=10', '--yes')
    await run('rollback', '--yes')
    await run('verify')
  })
})
