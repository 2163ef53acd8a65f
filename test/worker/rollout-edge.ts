// Isolates of the real router in three data centres, on a driven clock, with backends that fail or are slow.
// Who asks for what, and the control that they report to, is rollout-fleet.ts' affair.

import { onTestFinished, vi } from 'vitest'
import { murmur3Text } from '../../src/core/murmur3.ts'
import type { SyncReply, SyncReport } from '../../src/loading/sync.ts'
import { Flusher } from '../../src/metrics/flusher.ts'
import { createRouter, type Router } from '../../src/router.ts'
import { env } from './control-world.ts'
import type { DrivenClock } from './driven-clock.ts'

export const SECOND = 1000
export const [OLD, NEW] = ['0.0.3', '0.0.7'] as const
/** The old build, published again with a backend of its own. */
export const FRESH = '0.0.8'
/** What answers an API call, on the driven clock. */
export type Answer = { readonly status: number; readonly ms: number }
/** `flags` is the header with the values of flags, empty without one. */
export type Backend = (version: string, visitor: string, flags: string) => Answer

/**
 * Whether a version fails for the visitor: for this share of all, the same ones each time, and others
 * than the other version. What both do counts for neither.
 */
export function failsFor(version: string, share: number, visitor: string): boolean {
  const place = murmur3Text(visitor, 20_261_124) / 2 ** 32
  return version === NEW ? place < share : 1 - place <= share
}

type ByVersion = Readonly<Record<string, number>>
type Served = {
  readonly failing?: ByVersion
  readonly flaky?: number
  readonly slowerMs?: ByVersion
}

export type Asked = {
  /** When it was decided, and answered. */
  readonly at: number
  readonly ended: number
  readonly isolate: number
  readonly kind: 'document' | 'api'
  readonly visitor: string
  readonly version: string
  readonly status: number
}

export const isDocument = ({ kind }: Asked) => kind === 'document'
/** Of these requests, each once. */
export const countVisitors = (asked: readonly Asked[]) =>
  new Set(asked.map(({ visitor }) => visitor)).size

/** An open page: whose it is, and the pin that its document came with. */
export type Page = { readonly visitor: string; readonly pin: string }
type Underway = { readonly park: () => void; readonly done: Promise<void> }
type Sync = (report: SyncReport) => Promise<SyncReply>

/** Isolates by data centre. The last one is quiet: it has a request in eight seconds. */
const COLOS = [0, 0, 0, 1, 1, 2]
export const QUIET = 5
const QUIET_MS = 8 * SECOND
const DOCUMENT = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }
const { arm } = Flusher.prototype
const VERSION_OF_HOST: Readonly<Record<string, string>> = {
  'api-3.example.com': OLD,
  'api-7.example.com': NEW,
  'api-8.example.com': FRESH,
}

