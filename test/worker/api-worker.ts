// Holo as it is deployed, but for a control whose clock and tables a test can get at, and for an eye
// on the API: a reply that is not as the table of routes says becomes a 599.

import { ROUTES } from '../../src/api/routes.ts'
import { serveAdmin } from '../../src/api/serve.ts'
import { Authority } from '../../src/control/access/authority.ts'
import { ControlEntry } from '../../src/control/entry.ts'
import { readAddress } from '../../src/core/address.ts'
import type { Env } from '../../src/env.ts'
import { toHostRole } from '../../src/http/dashboard-host.ts'
import { createRouter, type Router } from '../../src/router.ts'
import { readSettings } from '../../src/settings.ts'
import { API_PATH } from '../../src/wire/api-path.ts'
import { problem } from '../../src/wire/problems.ts'

/** Milliseconds by which the control's clock is ahead. */
let ahead = 0

export class Control extends ControlEntry {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, {
      now: () => Date.now() + ahead,
      createAccess: (parts) => new Authority(parts),
    })
  }

  setClockAhead(ms: number): void {
    ahead = ms
  }

  /** Names of the calls with a credential since the last time that this was asked. */
  takeCalls(): string[] {
    return calls.splice(0)
  }

  query(sql: string, ...values: (string | number)[]): Record<string, SqlStorageValue>[] {
    return [...this.ctx.storage.sql.exec(sql, ...values)]
  }
}

const calls: string[] = []
for (const [name, { value }] of Object.entries(
  Object.getOwnPropertyDescriptors(ControlEntry.prototype),
)) {
  if (typeof value !== 'function' || name === 'constructor') continue
  Object.defineProperty(Control.prototype, name, {
    value(this: Control, ...given: readonly unknown[]) {
      if (typeof given[0] === 'object' && given[0] !== null && 'credential' in given[0]) {
        calls.push(name)
      }
      return value.apply(this, given)
    },
  })
}

const matchers = ROUTES.map((route) => ({
  route,
  pattern: new RegExp(
    `^${API_PATH}${route.path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`,
  ),
}))

async function checkReply(request: Request, path: string, response: Response): Promise<Response> {
  if (response.body === null || request.method === 'HEAD') return response
  const found = matchers.find(
    ({ route, pattern }) => route.method === request.method && pattern.test(path),
  )
  if (response.ok && found?.route.repliesOctets) return response
  const expected = response.ok ? found?.route : undefined
  const copy = response.clone()
  const body: unknown = expected?.type === undefined ? await copy.json() : await copy.text()
  const schema = response.ok ? expected?.reply : problem
  const checked = schema?.safeParse(body)
  const status = response.ok ? (expected?.status ?? 200) : response.status
  const isStep = expected?.hasSteps === true && response.status === 202
  if (checked?.success && (isStep || status === response.status)) return response
  return Response.json(
    { path, status: response.status, issues: checked?.error?.issues },
    { status: 599 },
  )
}

let router: Router | undefined

// biome-ignore lint/style/noDefaultExport: the entry of a Worker
export default {
  async fetch(request, env, ctx) {
    const { path, url } = readAddress(request) ?? {}
    if (url && path?.startsWith('/.holo/api/')) {
      const { dashboardHost, staleAfterMs } = readSettings(env)
      const role = toHostRole(dashboardHost, url)
      const deps = { env, dashboardHost, staleAfterMs }
      const response = await serveAdmin(request, path, deps, role, crypto.randomUUID())
      return checkReply(request, path, response)
    }
    router ??= createRouter(env)
    return router(request, ctx)
  },
} satisfies ExportedHandler<Env>
