// The durations among the Worker's variables, with their defaults and minimums.

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

/** What decides how often an isolate asks the control. */
export type RefreshEnv = {
  readonly [name in 'CONTROL_REFRESH_MS' | 'STALE_AFTER_MS']: string
}

/**
 * Age of the document from which the control is asked, in milliseconds: at most half of the age at which a page waits
 * for it, so that no copy is stale before the next call is due.
 */
export function readControlRefreshMs(env: RefreshEnv): number {
  const [refreshMs, staleAfterMs] = [
    readDuration(env, 'CONTROL_REFRESH_MS'),
    readDuration(env, 'STALE_AFTER_MS'),
  ]
  return Math.min(refreshMs, staleAfterMs / 2)
}

/** An invalid variable is replaced by its default, and a log line says so. */
export function readDuration<Name extends DurationName>(
  env: { readonly [name in Name]: string },
  name: Name,
): number {
  const { default: otherwise, least } = DURATIONS[name]
  const text = env[name]
  const ms = text === '' ? Number.NaN : Number(text)
  if (ms >= least && Number.isFinite(ms)) return ms
  console.warn(`${name} must be a number of at least ${least}, not "${text}": using ${otherwise}`)
  return otherwise
}
