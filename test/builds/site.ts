// One app in two versions on an edge of its own, with a backend for each version, published and
// released with the `holo` command as its users do it.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { startEdge } from '../../scripts/local/edge.ts'
import { holo } from '../support/cli.ts'
import { startVersionBackend, type VersionBackend } from '../support/every-way.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'
import type { App } from './apps.ts'
import { buildApp, type Release } from './build-app.ts'
import { within } from './within.ts'

const RELEASES: readonly [Release, Release] = ['1.0.0', '2.0.0']
const WAIT = { timeout: 30_000, interval: 50 }
/** A publication uploads a whole build. */
const COMMAND_LIMIT_MS = 60_000
const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 30_000

export type Site = {
  readonly url: URL
  /** Gives the release to every visitor, and waits until the edge does so. */
  readonly release: (release: Release) => Promise<void>
  /** Takes the last release back, and waits until the edge has. */
  readonly rollBack: (to: Release) => Promise<void>
  /** Has the release serve nobody any more, nor open pages, and waits until the edge does so. */
  readonly withdraw: (release: Release) => Promise<void>
  /** Has pages get the script that pins each tab, or not. */
  readonly pinTabs: (isOn: boolean) => Promise<void>
  readonly stop: () => Promise<void>
}

/**
 * Both releases are published, and every visitor gets the first.
 *
 * @param changeBuild makes the second build from the first; without it that is the app's own.
 */
export async function startSite(
  app: App,
  changeBuild?: (first: string) => Promise<string>,
): Promise<Site> {
  // One after the other: a build takes all processors there are.
  const first = await buildApp(app, RELEASES[0])
  const second = await (changeBuild ? changeBuild(first) : buildApp(app, RELEASES[1]))
  const folders = [first, second]
  const data = await mkdtemp(join(tmpdir(), 'holo-builds-'))
  const token = randomBytes(32).toString('hex')
  const backends = await Promise.all(RELEASES.map(startReleaseBackend))
  const starting = startEdge({
    host: '127.0.0.1',
    port: 0,
    dataDir: data,
    direct: true,
    variables: {
      ...{ KV_REFRESH_MS: '100', CONTROL_REFRESH_MS: '100' },
      ALLOW_INSECURE_ORIGINS: 'true',
      HOLO_ADMIN_TOKEN: token,
    },
  })
  const edge = await within(START_LIMIT_MS, 'the edge starts', starting)
  const env = { HOLO_URL: edge.url.href, HOLO_TOKEN: token, XDG_CACHE_HOME: join(data, 'cache') }
  const command = async (...args: string[]) => {
    const line = `holo ${args.join(' ')}`
    const { code, stderr } = await within(COMMAND_LIMIT_MS, line, holo(args, { cwd: data, env }))
    expect(code, `${line}\n${stderr}`).toBe(0)
  }
  const inForce = (release: Release) =>
    vi.waitFor(async () => {
      const visits = Array.from({ length: 5 }, () => ask(edge.url, '/', { headers: DOCUMENT }))
      const versions = (await Promise.all(visits)).map(({ headers }) => headers['holo-version'])
      expect(new Set(versions), 'versions that new visitors get').toEqual(new Set([release]))
    }, WAIT)
  for (const [i, release] of RELEASES.entries()) {
    const service = `/api/=${backends[i]?.origin}`
    const first = i === 0 ? ['--first', 'main', '--yes'] : []
    await command('publish', folders[i] ?? '', '--version', release, '--service', service, ...first)
  }
  await inForce('1.0.0')
  return {
    url: edge.url,
    release: async (release) => {
      await command('point', 'main', release, '--yes')
      await inForce(release)
    },
    rollBack: async (to) => {
      await command('rollback', '--yes')
      await inForce(to)
    },
    pinTabs: (isOn) => command('tab-pins', isOn ? 'on' : 'default', '--yes', '--wait'),
    withdraw: (release) => command('withdraw', release, '--yes', '--wait'),
    stop: async () => {
      await within(STOP_LIMIT_MS, 'the edge ends', edge.dispose())
      const ending = Promise.all(backends.map((backend) => backend.stop()))
      await within(STOP_LIMIT_MS, 'the backends end', ending)
      await rm(data, { recursive: true, force: true })
    },
  }
}

function startReleaseBackend(release: Release): Promise<VersionBackend> {
  return startVersionBackend(release, [], (_, response, { pathname }) => {
    if (pathname !== '/api/version') return false
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    response.end(JSON.stringify({ release }))
    return true
  })
}
