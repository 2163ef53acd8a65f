// `holo dashboard --open`: a browser is started with the link, or it is said why not.

import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { STACK_TRACE, spawnHolo } from '../support/cli.ts'

let edge: AdminEdge
let folder: string
/** What the opener was given. */
let opened: string

beforeAll(async () => {
  edge = await startAdminEdge({ dashboardHost: 'localhost' })
  folder = await mkdtemp(join(tmpdir(), 'holo-open-'))
  opened = join(folder, 'opened')
})
afterAll(async () => {
  await edge?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** @param opener a shell script in the place of the machine's own opener; none if left out. */
async function open(args: readonly string[], opener?: string) {
  const path = join(folder, 'xdg-open')
  await Promise.all([path, opened].map((file) => rm(file, { force: true })))
  if (opener !== undefined) {
    await writeFile(path, `#!/bin/sh\n${opener}\n`)
    await chmod(path, 0o755)
  }
  const env = { PATH: folder, HOLO_URL: edge.url.origin, HOLO_TOKEN: FIRST_TOKEN }
  const ran = await spawnHolo(['dashboard', ...args], { cwd: folder, env })
  const given = await readFile(opened, 'utf8').catch(() => undefined)
  return { ...ran, given: given?.trim() }
}

const NOTE = `echo "$1" > opened`

it('opens the link in a browser, also in a pipe', async () => {
  const { code, stdout, stderr, given } = await open(['--open'], NOTE)
  expect([code, stderr]).toEqual([0, ''])
  expect(given).toMatch(/^http:\/\/localhost:\d+\/\.holo\/#code=holo-code_/)
  expect(stdout).toContain(given)
  expect(stdout).not.toContain('No browser')
})

it('prints JSON alone with --json, and says whether a browser was opened', async () => {
  const { json, stderr, given } = await open(['--open', '--json'], NOTE)
  expect(stderr).toBe('')
  expect(json).toMatchObject({ opened: true, link: given })
  const failed = await open(['--open', '--json'])
  expect(failed).toMatchObject({ code: 0, json: { opened: false } })
})

it.each([
  ['there is no opener', undefined, 'this machine has no program "xdg-open"'],
  ['the opener fails', 'exit 3', '"xdg-open" failed'],
])('prints the link and why no browser was opened where %s', async (_, opener, why) => {
  const { code, stdout, stderr } = await open(['--open'], opener)
  expect(code).toBe(0)
  expect(stdout).toContain('/.holo/#code=')
  expect(stdout.replace(/\s+/g, ' ')).toContain(
    `No browser was opened: ${why}. Open the link yourself`,
  )
  expect(stderr).not.toMatch(STACK_TRACE)
})

it('opens nothing where nobody asked for it', async () => {
  const { json, given } = await open(['--json'], NOTE)
  expect([json?.opened, given]).toEqual([false, undefined])
})
