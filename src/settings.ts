// Reads the variables of the Worker, checks them and applies defaults, so that no other code has to.

import { checkOrigin, normaliseOrigin } from './document/origin.ts'
import type { Env } from './env.ts'
import { readDashboardHost } from './http/dashboard-host.ts'
import { readControlRefreshMs, readDuration } from './loading/durations.ts'
import type { Freshness } from './loading/load.ts'

export type Settings = Freshness & {
  /** Answers while nothing has been published. */
  readonly defaultOrigin: string | undefined
  readonly allowInsecure: boolean
  /** How long counts wait for the next call of the control; 0: they always wait for it. */
  readonly countsFlushMs: number
  /** The name of the cache that the isolates of a data centre share; the default cache if undefined. */
  readonly cacheName: string | undefined
  /** Where browsers may sign in; everywhere if undefined. */
  readonly dashboardHost: string | undefined
}

/** An invalid variable is replaced by its default, and a log line says so. */
export function readSettings(env: Env): Settings {
  const allowInsecure = env.ALLOW_INSECURE_ORIGINS === 'true'
  const mistake = env.DEFAULT_ORIGIN && checkOrigin(env.DEFAULT_ORIGIN, allowInsecure)
  if (mistake) console.warn(`DEFAULT_ORIGIN is ignored: ${mistake}`)
  return {
    kvRefreshMs: readDuration(env, 'KV_REFRESH_MS'),
    controlRefreshMs: readControlRefreshMs(env),
    staleAfterMs: readDuration(env, 'STALE_AFTER_MS'),
    documentWaitMs: readDuration(env, 'DOCUMENT_WAIT_MS'),
    countsFlushMs: readDuration(env, 'COUNTS_FLUSH_MS'),
    defaultOrigin: env.DEFAULT_ORIGIN && !mistake ? normaliseOrigin(env.DEFAULT_ORIGIN) : undefined,
    allowInsecure,
    cacheName: env.CACHE_NAME || undefined,
    dashboardHost: readDashboardHost(env.DASHBOARD_HOST),
  }
}
