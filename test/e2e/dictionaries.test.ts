// A release as a delta, in Chromium: a browser that has the script of one version gets the next one as the
// difference to it (RFC 9842) in each coding, runs exactly the script that was published, and keeps it.

import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import { connect, type LocalVersion } from '../../scripts/local/publish.ts'
import { createApi } from '../../src/cli/api.ts'
import { createUploadTarget } from '../../src/cli/upload-api.ts'
import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import { openManifest } from '../../src/core/site/manifest.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { launchBrowser } from '../support/browser.ts'
import { changeDocument } from '../support/change-document.ts'
import { SCRIPTS, toDictionarySite } from '../support/dictionary-site.ts'
import { watchPage } from '../support/watch-page.ts'

const TOKEN = 'holo-test-0123456789abcdef0123456789abcdef'

let folders: string
let edge: Edge
let browser: Browser
let versions: AssignmentsDocument['versions']

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
  versions = {
    [older.id]: older.entry,
    [newer.id]: newer.entry,
    3: { ...newer.entry, manifest: await publishAsOlderNode(newer.manifest, '3') },
  }
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'dictionaries',
    environments: {
      main: { version: older.id },
      canary: { version: newer.id },
      zstd: { version: '3' },
    },
    traffic: { main: 100 },
    rules: (['canary', 'zstd'] as const).map((environment) => ({
      name: `who asks for ${environment}`,
      environment,
      when: { '==': [{ var: 'cookie.ask' }, environment] },
    })),
    versions,
  }
  await holo.begin(document)
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await edge?.dispose()
  await rm(folders, { recursive: true, force: true })
})

/** Publishes the files of a version as an older Node does, without Brotli deltas; returns the manifest's hash. */
async function publishAsOlderNode(manifest: string, id: string): Promise<string> {
  const { signal } = new AbortController()
  const api = createApi({ url: edge.url, token: TOKEN }, { signal, note: () => {} })
  const target = createUploadTarget(api, signal)
  const opened = openManifest((await target.getManifest(manifest)) ?? Uint8Array.of())
  if (!opened.ok) throw new Error(opened.error)
  const entries = [...opened.value.entries()].map((entry) => ({
    ...entry,
    encodings: entry.encodings.filter(({ encoding }) => encoding !== 'dcb'),
  }))
  const { inline: _, ...config } = opened.value.config
  const bytes = encodeManifest(entries, config)
  const hash = createHash('sha256').update(bytes).digest('hex')
  await target.putManifest(hash, bytes)
  await target.begin(id, { manifest: hash, services: [], createdAt: new Date().toISOString() })
  expect(await target.finalise(id, hash)).toMatchObject({ state: 'finalised' })
  return hash
}

