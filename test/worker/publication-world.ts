// A publisher and a collector in a test: the API over a real control and real R2, every call of R2 a
// step that a test can watch, hold up or end, and a clock that the test drives for all of it.

import { createContentStore } from '../../src/api/content/content-store.ts'
import { createApp } from '../../src/api/http/app.ts'
import { ROUTES } from '../../src/api/routes.ts'
import { createRecords } from '../../src/control/releases/records.ts'
import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import { DEFAULT_HTML_HANDLING } from '../../src/core/site/manifest-config.ts'
import type { ManifestEntry } from '../../src/core/site/manifest-entry.ts'
import { sha256 } from '../support/published.ts'
import { env, type Life, type Tables, World } from './control-world.ts'

export type Files = Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>

/** What a folder would be published as. */
export type Made = {
  readonly manifest: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly blobs: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
}

export async function make(files: Files): Promise<Made> {
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>()
  const entries: ManifestEntry[] = []
  for (const [path, content] of Object.entries(files)) {
    const bytes =
      typeof content === 'string' ? Uint8Array.from(new TextEncoder().encode(content)) : content
    const blob = await sha256(bytes)
    blobs.set(blob, bytes)
    entries.push({
      path,
      blob,
      size: bytes.length,
      type: 'text/plain',
      hashed: false,
      encodings: [],
    })
  }
  return { ...(await makeManifest(entries)), blobs }
}

export async function makeManifest(entries: readonly ManifestEntry[]) {
  const config = { htmlHandling: DEFAULT_HTML_HANDLING, notFound: 'none' } as const
  const bytes = new Uint8Array(encodeManifest(entries, config))
  return { manifest: await sha256(bytes), bytes }
}

export type Answer = {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the reply, which the test names parts of
  readonly body: any
  readonly bytes: Uint8Array
}

/** Called around each call of R2, with its name and key. */
export type AroundR2 = (step: string) => unknown

export class PublicationWorld {
  readonly world: World
  /** When each key was written, on the world's clock. */
  readonly #writtenAt = new Map<string, number>()
  around: AroundR2 = () => undefined
  /** Everything in R2 is older than any grace. */
  isAllOld = false
  /** What R2 was asked for, in order. */
  readonly r2: string[] = []

  private constructor(world: World) {
    this.world = world
    world.records = createRecords(this.watch((step) => this.around(step)))
  }

  /** Empties R2 and KV: all worlds of a file share them. */
  static async create(): Promise<PublicationWorld> {
    for (const key of await listKeys()) await env.STORE.delete(key)
    return new PublicationWorld(await World.create())
  }

  /** The same R2 and KV with another control, which has these rows. */
  async recover(tables: Tables): Promise<PublicationWorld> {
    return new PublicationWorld(await World.recover(tables, this.world.now))
  }

  /** One life of the control, with a client of the API. */
  live<T>(during: (client: Client, life: Life) => Promise<T>): Promise<T> {
    return this.world.live((life) => during(this.connect(life), life))
  }

  /** A client whose calls of R2 are steps of its own. */
  connect(life: Life, around: AroundR2 = (step) => this.around(step)): Client {
    return this.connectTo(life, this.watch(around))
  }

  /** A client of an API that has another bucket. */
  connectTo(life: Life, bucket: R2Bucket): Client {
    return new Client(this.world, life, bucket)
  }

  /** R2 with steps around each call, and times of the world's clock. */
  watch(around: AroundR2): R2Bucket {
    const step = async <T>(name: string, call: () => Promise<T>): Promise<T> => {
      await around(`before ${name}`)
      this.r2.push(name)
      const result = await call()
      await around(`after ${name}`)
      return result
    }
    const { STORE } = env
    return {
      head: (key: string) => step(`head ${key}`, () => STORE.head(key)),
      get: (key: string) => step(`get ${key}`, () => STORE.get(key)),
      put: (key: string, value: ReadableStream, options: R2PutOptions) =>
        step(`put ${key}`, async () => {
          const put = await STORE.put(key, value, options)
          if (put) this.#writtenAt.set(key, this.world.now)
          return put
        }),
      delete: (keys: string | string[]) =>
        step(`delete ${[keys].flat().join()}`, () => STORE.delete(keys)),
      list: (options: R2ListOptions) =>
        step(`list ${options.prefix}`, async () => {
          const listed = await STORE.list(options)
          const objects = listed.objects.map((object) => ({
            key: object.key,
            size: object.size,
            uploaded: new Date(this.isAllOld ? 0 : (this.#writtenAt.get(object.key) ?? 0)),
          }))
          return { ...listed, objects }
        }),
    } as unknown as R2Bucket
  }
}

export async function listKeys(prefix = ''): Promise<string[]> {
  const keys: string[] = []
  let startAfter = ''
  for (;;) {
    const page = await env.STORE.list({ prefix, ...(startAfter && { startAfter }) })
    keys.push(...page.objects.map(({ key }) => key))
    if (!page.truncated) return keys
    startAfter = keys.at(-1) ?? ''
  }
}

const app = createApp(ROUTES)
export const CREATED_AT = '2026-11-23T12:00:00Z'

export class Client {
  readonly #world: World
  readonly #life: Life
  readonly #bucket: R2Bucket
  /** What it does when it is told to wait: others come in between. */
  pause = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 1))

