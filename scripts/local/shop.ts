// The example shop on a local edge. Two releases are published, with their backends running, in a
// document that gives the newer one to 5 %; an edge that already has a document keeps it. A third
// release is built and its backend runs, but it is not published: the `holo` command can be tried
// with it.

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  NEXT_RELEASE,
  SHOP_RELEASES,
  type ShopRelease,
  shopServer,
} from '../../examples/shop/releases.ts'
import { CliFailure } from '../../src/cli/failure.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { Mistake } from '../../src/local/mistake.ts'
import { findFreePort, isPortFree } from '../../src/local/ports.ts'
import { showProgress } from '../../src/publish/progress.ts'
import { type Backend, startBackend } from './backend-process.ts'
import type { Edge } from './edge.ts'
import type { LocalApi, LocalVersion } from './publish.ts'

export type RunningShop = {
  /** Resolves with a message for the user when a backend has ended unexpectedly. */
  readonly broken: Promise<string>
  readonly stop: () => Promise<void>
}

type Ports = Readonly<Record<ShopRelease, number>>

const RELEASES: readonly ShopRelease[] = ['a', 'b']

/** @throws Mistake when a port of a published version is in use. */
export async function startShop(
  edge: Edge,
  dataDir: string,
  host: string,
  token: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<RunningShop> {
  const ports = await choosePorts(join(dataDir, 'shop-ports.json'), host)
  const backends = await startBackends(ports)
  const stop = async () => {
    await Promise.all(Object.values(backends).map((backend) => backend.stop()))
  }
  try {
    await publishShop(edge, backends, token, signal)
  } catch (cause) {
    await stop()
    throw cause
  }
  const broken = Promise.race(
    RELEASES.map((release) =>
      backends[release].ended.then(
        (code) =>
          `the backend of shop ${SHOP_RELEASES[release]} ended by itself (exit code ${code})`,
      ),
    ),
  )
  return { broken, stop }
}

/**
 * The ports of the backends. They are chosen once for a data folder, because the published versions
 * name them.
 */
async function choosePorts(file: string, host: string): Promise<Ports> {
  const kept = await readFile(file, 'utf8').then(
    (text): Ports => JSON.parse(text),
    () => undefined,
  )
  if (!kept) {
    const ports = { a: await findFreePort(host), b: await findFreePort(host) }
    await writeFile(file, JSON.stringify(ports))
    return ports
  }
  for (const release of RELEASES) {
    if (await isPortFree(host, kept[release])) continue
    throw new Mistake(
      `port ${kept[release]} is in use, but the backend of shop ${SHOP_RELEASES[release]} needs it: ` +
        'end what listens there, or start with another --data',
    )
  }
  return kept
}

async function startBackends(ports: Ports): Promise<Record<ShopRelease, Backend>> {
  const [a, b] = await Promise.allSettled(
    RELEASES.map((release) => startBackend(shopServer(release), ports[release])),
  )
  if (a?.status === 'fulfilled' && b?.status === 'fulfilled') return { a: a.value, b: b.value }
  for (const one of [a, b]) if (one?.status === 'fulfilled') await one.value.stop()
  throw a?.status === 'rejected' ? a.reason : b?.status === 'rejected' ? b.reason : undefined
}

/** Publishes both versions, then writes the document. The next start completes an interrupted one. */
async function publishShop(
  edge: Edge,
  backends: Record<ShopRelease, Backend>,
  token: string,
  signal: AbortSignal,
): Promise<void> {
  if (await hasDocument(edge, token)) return
  // Loaded only when it is needed, because later starts do not publish.
  const { connect } = await import('./publish.ts')
  const api = connect(edge.url, token, signal)
  const older = await publishRelease(api, 'a', backends.a.origin, [])
  const newer = await publishRelease(api, 'b', backends.b.origin, [older])
  await api.begin(firstDocument(older, newer), 'the example shop')
}

async function hasDocument(edge: Edge, token: string): Promise<boolean> {
  const response = await fetch(new URL('/.holo/api/assignments', edge.url), {
    headers: { authorization: `Bearer ${token}` },
  })
  if (response.ok || response.status === 404) return response.ok
  throw new Error(`the control answered ${response.status}: ${await response.text()}`)
}

async function publishRelease(
  api: LocalApi,
  release: ShopRelease,
  origin: string,
  retained: readonly LocalVersion[],
): Promise<LocalVersion> {
  const id = SHOP_RELEASES[release]
  const folder = await mkdtemp(join(tmpdir(), 'holo-shop-'))
  try {
    const { buildShop } = await import('../../examples/shop/build.ts')
    await buildShop(release, folder)
    const bar = showProgress(`shop ${id}`, process.stderr, process.env)
    const services = [{ prefix: '/api/', origins: [origin] }]
    const options = { folder, id, services, retained }
    return await api.publish(options, bar.report).catch(toMistake).finally(bar.end)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** An interrupted first start may have published an older version of the example. */
function toMistake(cause: unknown): never {
  if (!(cause instanceof CliFailure) || cause.code !== 'version_differs') throw cause
  throw new Mistake(
    'the data folder has an older version of the example: start with another --data',
  )
}

function firstDocument(older: LocalVersion, newer: LocalVersion): AssignmentsDocument {
  const published = new Date().toISOString()
  return {
    schema: 1,
    revision: 1,
    salt: 'shop',
    environments: { main: { version: older.id }, canary: { version: newer.id } },
    traffic: { main: 95, canary: 5 },
    rules: [
      {
        name: 'staff first',
        environment: 'canary',
        when: { '==': [{ var: 'cookie.staff' }, '1'] },
      },
    ],
    versions: {
      [older.id]: { ...older.entry, open: true, published },
      [newer.id]: { ...newer.entry, open: true, published },
    },
  }
}

export type NextRelease = {
  /** The folder to publish. */
  readonly folder: string
  readonly version: string
  readonly backend: Backend
}

/** Builds the third release and starts its backend. @throws Mistake when the port of the backend is in use. */
export async function startNextRelease(dataDir: string, host: string): Promise<NextRelease> {
  const folder = join(dataDir, `shop-${NEXT_RELEASE}`)
  const port = await choosePort(join(dataDir, 'shop-next-port'), host)
  const backend = await startBackend(shopServer('c'), port)
  try {
    if (!(await stat(join(folder, 'index.html')).catch(() => undefined))) {
      const { buildShop } = await import('../../examples/shop/build.ts')
      await buildShop('c', folder)
    }
  } catch (cause) {
    await backend.stop()
    throw cause
  }
  return { folder, version: NEXT_RELEASE, backend }
}

/**
 * The port of the third backend. It is chosen once for a data folder, because a published version may
 * name it.
 */
async function choosePort(file: string, host: string): Promise<number> {
  const kept = Number(await readFile(file, 'utf8').catch(() => '0'))
  if (!kept) {
    const port = await findFreePort(host)
    await writeFile(file, String(port))
    return port
  }
  if (await isPortFree(host, kept)) return kept
  throw new Mistake(
    `port ${kept} is in use, but the backend of shop ${NEXT_RELEASE} needs it: ` +
      'end what listens there, or start with another --data',
  )
}
