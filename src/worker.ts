// The entry of the Worker: passes requests to the router of the isolate, and the cron event of every
// minute to the control. It decides nothing itself.

import { CONTROL_NAME } from './control/contract.ts'
import { WATCH_TIMEOUT_MS } from './control/limits.ts'
import { withTimeout } from './core/with-timeout.ts'
import type { Env } from './env.ts'
import { createRouter, type Router } from './router.ts'

export { Control } from './control/control.ts'

let router: Router | undefined

export default {
  fetch(request, env, ctx) {
    router ??= createRouter(env)
    return router(request, ctx)
  },
  scheduled(_controller, env) {
    return withTimeout(env.CONTROL.getByName(CONTROL_NAME).watch(), WATCH_TIMEOUT_MS)
  },
} satisfies ExportedHandler<Env>