export class Edge {
  readonly asked: Asked[] = []
  /** At once, until a test says otherwise. */
  backend: Backend = () => ({ status: 200, ms: 0 })
  /** What the browser of a visitor says that it is, and its country. */
  clientOf: (visitor: string) => { readonly userAgent?: string; readonly country?: string } =
    () => ({})
  readonly #clock: DrivenClock
  readonly #routers: readonly Router[]
  #underway: Underway | undefined
  #quiet: { readonly nextAt: number; readonly next: Asked['kind'] } = {
    nextAt: 0,
    next: 'document',
  }

  /** Until the test ends. */
  constructor(clock: DrivenClock, sync: Sync) {
    this.#clock = clock
    const name = crypto.randomUUID()
    this.#routers = COLOS.map((colo) => createRouter(toBindings(`${name} ${colo}`, sync)))
    vi.stubGlobal('fetch', this.#answer)
    // The timer of counts is nothing to wait for; what it leads to is.
    Flusher.prototype.arm = function (flush) {
      arm.call(
        this,
        () => clock.follow(flush()),
        () => undefined,
      )
    }
    onTestFinished(() => {
      Flusher.prototype.arm = arm
    })
  }

  /** From now on: for which share of visitors a version fails, of requests to any, and how slow it is. */
  serve({ failing = {}, flaky = 0, slowerMs = {} }: Served): void {
    const { random } = this.#clock
    this.backend = (version, visitor) => ({
      status: random() < flaky || failsFor(version, failing[version] ?? 0, visitor) ? 500 : 200,
      ms: 80 + 100 * random() + (slowerMs[version] ?? 0),
    })
  }

  async open(visitor: string): Promise<string> {
    const headers = { ...DOCUMENT, cookie: `holo-visitor=${visitor}` }
    const reply = await this.#send('document', visitor, '/', headers)
    return /holo-pin=([^;]+)/.exec(reply?.headers.get('set-cookie') ?? '')?.[1] ?? ''
  }

  async ask({ visitor, pin }: Page): Promise<void> {
    const cookie = `holo-visitor=${visitor}; holo-pin=${pin}`
    await this.#send('api', visitor, `/api/${visitor}`, { cookie, 'sec-fetch-dest': 'empty' })
  }

  /** Ends with the reply, or before it when a backend is waited for. */
  async #send(
    kind: Asked['kind'],
    visitor: string,
    path: string,
    headers: Record<string, string>,
  ): Promise<Response | undefined> {
    const clock = this.#clock
    const { asked } = this
    const { now: at } = clock
    const isolate = this.#pickIsolate(kind)
    const router = this.#routers[isolate] as Router
    const number = Number(visitor.slice(-15))
    const address = `11.${number >> 16}.${(number >> 8) & 255}.${number & 255}`
    const { userAgent, country } = this.clientOf(visitor)
    const agent: Record<string, string> = userAgent ? { 'user-agent': userAgent } : {}
    const request = new Request(`https://shop.example.com${path}`, {
      headers: { ...headers, ...agent, 'cf-connecting-ip': address },
      ...(country ? { cf: { country } } : {}),
    })
    const ctx = { waitUntil: (work: Promise<unknown>) => void clock.follow(work) }
    const reply = async () => {
      const response = await router(request, ctx as ExecutionContext)
      await response.arrayBuffer()
      const version = response.headers.get('holo-version') ?? ''
      const { status } = response
      asked.push({ at, ended: clock.now, isolate, kind, visitor, version, status })
      return response
    }
    const parked = Promise.withResolvers<undefined>()
    const underway = { park: () => parked.resolve(undefined), done: Promise.resolve() }
    this.#underway = underway
    const replied = reply()
    underway.done = replied.then(() => undefined)
    return await Promise.race([replied, parked.promise])
  }

  #answer = async (
    url: string,
    { headers }: { headers: Readonly<Record<string, string>> },
  ): Promise<Response> => {
    const clock = this.#clock
    const underway = this.#underway as Underway
    const { hostname, pathname } = new URL(url)
    const version = VERSION_OF_HOST[hostname] ?? ''
    const { status, ms } = this.backend(
      version,
      pathname.split('/').at(-1) ?? '',
      headers['Holo-Flags'] ?? '',
    )
    // The clock waits for what goes on behind a reply, so a copy must not wait for the clock.
    if (ms === 0 || 'Holo-Copy' in headers) return new Response('done', { status })
    await new Promise<void>((resolve) => {
      clock.at(clock.now + ms, () => {
        resolve()
        return underway.done
      })
      underway.park()
    })
    return new Response('done', { status })
  }

  /** The quiet one gets documents and other requests in turn. */
  #pickIsolate(kind: Asked['kind']): number {
    const { now, random } = this.#clock
    if (now < this.#quiet.nextAt || kind !== this.#quiet.next) return Math.floor(random() * QUIET)
    this.#quiet = { nextAt: now + QUIET_MS, next: kind === 'api' ? 'document' : 'api' }
    return QUIET
  }
}

function toBindings(cacheName: string, sync: Sync) {
  // As between two machines, they share nothing.
  const call: Sync = async (report) => structuredClone(await sync(structuredClone(report)))
  return {
    ...env,
    CACHE_NAME: cacheName,
    COUNTS_FLUSH_MS: '10000',
    CONTROL: { getByName: () => ({ sync: call }) },
  } as never
}