  constructor(world: World, life: Life, bucket: R2Bucket) {
    this.#world = world
    this.#life = life
    this.#bucket = bucket
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const isBytes = body instanceof Uint8Array
    const sent = isBytes ? body : JSON.stringify(body)
    const request = new Request(`https://shop.example.com/.holo/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${'x'.repeat(40)}`,
        ...(isBytes
          ? {
              'content-type': 'application/octet-stream',
              'content-length': String(body.length),
            }
          : body === undefined
            ? {}
            : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: sent as BodyInit }),
    })
    const response = await app.fetch(request, {
      path: new URL(request.url).pathname,
      requestId: 'r1',
      getControl: () => this.#life.control,
      store: createContentStore(this.#bucket),
      now: this.#world.now,
    })
    const bytes = new Uint8Array(await response.arrayBuffer())
    const isJson = response.headers.get('content-type')?.includes('json')
    const text = new TextDecoder().decode(bytes)
    return { status: response.status, body: isJson ? JSON.parse(text) : undefined, bytes }
  }

  /** The first three steps: manifest, upload, and what is missing. */
  async begin(version: string, made: Made, services: readonly unknown[] = []) {
    const put = await this.call('PUT', `/manifests/${made.manifest}`, made.bytes)
    if (put.status !== 200) return { answer: put, missing: [] }
    const answer = await this.call('PUT', `/uploads/${version}`, {
      manifest: made.manifest,
      services,
      createdAt: CREATED_AT,
    })
    return { answer, missing: answer.status === 200 ? await this.missing(version) : [] }
  }

  /** None when the manifest is gone: what comes next finds out, too. */
  async missing(version: string): Promise<string[]> {
    const missing: string[] = []
    let cursor: string | undefined
    do {
      const query = cursor === undefined ? '' : `?cursor=${cursor}`
      const page = await this.call('GET', `/uploads/${version}/missing${query}`)
      if (page.body.code === 'manifest_missing') return []
      if (page.status !== 200) throw new Error(JSON.stringify(page.body))
      missing.push(...page.body.missing.map((blob: { sha256: string }) => blob.sha256))
      cursor = page.body.cursor
    } while (cursor !== undefined)
    return missing
  }

  putBlob(made: Made, hash: string): Promise<Answer> {
    return this.call('PUT', `/blobs/${hash}`, made.blobs.get(hash))
  }

  /** Asks until there is an answer that is final. */
  async finalise(version: string, manifest: string, steps = 200): Promise<Answer> {
    for (let step = 0; step < steps; step++) {
      const answer = await this.call('POST', `/uploads/${version}/finalise`, { manifest })
      if (answer.status !== 202) return answer
      if (answer.body.waitMs > 0) await this.pause()
    }
    throw new Error('the end does not come')
  }

  /** All steps, again from the first as long as blobs are found missing at the last. */
  async publish(version: string, made: Made, services: readonly unknown[] = []) {
    let uploaded = 0
    for (let attempt = 0; attempt < 20; attempt++) {
      const { answer, missing } = await this.begin(version, made, services)
      if (answer.body.code === 'manifest_missing') continue
      if (answer.status !== 200) return { answer, uploaded }
      for (const hash of missing) {
        const put = await this.putBlob(made, hash)
        if (put.status !== 200) return { answer: put, uploaded }
        if (put.body.stored === 'created') uploaded++
      }
      const end = await this.finalise(version, answer.body.manifest)
      if (!['blobs_missing', 'manifest_missing', 'not_found'].includes(end.body.code)) {
        return { answer: end, uploaded }
      }
    }
    throw new Error('something goes missing again and again')
  }

  /** All steps of a collection, added up. */
  async collect(dryRun: boolean) {
    const sum = {
      versions: [] as string[],
      uploads: 0,
      records: 0,
      manifests: 0,
      blobs: 0,
      parts: 0,
      bytes: 0,
    }
    let cursor: string | undefined
    for (let step = 0; step < 500; step++) {
      const answer = await this.call('POST', '/gc', { dryRun, ...(cursor && { cursor }) })
      if (answer.body.code === 'manifest_missing') {
        // Somebody has begun an upload of what had just gone, and will put it there again.
        await this.pause()
        continue
      }
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
      sum.versions.push(...answer.body.versions)
      for (const name of ['uploads', 'records', 'manifests', 'blobs', 'parts', 'bytes'] as const) {
        sum[name] += answer.body[name]
      }
      if (answer.body.done) return sum
      cursor = answer.body.cursor
      if (answer.body.waitMs > 0) await this.pause()
    }
    throw new Error('the collection does not end')
  }

  /** A change of the document, against its newest revision. */
  async change(method: string, path: string, body: unknown): Promise<Answer> {
    const { revision } = await this.#life.health()
    return this.call(method, path, body, { 'if-match': `"${revision}"` })
  }

  /** Points an environment at a version, which the first document does for all of them. */
  point(name: string, version: string): Promise<Answer> {
    return this.change('PUT', `/environments/${name}`, { version })
  }

  /** The first document: `main` points at `version`. */
  first(version: string, { manifest }: Made): Promise<Answer> {
    return this.change('PUT', '/assignments', {
      schema: 1,
      salt: 'test',
      environments: { main: { version } },
      traffic: { main: 100 },
      versions: { [version]: { manifest } },
    })
  }
}
