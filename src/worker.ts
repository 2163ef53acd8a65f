// The entry of the Worker: passes requests to the router of the isolate, and the cron event of every
// minute to the control. It decides nothing itself.

import { CONTROL_NAME } from './control/contract.ts'
import { withTimeout } from './core/with-timeout.ts'
import type { Env } from './env.ts'
import { createRouter, type Router } from './router.ts'

/** The watchdog's own wait: longer than a read of KV, and gone before the next minute. */
const WATCH_TIMEOUT_MS = 15_000

export { ControlEntry as Control } from './control/entry.ts'

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
