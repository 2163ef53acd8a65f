// Holo's router with counters for every operation on KV, R2 and the Cache API. `/bench/counts` returns the counts
// since the last call, `/bench/new-isolate` clears the memory of the router, and `/bench/new-data-centre` its Cache
// API as well. It runs in workerd without bundling, next to the bundled router.

import { createControl } from './confirming-control.js'
import { createRouter } from './router.js'

let counts = {}

/** @param delayMs how long each call takes besides. */
function counting(target, name, delayMs = 0) {
  return new Proxy(target, {
    get(_, property) {
      const value = Reflect.get(target, property)
      if (typeof value !== 'function') return value
      return (...args) => {
        const operation = `${name}.${property}`
        counts[operation] = (counts[operation] ?? 0) + 1
        const call = () => value.apply(target, args)
        return delayMs > 0 ? scheduler.wait(delayMs).then(call) : call()
      }
    },
  })
}

const real = caches
globalThis.caches = {
  default: counting(real.default, 'cache'),
  open: async (name) => counting(await real.open(name), 'cache'),
}

const control = (env) => createControl(() => env.ASSIGNMENTS.get('assignments'))

let dataCentre

function newIsolate(env) {
  const { DELAY_MS } = env
  return createRouter({
    ...env,
    ...(dataCentre && { CACHE_NAME: dataCentre }),
    ASSIGNMENTS: counting(env.ASSIGNMENTS, 'kv', DELAY_MS),
    STORE: counting(env.STORE, 'r2', DELAY_MS),
    CONTROL: { getByName: () => counting(control(env), 'control', DELAY_MS) },
  })
}

let router

// biome-ignore lint/style/noDefaultExport: it is how a Worker is declared
export default {
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    if (pathname === '/bench/counts') {
      const counted = counts
      counts = {}
      return Response.json(counted)
    }
    const isNewDataCentre = pathname === '/bench/new-data-centre'
    const isNewIsolate = isNewDataCentre || pathname === '/bench/new-isolate'
    if (isNewDataCentre) dataCentre = crypto.randomUUID()
    if (isNewIsolate || !router) router = newIsolate(env)
    if (isNewIsolate) return new Response('')
    return router(request, ctx)
  },
}
