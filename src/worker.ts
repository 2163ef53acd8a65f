// The entry of the Worker: hands requests to the isolate's router. No logic.

import type { Env } from './env.ts'
import { createRouter, type Router } from './router.ts'

let router: Router | undefined

export default {
  fetch(request, env, ctx) {
    router ??= createRouter(env)
    return router(request, ctx)
  },
} satisfies ExportedHandler<Env>