/** Opens the page of an environment, and returns how its script came. */
async function load(page: Page, environment: 'main' | 'canary' | 'zstd') {
  const { name } = SCRIPTS[environment === 'main' ? 1 : 2]
  await page.context().addCookies([{ name: 'ask', value: environment, url: edge.url.href }])
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

const USE = 'match="/assets/app-*.js"'
const VARY = 'accept-encoding, available-dictionary'

describe('a visitor who has the release before', () => {
  it.each([
    ['canary', 'dcb'],
    ['zstd', 'dcz'],
  ] as const)(
    'gets a script of %s as the difference, in Chromium: %s',
    async (environment, encoding) => {
      const context = await browser.newContext()
      const page = await context.newPage()
      const problems = watchPage(page)
      const first = await load(page, 'main')
      expect(first).toMatchObject({ encoding: 'br', vary: 'accept-encoding', use: USE, ran: '1' })
      const second = await load(page, environment)
      expect(second).toMatchObject({ encoding, vary: VARY, use: USE, ran: '2' })
      expect(second.bytes).toBeLessThan(first.bytes / 10)

      // The script is its own dictionary now, which does not make the browser ask for it again.
      await page.goto(edge.url.href)
      const script =
        'performance.getEntriesByType("resource").find(({ name }) => name.endsWith(".js"))'
      expect(await page.evaluate(`${script}.transferSize`)).toBe(0)
      expect(await page.evaluate('globalThis.ran')).toBe('2')
      expect(problems).toEqual([])
      await context.close()
    },
  )

  it('and one who does not gets the whole script', async () => {
    const context = await browser.newContext()
    const fresh = await load(await context.newPage(), 'canary')
    expect(fresh).toMatchObject({ encoding: 'br', vary: VARY, use: USE, ran: '2' })
    await context.close()
  })
})

describe('a dictionary whose version is no longer served', () => {
  const older = Buffer.from(SCRIPTS[1].text)

  /** Asks as a browser that has `dictionary`; without one it has the coding alone. */
  async function ask(release: 1 | 2, dictionary?: Buffer<ArrayBuffer>) {
    const hash = dictionary && createHash('sha256').update(dictionary).digest('base64')
    const headers = {
      'accept-encoding': 'br, dcz',
      cookie: 'ask=canary',
      ...(hash !== undefined && { 'available-dictionary': `:${hash}:` }),
    }
    const response = await fetch(new URL(`/assets/${SCRIPTS[release].name}`, edge.url), { headers })
    const encoding = response.headers.get('content-encoding')
    const decoded = encoding === 'dcz' ? undefined : await response.text()
    return {
      status: response.status,
      encoding,
      use: response.headers.get('use-as-dictionary'),
      vary: response.headers.get('vary'),
      cache: response.headers.get('cache-control'),
      text: decoded ?? decode(Buffer.from(await response.arrayBuffer()), dictionary),
    }
  }

  const decode = (delta: Buffer, dictionary = Buffer.of()) =>
    // The window may be as large as RFC 9842 section 2.2 allows.
    String(zstdDecompressSync(delta.subarray(40), { dictionary }))

  const DELTA = { status: 200, encoding: 'dcz', use: USE, vary: VARY, text: SCRIPTS[2].text }

  it('still reads the delta when its version is withdrawn, which nobody else needs it for', async () => {
    const { 1: first = { manifest: '' }, ...others } = versions
    const environments = {
      main: { version: '2' },
      canary: { version: '2' },
      zstd: { version: '3' },
    }
    const withdrawn = { ...others, 1: { ...first, withdrawn: true as const } }
    await changeDocument(edge.url, TOKEN, { environments, versions: withdrawn })
    await vi.waitFor(async () => expect((await ask(1)).use).toBe(null), {
      timeout: 30_000,
      interval: 50,
    })
    expect(await ask(2, older)).toMatchObject(DELTA)
    // A visitor without it gets the whole script, and so does one whose dictionary belongs to nothing.
    const plain = { ...DELTA, encoding: 'br' }
    expect(await ask(2)).toMatchObject(plain)
    expect(await ask(2, Buffer.from('of a version that is gone'))).toMatchObject(plain)
    // What open pages still load of a withdrawn version says of itself no longer that it is a dictionary.
    expect(await ask(1, older)).toMatchObject({ encoding: 'br', use: null, text: SCRIPTS[1].text })
  })

  it('nor has a file of a restricted version any form for those who may not see it', async () => {
    const { 1: first = { manifest: '' }, 2: second = { manifest: '' } } = versions
    // The same files in a version that nobody has had: the others leave the document.
    const manifest = await publishAsOlderNode(second.manifest, 'hidden')
    await changeDocument(edge.url, TOKEN, {
      environments: { main: { version: '1' }, qa: { version: 'hidden', restricted: true } },
      traffic: { main: 100 },
      rules: [],
      versions: { 1: first, hidden: { manifest } },
    })
    await vi.waitFor(async () => expect((await ask(2, older)).status).toBe(404), {
      timeout: 30_000,
      interval: 50,
    })
    for (const dictionary of [undefined, older]) {
      expect(await ask(2, dictionary)).toMatchObject({ status: 404, encoding: null, use: null })
      expect((await ask(2, dictionary)).cache).toContain('no-store')
    }
  })
})
