// Every recipe, followed literally on a Holo that starts empty: its files are written and its commands typed, as they
// stand and in their order. Only addresses are replaced by those of this machine, and what needs an account at
// Cloudflare is left out.

import { execSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import { holo } from '../support/cli.ts'
import { readFilesOfPage, readLinesToType, toWords } from '../support/docs-files.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'

const TOKEN = 'holo-recipes-0123456789abcdef0123456789'
const ELSEWHERE = /^(?:holo deploy|unset) /

let folder: string
let edges: Edge[]
let backend: Server
const followed = new Set<string>()
/** What stands on the pages, and what is at its place on this machine. */
let addresses: [shown: string, here: string][]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holo-recipes-'))
  for (const [name, words] of Object.entries({
    dist: 'first',
    out: 'first',
    'dist-next': 'second',
  })) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'index.html'), `<h1>${words}</h1>`)
  }
  await writeFile(join(folder, 'netlify.toml'), '[[redirects]]\nfrom = "/old"\nto = "/new"\n')
  edges = await Promise.all(
    ['site', 'other'].map((name) =>
      startEdge({
        ...{ host: '127.0.0.1', port: 0, dataDir: join(folder, name) },
        variables: {
          ...{ ALLOW_INSECURE_ORIGINS: 'true', HOLO_ADMIN_TOKEN: TOKEN },
          // `--wait` waits for as long as a page may be decided on an older copy.
          ...{ CONTROL_REFRESH_MS: '200', STALE_AFTER_MS: '500' },
        },
      }),
    ),
  )
  backend = createServer((request, response) => response.end(`backend: ${request.url}`))
  backend.listen(0, '127.0.0.1')
  await once(backend, 'listening')
  const [site = '', other = ''] = edges.map(({ url }) => url.origin)
  const origin = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`
  addresses = [
    ['https://staging.example.com', site],
    ['https://shop.example.com', other],
    ['https://api-14-a.example.com', origin],
    ['https://api-14-b.example.com', origin.replace('127.0.0.1', 'localhost')],
  ]
})
afterAll(async () => {
  backend?.close()
  await Promise.all((edges ?? []).map((edge) => edge.dispose()))
  await rm(folder, { recursive: true, force: true })
})

const toHere = (text: string) =>
  addresses.reduce((replaced, [shown, here]) => replaced.replaceAll(shown, here), text)

/** Types what the page says, in a folder with the files that it shows. */
async function follow(name: string, env: Readonly<Record<string, string>>): Promise<string> {
  followed.add(name)
  const page = toHere(await readFile(`docs/recipes/${name}.md`, 'utf8'))
  await rm(join(folder, 'holo.json'), { force: true })
  for (const shown of readFilesOfPage(page)) await writeFile(join(folder, shown.name), shown.text)
  let told = ''
  for (const line of readLinesToType(page).filter((text) => !ELSEWHERE.test(text))) {
    const [command, ...words] = toWords(line)
    if (command !== 'holo') {
      execSync(line, { cwd: folder })
      continue
    }
    const { code, stdout, stderr } = await holo(words, { cwd: folder, env })
    expect(code, `${line}\n${stdout}${stderr}`).toBe(0)
    told += stdout + stderr
  }
  return told
}

const site = () => ({ HOLO_URL: String(edges[0]?.url.origin), HOLO_TOKEN: TOKEN })

it('several-sites: the same folder is in both, with the services of each', async () => {
  const told = await follow('several-sites', {
    HOLO_STAGING_TOKEN: TOKEN,
    HOLO_PRODUCTION_TOKEN: TOKEN,
  })
  expect(told).toContain('Published 1.5.0 at staging')
  expect(told).toContain('Published 1.5.0 at production')
  for (const { url } of edges) {
    expect((await ask(url, '/', { headers: DOCUMENT })).body).toContain('first')
  }
})

it('containers: two instances of a backend take turns, and a probe asks them', async () => {
  const told = await follow('containers', site())
  expect(told).toMatch(/containers \/api\/ {2}(Online|Healthy) .* answers 200/)
})

it.each([
  'blue-green',
  'canary',
  'rolling-back',
  'preview-per-pull-request',
  'kill-switch',
  'ab-test',
  'many-services',
  'backends',
  'existing-worker',
  'from-cloudflare',
  'from-vercel',
  'from-nginx',
])('%s: works as it stands', async (name) => {
  expect(await follow(name, site())).not.toContain('NOT PROTECTED')
})

it('from-netlify: says what Holo does not do of netlify.toml', async () => {
  expect(await follow('from-netlify', site())).toContain('write "/old /new 301" into _redirects')
})

it('leaves no recipe out', async () => {
  const pages = (await readdir('docs/recipes')).filter((name) => name !== 'README.md')
  const names = pages.map((name) => name.replace('.md', ''))
  expect(names.filter((name) => !followed.has(name))).toEqual([])
})
