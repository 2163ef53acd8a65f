// A site that nobody here wrote, in two major releases at one address: Swagger UI
// as npm has it, published over the API and shown by Chromium in two profiles at the same time.

import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page, Response } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import { connect, type LocalVersion } from '../../scripts/local/publish.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { launchBrowser } from '../support/browser.ts'
import { Profile } from '../support/http-client.ts'
import { watchPage } from '../support/watch-page.ts'

const RELEASES = { older: '4.19.1', newer: '5.35.0' } as const
type Release = keyof typeof RELEASES

/** Builds for other pages than the dist's own, and maps: 8 of 10 MB, which take long to compress. */
const NOT_LOADED = /\.map$|-es-bundle|swagger-ui\.js$/

const DESCRIPTION = {
  openapi: '3.0.3',
  info: { title: 'A pottery', version: '1.0.0' },
  paths: {
    '/cups': { get: { summary: 'All cups', responses: { 200: { description: 'The cups' } } } },
  },
}

/** What the page loads, with type and encoding: the smallest form that Chromium takes; below 1 KiB there is one. */
const LOADED: Readonly<Record<string, readonly [type: string, encoding: string | undefined]>> = {
  '/': ['text/html; charset=utf-8', undefined],
  '/swagger-ui.css': ['text/css; charset=utf-8', 'br'],
  '/index.css': ['text/css; charset=utf-8', undefined],
  '/swagger-ui-bundle.js': ['text/javascript; charset=utf-8', 'br'],
  '/swagger-ui-standalone-preset.js': ['text/javascript; charset=utf-8', 'br'],
  '/swagger-initializer.js': ['text/javascript; charset=utf-8', undefined],
  '/openapi.json': ['application/json; charset=utf-8', undefined],
  '/favicon-32x32.png': ['image/png', undefined],
}

/** What the script that runs says of itself; the name was respelt on the way from 4 to 5. */
const VERSION = '(versions.swaggerUi ?? versions.swaggerUI).version'

/** No name of the site changes with its content, so none may be relied on. */
const ASK_AGAIN = /no-cache|max-age=0, must-revalidate/

const TOKEN = 'holo-test-0123456789abcdef0123456789abcdef'

let folders: string
let edge: Edge
let browser: Browser

beforeAll(async () => {
  folders = await mkdtemp(join(tmpdir(), 'holo-swagger-'))
  const variables = { HOLO_ADMIN_TOKEN: TOKEN }
  edge = await startEdge({ host: '127.0.0.1', port: 0, direct: true, variables })
  const holo = connect(edge.url, TOKEN)
  const publish = async (release: Release, retained: readonly LocalVersion[]) =>
    holo.publish({
      folder: await makeSite(release),
      id: RELEASES[release],
      services: [],
      retained,
    })
  const older = await publish('older', [])
  const newer = await publish('newer', [older])
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'swagger',
    environments: { main: { version: older.id }, canary: { version: newer.id } },
    traffic: { main: 50, canary: 50 },
    rules: Object.keys(RELEASES).map((release) => ({
      name: `who asks for the ${release}`,
      environment: release === 'older' ? 'main' : 'canary',
      when: { '==': [{ var: 'cookie.release' }, release] },
    })),
    versions: {
      [older.id]: older.entry,
      [newer.id]: newer.entry,
    },
  }
  await holo.begin(document)
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await edge?.dispose()
  await rm(folders, { recursive: true, force: true })
})

/**
 * The release's own folder with one change: its page shows an API of somebody's on the internet,
 * which tests cannot reach, and here one that lies beside it.
 */
async function makeSite(release: Release): Promise<string> {
  const folder = join(folders, release)
  const dist = fileURLToPath(new URL(`../../node_modules/swagger-ui-${release}`, import.meta.url))
  await cp(dist, folder, {
    recursive: true,
    filter: (source) => !NOT_LOADED.test(basename(source)),
  })
  await writeFile(join(folder, 'openapi.json'), JSON.stringify(DESCRIPTION, null, 2))
  const initializer = join(folder, 'swagger-initializer.js')
  const script = await readFile(initializer, 'utf8')
  const changed = script.replace('https://petstore.swagger.io/v2/swagger.json', './openapi.json')
  expect(changed).not.toBe(script)
  await writeFile(initializer, changed)
  return folder
}

type Opened = {
  readonly page: Page
  readonly problems: readonly string[]
  readonly responses: readonly Response[]
}

/** Opens the page in a profile of its own, and waits until it shows the API. */
async function open(release: Release): Promise<Opened> {
  const profile = await browser.newContext()
  await profile.addCookies([{ name: 'release', value: release, url: edge.url.href }])
  const page = await profile.newPage()
  const problems = watchPage(page)
  const responses: Response[] = []
  page.on('response', (response) => responses.push(response))
  await page.goto(edge.url.href)
  await page.locator('.swagger-ui .info .title', { hasText: 'A pottery' }).waitFor()
  await page.locator('.opblock-summary', { hasText: 'All cups' }).waitFor()
  return { page, problems, responses }
}

/** By path: version, type and encoding of the first reply; an icon is asked for again and not changed. */
async function describeReplies(
  responses: readonly Response[],
): Promise<Record<string, (string | undefined)[]>> {
  const described: Record<string, (string | undefined)[]> = {}
  for (const response of responses) {
    const { pathname } = new URL(response.url())
    const headers = await response.allHeaders()
    described[pathname] ??= ['holo-version', 'content-type', 'content-encoding'].map(
      (name) => headers[name],
    )
  }
  return described
}

describe('two releases of Swagger UI at one address', () => {
  it('are both shown whole at the same time, each with its own files', async () => {
    const opened = await Promise.all([open('older'), open('newer')])
    const stamps = []
    for (const [i, { page, problems, responses }] of opened.entries()) {
      const release = i === 0 ? RELEASES.older : RELEASES.newer
      expect(await page.evaluate(VERSION)).toContain(release)
      stamps.push(await page.locator('.info .version-stamp').textContent())

      await page.locator('.opblock-summary', { hasText: 'All cups' }).click()
      await page.locator('.opblock-body', { hasText: 'The cups' }).waitFor()
      expect(problems).toEqual([])

      expect(await describeReplies(responses)).toEqual(
        Object.fromEntries(
          Object.entries(LOADED).map(([path, form]) => [path, [release, ...form]]),
        ),
      )
      await page.context().close()
    }
    // What the releases draw for the same API.
    expect(stamps).toEqual(['OAS3', 'OAS 3.0'])
  })

  it.each(['older', 'newer'] as const)(
    'has browsers ask again for every file of the %s',
    async (release) => {
      const profile = new Profile(edge.url)
      profile.cookies.release = release
      const page = await profile.open('/')
      expect(page.headers['cache-control']).toMatch(ASK_AGAIN)
      const files = await readdir(join(folders, release))
      const names = files.filter((name) => !name.endsWith('.html'))
      expect(names.length).toBeGreaterThan(10)
      for (const name of names) {
        const { status, headers } = await profile.fetch(`/${name}`)
        expect([status, headers['holo-version']], name).toEqual([200, RELEASES[release]])
        expect(headers['cache-control'], name).toMatch(ASK_AGAIN)
        expect(headers['cache-control'], name).not.toContain('immutable')
      }
    },
  )
})
