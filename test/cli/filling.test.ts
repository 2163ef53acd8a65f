// `holo status` says long before anything is refused that the document fills up: from half of a part's
// room on, and in red from three quarters on.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { holo } from '../support/cli.ts'

let folder: string
let edge: AdminEdge

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holo-filling-'))
  edge = await startAdminEdge()
})
afterAll(async () => {
  await edge?.stop()
  await rm(folder, { recursive: true, force: true })
})

const status = (args: readonly string[], typed?: string) =>
  holo(['status', ...args], {
    cwd: folder,
    env: { HOLO_URL: edge.url.origin, HOLO_TOKEN: FIRST_TOKEN },
    ...(typed === undefined ? {} : { typed }),
    columns: 200,
  })

type Part = { readonly part: string; readonly percent: number }
const settingsOf = (json: Record<string, unknown> | undefined) =>
  ((json?.fill ?? []) as Part[]).find(({ part }) => part === 'settings')?.percent

/** Rules of some 200 bytes each, until environments and rules take that much of their room. */
async function fillTo(percent: number): Promise<void> {
  for (let count = 10; ; count += 10) {
    const { json } = await status(['--json'])
    if ((settingsOf(json) ?? 0) >= percent) return
    const rules = Array.from({ length: count }, (_, i) => ({
      name: `rule ${i}`,
      environment: 'canary',
      when: { in: [{ var: 'visitor' }, ['nobody', 'x'.repeat(130)]] },
    }))
    const { status: code, body } = await edge.call('PUT', '/.holo/api/rules', {
      token: FIRST_TOKEN,
      headers: { 'if-match': `"${json?.revision}"` },
      json: { rules },
    })
    if (code !== 200) throw new Error(body)
  }
}

const RED = '\u001b[31m'
const YELLOW = '\u001b[33m'

it('says nothing while there is room', async () => {
  expect((await status([])).stdout).not.toContain('% full')
})

it('warns from half on, and in red from three quarters on, with what to do', async () => {
  await fillTo(50)
  const half = await status([])
  expect(half.stdout).toMatch(/^environments and rules: 5\d % full; remove environments, hosts or/m)
  expect((await status([], '')).stdout).toContain(`${YELLOW}environments and rules: 5`)
  await fillTo(75)
  const most = await status([])
  expect(most.stdout).toMatch(/^environments and rules: 7\d % full; remove environments/m)
  expect((await status([], '')).stdout).toContain(`${RED}environments and rules: 7`)
  expect(most.code).toBe(0)
})
