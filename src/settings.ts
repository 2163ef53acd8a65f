// Reads the variables of the Worker, checks them and applies defaults, so that no other code has to.

import { checkOrigin, normaliseOrigin } from './document/origin.ts'
import type { Env } from './env.ts'
import { readDashboardHost } from './http/dashboard-host.ts'
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

type DurationName =
  | 'KV_REFRESH_MS'
  | 'CONTROL_REFRESH_MS'
  | 'STALE_AFTER_MS'
  | 'DOCUMENT_WAIT_MS'
  | 'COUNTS_FLUSH_MS'

/** Defaults and minimums. Each call costs money, and more than ten a second bring nothing new. */
const DURATIONS: Readonly<Record<DurationName, { default: number; least: number }>> = {
  KV_REFRESH_MS: { default: 30_000, least: 100 },
  CONTROL_REFRESH_MS: { default: 2_000, least: 100 },
  STALE_AFTER_MS: { default: 5_000, least: 100 },
  DOCUMENT_WAIT_MS: { default: 300, least: 0 },
  COUNTS_FLUSH_MS: { default: 10_000, least: 0 },
}

/** An invalid variable is replaced by its default, and a log line says so. */
export function readSettings(env: Env): Settings {
  const allowInsecure = env.ALLOW_INSECURE_ORIGINS === 'true'
  const mistake = env.DEFAULT_ORIGIN && checkOrigin(env.DEFAULT_ORIGIN, allowInsecure)
  if (mistake) console.warn(`DEFAULT_ORIGIN is ignored: ${mistake}`)
  return {
    kvRefreshMs: readDuration(env, 'KV_REFRESH_MS'),
    controlRefreshMs: readDuration(env, 'CONTROL_REFRESH_MS'),
    staleAfterMs: readDuration(env, 'STALE_AFTER_MS'),
    documentWaitMs: readDuration(env, 'DOCUMENT_WAIT_MS'),
    countsFlushMs: readDuration(env, 'COUNTS_FLUSH_MS'),
    defaultOrigin: env.DEFAULT_ORIGIN && !mistake ? normaliseOrigin(env.DEFAULT_ORIGIN) : undefined,
    allowInsecure,
    cacheName: env.CACHE_NAME || undefined,
    dashboardHost: readDashboardHost(env.DASHBOARD_HOST),
  }
}

function readDuration(env: Env, name: DurationName): number {
  const { default: otherwise, least } = DURATIONS[name]
  const text = env[name]
  const ms = text === '' ? Number.NaN : Number(text)
  if (ms >= least && Number.isFinite(ms)) return ms
  console.warn(`${name} must be a number of at least ${least}, not "${text}": using ${otherwise}`)
  return otherwise
}
