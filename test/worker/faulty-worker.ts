// Holo as it is deployed, over its real KV, R2, control and Cache API, each of which can be told to
// fail. `/faults?kv=hangs&r2=throws` says what fails from now on; `/new-isolate?colo=x` forgets all
// that an isolate has in memory, and puts the next one into data centre x.

import type { ControlStub } from '../../src/control/contract.ts'
import type { Env } from '../../src/env.ts'
import type { SyncReport } from '../../src/loading/sync.ts'
import { createRouter, type Router } from '../../src/router.ts'

export { ControlEntry as Control } from '../../src/control/entry.ts'

type Part = 'kv' | 'r2' | 'control' | 'cache'
let faults: Partial<Record<Part, string>> = {}

/** Answers in the place of a part, by what a fault is called. */
const ANSWERS: Readonly<Record<string, () => unknown>> = {
  throws: () => Promise.reject(new Error('it is down')),
  hangs: () => new Promise(() => undefined),
  'is overloaded': () =>
    Promise.reject(Object.assign(new Error('Durable Object is overloaded.'), { overloaded: true })),
  'has nothing': async () => null,
  'has garbage': async () => new Blob(['<html>502 Bad Gateway</html>']).stream(),
  'has an older revision': async () => new Blob([OLDER]).stream(),
  'answers an older revision': async () => ({
    current: { revision: 1, digest: 'f'.repeat(64) },
    text: OLDER,
    nextMs: 2000,
  }),
  'answers garbage': async () => ({ current: 7, text: [], nextMs: 'soon' }),
}

/** A good document that everybody has long replaced; it would send all to version 2. */
let OLDER = ''

function faulty<T extends object>(part: Part, target: T): T {
  return new Proxy(target, {
    get(_, property) {
      const value: unknown = Reflect.get(target, property)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        const answer = ANSWERS[faults[part] ?? '']
        return answer ? answer() : Reflect.apply(value, target, args)
      }
    },
  })
}

/** Without the brake, so that fractions of a second can stand for the seconds of a real site. */
const unbraked = (control: ControlStub): ControlStub =>
  new Proxy(control, {
    get: (_, property) =>
      property === 'sync'
        ? async (report: SyncReport) => ({ ...(await control.sync(report)), nextMs: 0 })
        : Reflect.get(control, property),
  })

const realCaches = caches

function startIsolate(env: Env, colo: string): Router {
  // By name: what a forgotten isolate still does after its replies belongs to its own data centre.
  const open = async (name: string) => faulty('cache', await realCaches.open(name))
  Reflect.set(globalThis, 'caches', { open, default: faulty('cache', realCaches.default) })
  return createRouter({
    ...env,
    CACHE_NAME: colo,
    ASSIGNMENTS: faulty('kv', env.ASSIGNMENTS),
    STORE: faulty('r2', env.STORE),
    CONTROL: { getByName: (name) => faulty('control', unbraked(env.CONTROL.getByName(name))) },
  })
}

let router: Router | undefined

// biome-ignore lint/style/noDefaultExport: the entry of a Worker
export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/faults') {
      faults = Object.fromEntries(searchParams)
      if (request.method === 'POST') OLDER = await request.text()
      return new Response('')
    }
    if (pathname === '/new-isolate') {
      router = startIsolate(env, searchParams.get('colo') ?? 'colo')
      return new Response('')
    }
    router ??= startIsolate(env, 'colo')
    return router(request, ctx)
  },
} satisfies ExportedHandler<Env>
