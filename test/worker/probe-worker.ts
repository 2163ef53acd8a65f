// Holo as it is deployed, but for a control whose clock and looks at origins a test drives.

import { Authority } from '../../src/control/access/authority.ts'
import { ControlEntry } from '../../src/control/entry.ts'
import { askOrigin } from '../../src/control/health/ask-origin.ts'
import type { Records } from '../../src/control/releases/records.ts'
import type { Env } from '../../src/env.ts'
import { createRouter, type Router } from '../../src/router.ts'

/** A hanging origin is given up sooner than in production, and later than a busy machine answers. */
const TIMEOUT_MS = 2000

const START = Date.UTC(2100, 0, 1)
let now = START

const unexpected = async (): Promise<never> => {
  throw new Error('not of this test')
}
/** Nobody has published anything, and no document is refused for it. */
const RECORDS: Records = {
  read: async () => 'unavailable',
  create: unexpected,
  remove: unexpected,
}

export class Control extends ControlEntry {
  /** What goes on behind an alarm. */
  readonly #work: Promise<unknown>[]

  constructor(ctx: DurableObjectState, env: Env) {
    const work: Promise<unknown>[] = []
    ctx.waitUntil = (promise) => void work.push(promise)
    super(ctx, env, {
      now: () => now,
      createAccess: (parts) => new Authority(parts),
      createRecords: () => RECORDS,
      askOrigin: (target) =>
        askOrigin(target, { bindings: env, timeoutMs: TIMEOUT_MS, now: () => now }),
    })
    this.#work = work
  }

  /** The platform's own alarm is not waited for. */
  override async alarm(): Promise<void> {}

  /** Lets `ms` pass, then does what the alarm does. */
  async lookAfter(ms: number): Promise<void> {
    now += ms
    await super.alarm()
    await Promise.all(this.#work.splice(0))
  }

  passTime(ms: number): void {
    now += ms
  }
}

let router: Router | undefined

// biome-ignore lint/style/noDefaultExport: the entry of a Worker
export default {
  fetch(request, env, ctx) {
    router ??= createRouter(env)
    return router(request, ctx)
  },
} satisfies ExportedHandler<Env>
