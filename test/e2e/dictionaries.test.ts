// A release as a delta, in Chromium: a browser that has the script of one version gets the next one as the
// difference to it (RFC 9842), and runs exactly the script that was published.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import { connect, type LocalVersion } from '../../scripts/local/publish.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { launchBrowser } from '../support/browser.ts'
import { SCRIPTS, toDictionarySite } from '../support/dictionary-site.ts'
import { watchPage } from '../support/watch-page.ts'

const TOKEN = 'holo-test-0123456789abcdef0123456789abcdef'

let folders: string
let edge: Edge
let browser: Browser

beforeAll(async () => {
  folders = await mkdtemp(join(tmpdir(), 'holo-dictionaries-'))
  const variables = { HOLO_ADMIN_TOKEN: TOKEN }
  edge = await startEdge({ host: '127.0.0.1', port: 0, direct: true, variables })
  const holo = connect(edge.url, TOKEN)
  const publish = async (release: 1 | 2, retained: readonly LocalVersion[]) => {
    const folder = join(folders, String(release))
    for (const [path, text] of Object.entries(toDictionarySite(release))) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    return holo.publish({ folder, id: String(release), services: [], retained })
  }
  const older = await publish(1, [])
  const newer = await publish(2, [older])
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'dictionaries',
    environments: { main: { version: older.id }, canary: { version: newer.id } },
    traffic: { main: 100 },
    rules: [
      {
        name: 'who asks for the newer',
        environment: 'canary',
        when: { '==': [{ var: 'cookie.release' }, '2'] },
      },
    ],
    versions: { [older.id]: older.entry, [newer.id]: newer.entry },
  }
  await holo.begin(document)
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await edge?.dispose()
  await rm(folders, { recursive: true, force: true })
})

/** Opens the page of a version, and returns how its script came. */
async function load(page: Page, release: '1' | '2') {
  const { name } = SCRIPTS[release]
  await page.context().addCookies([{ name: 'release', value: release, url: edge.url.href }])
  const coming = page.waitForResponse((response) => response.url().endsWith(name))
  await page.goto(edge.url.href)
  const headers = await (await coming).allHeaders()
  return {
    encoding: headers['content-encoding'],
    vary: headers.vary,
    use: headers['use-as-dictionary'],
    bytes: Number(headers['content-length']),
    ran: await page.evaluate('globalThis.ran'),
  }
}

describe('a visitor who has the release before', () => {
  it('gets a script as the difference, in Chromium', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    const problems = watchPage(page)
    const use = 'match="/assets/app-*.js"'
    const first = await load(page, '1')
    expect(first).toMatchObject({ encoding: 'br', vary: 'accept-encoding', use, ran: '1' })
    const second = await load(page, '2')
    const vary = 'accept-encoding, available-dictionary'
    expect(second).toMatchObject({ encoding: 'dcb', vary, use, ran: '2' })
    expect(second.bytes).toBeLessThan(first.bytes / 10)

    const other = await browser.newContext()
    const fresh = await load(await other.newPage(), '2')
    expect(fresh).toMatchObject({ encoding: 'br', vary, use, ran: '2' })
    expect(problems).toEqual([])
    await context.close()
    await other.close()
  })
})
