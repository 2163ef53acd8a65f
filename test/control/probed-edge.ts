// Holo in workerd with a control whose looks at origins are driven, and documents put through its API.

import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { bundleWorker } from '../../scripts/local/bundle.ts'
import { readWorkerOptions } from '../../scripts/local/worker-options.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import type { ServicesHealthReport } from '../../src/wire/health.ts'
import { ask } from '../support/http-client.ts'

const TOKEN = randomBytes(32).toString('hex')
const ROOT = new URL('../../', import.meta.url)
const pathOf = (name: string) => fileURLToPath(new URL(name, ROOT))

type Services = NonNullable<AssignmentsDocument['versions'][string]['services']>

type DrivenControl = {
  readonly lookAfter: (ms: number) => Promise<void>
  readonly passTime: (ms: number) => Promise<void>
}

export type ProbedEdge = {
  readonly url: URL
  readonly control: DrivenControl
  /** Everybody gets a version with these services. */
  readonly serve: (services: Services) => Promise<void>
  readonly report: () => Promise<ServicesHealthReport>
  readonly stop: () => Promise<void>
}

export async function startProbedEdge(): Promise<ProbedEdge> {
  const workerOptions = readWorkerOptions(pathOf('wrangler.toml'))
  const contents = await bundleWorker(pathOf('test/worker/probe-worker.ts'))
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      log: new Log(LogLevel.NONE),
      // What the Worker warns of is what these tests provoke.
      handleStructuredLogs: () => {},
      workers: [
        {
          ...workerOptions,
          name: 'holo',
          modules: [{ type: 'ESModule', path: 'worker.js', contents }],
          bindings: {
            ...(workerOptions.bindings ?? {}),
            ALLOW_INSECURE_ORIGINS: 'true',
            KV_REFRESH_MS: '100',
            CONTROL_REFRESH_MS: '100',
            HOLO_ADMIN_TOKEN: TOKEN,
          },
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        },
      ],
    }),
  )
  await miniflare.ready
  const url = await miniflare.unsafeGetDirectURL('holo')
  const namespace = await miniflare.getDurableObjectNamespace('CONTROL')
  const control = namespace.get(namespace.idFromName('control')) as unknown as DrivenControl
  const call = async (method: string, path: string, revision = 0, json?: unknown) => {
    const { status, body } = await ask(url, `/.holo/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'cf-connecting-ip': '198.51.100.7',
        ...(json === undefined
          ? {}
          : { 'content-type': 'application/json', 'if-match': `"${revision}"` }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    })
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${body}`)
    return JSON.parse(body)
  }
  let revision = 0
  return {
    url,
    control,
    serve: async (services) => {
      const document = toDocument(revision + 1, services)
      revision = (await call('PUT', '/assignments', revision, document)).revision
    },
    report: () => call('GET', '/health/services'),
    stop: () => miniflare.dispose(),
  }
}

function toDocument(revision: number, services: Services): AssignmentsDocument {
  return {
    schema: 1,
    revision,
    salt: 'test',
    environments: { main: { version: 'v1' } },
    traffic: { main: 100 },
    versions: { v1: { manifest: '1'.repeat(64), services } },
  }
}
