// The example shop on a local edge: both releases published, both backends running, and a document
// that gives the newer one to 5 %. What is published already stays as it is.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SHOP_RELEASES, type ShopRelease, shopServer } from '../../examples/shop/releases.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { createLocalTarget } from '../../src/publish/local-target.ts'
import { showProgress } from '../../src/publish/progress.ts'
import { publishFolder } from '../../src/publish/publish.ts'
import type { PublishTarget, VersionRecord } from '../../src/publish/target.ts'
import { type Backend, startBackend } from './backend-process.ts'
import type { Edge } from './edge.ts'
import { Mistake } from './mistake.ts'
import { findFreePort, isPortFree } from './ports.ts'

export type RunningShop = {
  /** Settles with what to tell the user when a backend has ended by itself. */
  readonly broken: Promise<string>
  readonly stop: () => Promise<void>
}

type Ports = Readonly<Record<ShopRelease, number>>

const RELEASES: readonly ShopRelease[] = ['a', 'b']

/** @throws Mistake when a port that the published versions name is taken. */
export async function startShop(
  edge: Edge,
  dataDir: string,
  host: string,
  token: string,
): Promise<RunningShop> {
  const ports = await choosePorts(join(dataDir, 'shop-ports.json'), host)
  const backends = await startBackends(ports)
  const stop = async () => {
    await Promise.all(Object.values(backends).map((backend) => backend.stop()))
  }
  try {
    await publishShop(edge, backends, token)
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

/** The ports that the published versions name: chosen once for a folder. */
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
      `port ${kept[release]} is taken, where the backend of shop ${SHOP_RELEASES[release]} is published: ` +
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

/** Versions first, the document that points at them last, and only where there is none. */
async function publishShop(
  edge: Edge,
  backends: Record<ShopRelease, Backend>,
  token: string,
): Promise<void> {
  const bucket = await edge.miniflare.getR2Bucket('STORE')
  const target = createLocalTarget(bucket)
  const older = await publishRelease(target, 'a', backends.a.origin, [])
  const newer = await publishRelease(target, 'b', backends.b.origin, [older])
  const address = new URL('/.holo/api/assignments', edge.url)
  const authorization = `Bearer ${token}`
  const present = await fetch(address, { headers: { authorization } })
  if (present.ok) return
  if (present.status !== 404) throw new Error(await toFailure(present))
  address.searchParams.set('reason', 'the example shop')
  const made = await fetch(address, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'application/json', 'if-match': '"0"' },
    body: JSON.stringify(firstDocument(older, newer)),
  })
  if (!made.ok) throw new Error(await toFailure(made))
}

async function toFailure(response: Response): Promise<string> {
  return `the control answered ${response.status}: ${await response.text()}`
}

async function publishRelease(
  target: PublishTarget,
  release: ShopRelease,
  origin: string,
  retained: readonly VersionRecord[],
): Promise<VersionRecord> {
  const id = SHOP_RELEASES[release]
  const published = await target.readVersion(id)
  if (published) return published
  const folder = await mkdtemp(join(tmpdir(), 'holo-shop-'))
  try {
    // Vite takes a while to load, and is not needed where the shop is published.
    const { buildShop } = await import('../../examples/shop/build.ts')
    await buildShop(release, folder)
    const bar = showProgress(`shop ${id}`, process.stderr, process.env)
    const options = {
      folder,
      id,
      services: [{ prefix: '/api/', origins: [origin] }],
      createdAt: new Date().toISOString(),
      retained,
    }
    const { record } = await publishFolder(target, options, bar.report).finally(bar.end)
    return record
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function firstDocument(older: VersionRecord, newer: VersionRecord): AssignmentsDocument {
  const toEntry = ({ manifest, services, createdAt }: VersionRecord) => ({
    manifest,
    services: services.map(({ prefix, origins }) => ({ prefix, origins: [...origins] })),
    open: true,
    published: createdAt,
  })
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
    versions: { [older.id]: toEntry(older), [newer.id]: toEntry(newer) },
  }
}
