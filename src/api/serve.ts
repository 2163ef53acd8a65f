// Serves the paths under /.holo/ that belong to Holo and not to the site. They are never forwarded to a
// backend and never looked up as files.

import { CONTROL_NAME } from '../control/contract.ts'
import type { Env } from '../env.ts'
import type { HostRole } from '../http/dashboard-host.ts'
import { createContentStore } from './content/content-store.ts'
import { countOperations } from './content/counted-bucket.ts'
import { createApp } from './http/app.ts'
import { ROUTES } from './routes.ts'

const app = createApp(ROUTES)

/** The form of request ids in the log and in the audit log. */
const REQUEST_ID = /^[\w-]{1,64}$/

export type AdminDeps = {
  readonly env: Pick<Env, 'CONTROL' | 'STORE'>
  /** Where browsers may sign in; everywhere if undefined. */
  readonly dashboardHost: string | undefined
  /** The age above which a page waits for a newer document, in milliseconds. */
  readonly staleAfterMs: number
}

/**
 * @param path the normalised path, which begins with `/.holo/`.
 * @param hostRole on a host of the site, nothing counts that a browser sends by itself.
 */
export async function serveAdmin(
  request: Request,
  path: string,
  { env, dashboardHost, staleAfterMs }: AdminDeps,
  hostRole: HostRole,
  requestId: string,
): Promise<Response> {
  const { bucket, describe } = countOperations(env.STORE)
  const response = await app.fetch(request, {
    path,
    requestId: REQUEST_ID.test(requestId) ? requestId : crypto.randomUUID(),
    getControl: () => env.CONTROL.getByName(CONTROL_NAME),
    store: createContentStore(bucket),
    now: Date.now(),
    hostRole,
    dashboardHost,
    staleAfterMs,
  })
  const operations = describe()
  if (operations !== undefined) response.headers.set('holo-store-operations', operations)
  return response
}
