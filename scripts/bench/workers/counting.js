// Holo's router with counters for every operation on KV, R2 and the Cache API. `/bench/counts` returns the counts
// since the last call, and `/bench/new-isolate` clears the memory of the router. It runs in workerd without
// bundling, next to the bundled router.

import { createControl } from './confirming-control.js'
import { createRouter } from './router.js'

let counts = {}

function counting(target, name) {
  return new Proxy(target, {
    get(_, property) {
      const value = Reflect.get(target, property)
      if (typeof value !== 'function') return value
      return (...args) => {
        const operation = `${name}.${property}`
        counts[operation] = (counts[operation] ?? 0) + 1
        return value.apply(target, args)
      }
    },
  })
}

globalThis.caches = { default: counting(caches.default, 'cache') }

const control = (env) => createControl(() => env.ASSIGNMENTS.get('assignments'))

const newIsolate = (env) =>
  createRouter({
    ...env,
    ASSIGNMENTS: counting(env.ASSIGNMENTS, 'kv'),
    STORE: counting(env.STORE, 'r2'),
    CONTROL: { getByName: () => counting(control(env), 'control') },
  })

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
    if (pathname === '/bench/new-isolate' || !router) router = newIsolate(env)
    if (pathname === '/bench/new-isolate') return new Response('')
    return router(request, ctx)
  },
}
